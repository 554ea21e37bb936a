"""Mark flows on a screen with their findings."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from typing import Any, Final

from mitmproxy import flow

from wirelint.core.finding import Finding, Severity
from wirelint.rules import catalogue
from wirelint.sinks import published
from wirelint.sinks.text import reference, status
from wirelint.sources.mitm.faults import Faults

_MARKS: Final = {
    Severity.HIGH: ":red_circle:",
    Severity.MEDIUM: ":warning:",
    Severity.LOW: ":large_blue_circle:",
    Severity.INFO: ":information_source:",
}
_KEY: Final = "wirelint"
"""The key of a flow's metadata under which its findings stand as JSON lines; flow files keep it."""
_PREFIX: Final = "wirelint: "


def findings_of(flow: flow.Flow) -> list[dict[str, Any]]:
    """Return the published findings of a flow."""
    try:
        found: list[dict[str, Any]] = [json.loads(line) for line in str(flow.metadata.get(_KEY, "")).splitlines()]
    except ValueError:  # another program wrote it
        return []
    return [each for each in found if isinstance(each, dict) and isinstance(each.get("rule"), str)]


def unmark(flow: flow.Flow) -> bool:
    """Remove what ``mark`` added, and return whether there was anything."""
    ours = flow.marked in _MARKS.values(), flow.comment.startswith(_PREFIX)
    if ours[0]:
        flow.marked = ""
    if ours[1]:
        flow.comment = ""
    return flow.metadata.pop(_KEY, None) is not None or any(ours)


def _comment(finding: Finding) -> str:
    """Return one finding: sent and expected status, rule, message, and the first reference of the rule."""
    link = _references().get(finding.rule, "")
    return f"{status(finding)} {finding.rule}: {finding.message}" + (f" ({link})" if link else "")


@functools.cache
def _references() -> dict[str, str]:
    return {rule.id: reference(rule) for rule in catalogue()}


def mark(flow: flow.Flow, findings: Sequence[Finding], faults: Faults) -> None:
    """Mark a flow by its most severe finding and comment it with all. The user's marks and comments stay."""
    if not findings:
        return
    try:
        worst = max(finding.severity for finding in findings)
        if not flow.marked or flow.marked in _MARKS.values():
            flow.marked = _MARKS[worst]
        if not flow.comment or flow.comment.startswith(_PREFIX):
            flow.comment = _PREFIX + "; ".join(map(_comment, findings))
        flow.metadata[_KEY] = b"".join(map(published.line, findings)).decode()
    except Exception as error:  # noqa: BLE001 - a screen is no reason to lose an exchange
        faults.add("screen", error)
