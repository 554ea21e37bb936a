"""Audits made by hand, for tests of what becomes of them."""

from __future__ import annotations

from wirelint.core.audit import Audit, Suppressed
from wirelint.core.body import Body
from wirelint.core.exchange import Direction, Exchange, Failure, FailureKind, Request, Response
from wirelint.core.finding import Confidence, Finding, Severity, Side, fingerprint
from wirelint.core.headers import Headers
from wirelint.core.media import Kind
from wirelint.core.origin import Origin
from wirelint.core.plan import Bound, Plan
from wirelint.core.rule import Context, Rule, When
from wirelint.core.suppression import Suppression
from wirelint.core.verdict import Verdict
from wirelint.core.visit import Step


def rule(name: str = "made-up", severity: Severity = Severity.MEDIUM) -> Rule:
    """Return a rule that does nothing."""
    return Rule(
        id=name,
        family="made",
        summary="A status does not say what happened",
        text="What it does\n------------\nNothing.\n\nHow to fix\n----------\nSend ``422``.\n\n- https://rules.example/made",
        severity=severity,
        confidence=Confidence.STRONG,
        because="it was made up",
        basis="policy: none",
        when=When(),
    )


RULE = rule()


def plan(*rules: Rule) -> Plan:
    """Return a plan of ``rules``."""
    return Plan.of([Bound(each, Context()) for each in rules], (404, "GET", Kind.JSON))


PLAN = plan(RULE)


def finding(
    name: str = "made-up",
    *,
    service: str = "shop",
    route: str = "/orders/{id}",
    message: str = "200 with an error in it",
    evidence: str = '"error": "no stock"',
    severity: Severity = Severity.MEDIUM,
    method: str = "GET",
    trace: str | None = None,
    at: float | None = 1000.0,
    suggested: int | None = 422,
    origin: Origin | None = None,
    side: Side = Side.SERVER,
) -> Finding:
    """Return a finding."""
    return Finding(
        rule=name,
        severity=severity,
        confidence=Confidence.STRONG,
        side=side,
        service=service,
        direction=Direction.INBOUND,
        method=method,
        route=route,
        status=200,
        verdict=Verdict.CLIENT_ERROR,
        suggested_status=suggested,
        message=message,
        evidence=evidence,
        fingerprint=fingerprint(service, method, route, name, ""),
        exchange_id="e-1",
        trace_id=trace,
        timestamp=at,
        origin=origin,
    )


def step(name: str, service: str = "shop", note: str = "", at: float = 1.0) -> Step:
    """Return a part of a story: an exchange by its id."""
    return Step(
        exchange_id=name,
        service=service,
        request="GET /orders/{id}",
        outcome="200",
        note=note,
        timestamp=at,
        origin=None,
    )


def audit(
    *findings: Finding,
    service: str = "shop",
    method: str = "GET",
    target: str = "/orders/17",
    status: int | None = 200,
    verdict: Verdict = Verdict.OK,
    failure: FailureKind | None = None,
    skipped: str | None = None,
    faults: tuple[str, ...] = (),
    suppressed: tuple[Finding, ...] = (),
    plan: Plan = PLAN,
    seconds: float | None = 0.05,
    asked: str = "",
    address: str = "",
    sending: bool = False,
) -> Audit:
    """Return an audit of one exchange with ``findings``; ``asked`` is the JSON that was posted."""
    request = Request(method=method, target=target)
    if asked:
        fields = Headers.of(("Content-Type", "application/json"))
        request = Request(method="POST", target=target, headers=fields, body=Body(asked.encode()))
    exchange = Exchange(
        request=request,
        response=None if status is None else Response(status=status),
        failure=None if failure is None else Failure(kind=failure, address=address, sending=sending),
        service=service,
        id="e-1",
        started=10.0,
        ended=None if seconds is None else 10.0 + seconds,
        timestamp=1000.0,
    )
    accepted = tuple(Suppressed(each, Suppression(each.rule, "known since the start")) for each in suppressed)
    return Audit(exchange, verdict, findings, plan, skipped, faults, accepted)
