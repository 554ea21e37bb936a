"""Write GitLab's code quality report: a JSON list of issues, for the widget of a merge request."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from wirelint.core.finding import Severity
from wirelint.reports.common.grouping import Grouping
from wirelint.reports.common.groups import Group
from wirelint.sinks.text import printable, service, status

_SEVERITIES: Final = {
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
    Severity.INFO: "info",
}


class GitLab(Grouping):
    """Writes an issue for each kind of finding."""

    def finish(self) -> None:
        """Write the list."""
        issues = [_issue(group) for group in self.found]
        self.stream.buffer.write(msgspec.json.format(msgspec.json.encode(issues)) + b"\n")
        self.stream.buffer.flush()


REPORT: Final = GitLab


def _issue(group: Group) -> dict[str, Any]:
    finding = group.finding
    where = f"{finding.method} {service(finding)} {finding.route} {status(finding)}"
    places = f" ({group.places})" if group.places else ""
    return {
        "description": f"{where}: {printable(finding.message)}{places}",
        "check_name": finding.rule,
        "fingerprint": finding.fingerprint,
        "severity": _SEVERITIES[finding.severity],
        # A line is required, although a recording has no readable lines.
        "location": {"path": printable(finding.origin.file) if finding.origin else "-", "lines": {"begin": 1}},
    }
