"""Write one JSON document: rules in force, findings, suppressed findings, skips, failures, totals."""

from __future__ import annotations

from typing import Any, Final, TextIO

import msgspec

from wirelint import __version__
from wirelint.core.audit import Audit
from wirelint.core.rule import Rule
from wirelint.reports import Report, Run
from wirelint.reports.common.skips import Skips
from wirelint.reports.common.tally import Tally
from wirelint.sinks import published
from wirelint.sources import Skipped

_encode: Final = msgspec.json.Encoder().encode


class Json(Report):
    """Writes findings as they come, and the rest around them."""

    def __init__(self, run: Run, stream: TextIO) -> None:
        super().__init__(run, stream)
        self._tally = Tally()
        self._skips = Skips()
        self._failures: list[dict[str, str]] = []
        self._suppressed: list[dict[str, Any]] = []
        self._write = stream.buffer.write
        self._separator = b"\n"
        head = {"version": __version__, "files": list(map(_text, run.files)), "rules": [_rule(r) for r in run.rules]}
        self._write(_encode(head)[:-1] + b',"findings":[')

    def accept(self, audit: Audit) -> None:
        """Write the findings of an exchange."""
        self._tally.accept(audit)
        for finding in audit.findings:
            self._write(self._separator + _encode(published.fields(finding)))
            self._separator = b",\n"
        for each in audit.suppressed:
            end = None if each.by.until is None else each.by.until.isoformat()
            self._suppressed.append(published.fields(each.finding) | {"reason": each.by.reason, "until": end})

    def skip(self, file: str, record: Skipped) -> None:
        """Count a skipped record."""
        self._skips.add(file, record)

    def fail(self, file: str, why: str) -> None:
        """Note a file that could not be read."""
        self._failures.append({"file": _text(file), "why": _text(why)})

    def finish(self) -> None:
        """Write the part after the findings."""
        rest = {
            "suppressed": self._suppressed,
            "skipped": [
                {"file": _text(kind.file), "why": _text(kind.why), "first_index": kind.index, "count": kind.count}
                for kind in self._skips.kinds()
            ],
            "failed": self._failures,
            "totals": self._tally.counts(),
        }
        self._write(b"\n]," + _encode(rest)[1:] + b"\n")
        self.stream.buffer.flush()


REPORT: Final = Json


def _rule(rule: Rule) -> dict[str, str]:
    return {
        "id": rule.id,
        "family": rule.family,
        "summary": rule.summary,
        "severity": str(rule.severity),
        "confidence": str(rule.confidence),
    }


def _text(text: str) -> str:
    # A file name may contain octets that are not UTF-8, which JSON cannot represent.
    return text.encode("utf-8", "replace").decode()
