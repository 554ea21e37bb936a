"""The result of an audit as plain values, for sending between processes and comparing."""

from __future__ import annotations

import msgspec

from wirelint.core.audit import Audit
from wirelint.core.engine import Engine
from wirelint.core.route import route
from wirelint.rules import catalogue


class Found(msgspec.Struct, frozen=True, order=True):
    """A finding without listener, file and time.

    Its route is the static one: learned routes depend on earlier exchanges, and the listener is one service for all
    hosts.
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
    """The whole result of an audit: verdict, opportunities, the reason why content was not read, faults."""

    verdict: str
    findings: tuple[Found, ...]
    rules: tuple[str, ...]
    skipped: str | None
    faults: tuple[str, ...]

    @property
    def gist(self) -> tuple[str, list[tuple[str, str, int | None]]]:
        """Return the verdict, and for each finding its rule, severity and suggested status."""
        return self.verdict, sorted(
            ((found.rule, found.severity, found.suggested_status) for found in self.findings), key=str
        )

    def differences(self, other: Outcome) -> list[str]:
        """Return the names of different parts, each with both values."""
        return [
            f"{name}: {getattr(self, name)!r} became {getattr(other, name)!r}"
            for name in self.__struct_fields__
            if getattr(self, name) != getattr(other, name)
        ]


def engine(*, timeless: bool = False) -> Engine:
    """Return an engine with default settings.

    :param timeless: leave out the rules over several exchanges: a replay has other times.
    """
    return Engine(rule for rule in catalogue() if rule.default and not (timeless and rule.recalls))


def outcome(audit: Audit) -> Outcome:
    """Return the audit as plain values."""
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
