"""Mark flows on a screen with their findings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mitmproxy import flow

from wirelint.core.finding import Finding, Severity
from wirelint.sources.mitm.faults import Faults

_MARKS: Final = {
    Severity.HIGH: ":red_circle:",
    Severity.MEDIUM: ":warning:",
    Severity.LOW: ":large_blue_circle:",
    Severity.INFO: ":information_source:",
}
_PREFIX: Final = "wirelint: "


def mark(flow: flow.Flow, findings: Sequence[Finding], faults: Faults) -> None:
    """Mark a flow by its most severe finding and comment it with all. The user's marks and comments stay."""
    if not findings:
        return
    try:
        worst = max(finding.severity for finding in findings)
        if not flow.marked or flow.marked in _MARKS.values():
            flow.marked = _MARKS[worst]
        if not flow.comment or flow.comment.startswith(_PREFIX):
            flow.comment = _PREFIX + "; ".join(f"{found.rule}: {found.message}" for found in findings)
    except Exception as error:  # noqa: BLE001 - a screen is no reason to lose an exchange
        faults.add("screen", error)
