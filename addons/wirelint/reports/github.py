"""Write annotations of GitHub Actions: workflow commands on standard output, the most severe findings first.

GitHub shows ten errors, ten warnings and ten notices of a step, so the order matters.
"""

from __future__ import annotations

from typing import Final

from wirelint.core.finding import Severity
from wirelint.reports.common.grouping import Grouping
from wirelint.reports.common.groups import Group
from wirelint.sinks.text import plural, printable, service, status

_COMMANDS: Final = {Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "notice", Severity.INFO: "notice"}


class GitHub(Grouping):
    """Writes an annotation for each kind of finding, and for each unreadable file."""

    def finish(self) -> None:
        """Write all annotations."""
        for file, why in self.failures:
            self._write("error", file, "cannot be audited", why)
        for group in self.found:
            finding = group.finding
            file = finding.origin.file if finding.origin is not None else ""
            self._write(_COMMANDS[finding.severity], file, finding.rule, _text(group))
        if self.skips.total:
            reasons = "\n".join(f"{kind.count:,} of {kind.file}: {kind.why}" for kind in self.skips.kinds()[:10])
            self._write("notice", "", f"{plural(self.skips.total, 'record')} skipped", reasons)

    def _write(self, command: str, file: str, title: str, text: str) -> None:
        properties = {"file": file if file != "-" else "", "title": f"wirelint: {title}"}
        shown = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
        self.stream.write(f"::{command} {shown}::{_data(text)}\n")


REPORT: Final = GitHub


def _text(group: Group) -> str:
    finding = group.finding
    times = f" ×{group.count:,}" if group.count > 1 else ""
    where = f"{finding.method} {service(finding)} {finding.route}  {status(finding)}{times}"
    lines = [where, finding.message, f"in {group.places}" if group.places else "", f"wirelint explain {finding.rule}"]
    return "\n".join(line for line in lines if line)


def _data(text: str) -> str:
    """Escape a command's text; GitHub undoes these three escapes, and no other."""
    clean = "\n".join(map(printable, text.split("\n")))
    return clean.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Escape the value of a command's property."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
