"""What an audit came to, as plain values that can be sent from process to process and compared."""

from __future__ import annotations

import msgspec

from wirelint.core.audit import Audit
from wirelint.core.engine import Engine
from wirelint.core.route import route
from wirelint.rules import catalogue


class Found(msgspec.Struct, frozen=True, order=True):
    """A finding without what names the listener, the file or the time.

    Its route is the static one: what is learned of a service depends on the exchanges before, and the listener is one
    service for all hosts.
    """

    rule: str
    severity: str
    confidence: str
    side: str
    method: str
    route: str
    status: int | None
    suggested_status: int | None
    message: str
    evidence: str
    trace_id: str | None


class Outcome(msgspec.Struct, frozen=True):
    """Everything an audit said: the verdict, the rules that had an opportunity, why content was not read, faults."""

    verdict: str
    findings: tuple[Found, ...]
    rules: tuple[str, ...]
    skipped: str | None
    faults: tuple[str, ...]

    def differences(self, other: Outcome) -> list[str]:
        """The names of what is not the same, each with both values."""
        return [
            f"{name}: {getattr(self, name)!r} became {getattr(other, name)!r}"
            for name in self.__struct_fields__
            if getattr(self, name) != getattr(other, name)
        ]


def engine(*, timeless: bool = False) -> Engine:
    """An engine as a user has it who configures nothing.

    :param timeless: leave out the rules that look back. What is replayed comes all at once: the times are others.
    """
    return Engine(rule for rule in catalogue() if rule.default and not (timeless and rule.recalls))


def outcome(audit: Audit) -> Outcome:
    """The audit as plain values."""
    findings = (
        Found(
            rule=found.rule,
            severity=str(found.severity),
            confidence=str(found.confidence),
            side=str(found.side),
            method=found.method,
            route=route(audit.exchange.request.path),
            status=found.status,
            suggested_status=found.suggested_status,
            message=found.message,
            evidence=found.evidence,
            trace_id=found.trace_id,
        )
        for found in audit.findings
    )
    return Outcome(
        verdict=str(audit.verdict),
        findings=tuple(findings),
        rules=tuple(sorted(rule.id for rule in audit.plan.rules)),
        skipped=audit.skipped,
        faults=audit.faults,
    )
