"""Write SARIF 2.1.0, for code scanning: results by fingerprint, with the exchanges that prove each.

Locations have no region, because a recording has no readable lines. They name the file, and the position of the
exchange in it as a logical location.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import msgspec

from wirelint import __version__
from wirelint.core.finding import Confidence, Finding, Severity
from wirelint.core.origin import Origin
from wirelint.core.rule import Rule
from wirelint.core.suppression import Suppression
from wirelint.reports.common.grouping import Grouping
from wirelint.reports.common.groups import Group
from wirelint.sinks.text import place, printable, reference, sections, status

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: Final = {Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note", Severity.INFO: "note"}
_PRECISION: Final = {Confidence.CERTAIN: "very-high", Confidence.STRONG: "high", Confidence.WEAK: "low"}

Json = dict[str, Any]


class Sarif(Grouping):
    """Writes one run with all results."""

    def finish(self) -> None:
        """Write the log."""
        driver = {
            "name": "wirelint",
            "version": __version__,
            "semanticVersion": __version__,
            "rules": [_rule(rule) for rule in self.run.rules],
        }
        run = {
            "tool": {"driver": driver},
            "invocations": [
                {"executionSuccessful": not self.failures, "toolExecutionNotifications": list(self._notifications())}
            ],
            "artifacts": [{"location": {"uri": _uri(file)}, "roles": ["analysisTarget"]} for file in self.run.files],
            "results": [*self._results()],
        }
        log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
        self.stream.buffer.write(msgspec.json.format(msgspec.json.encode(log)) + b"\n")
        self.stream.buffer.flush()

    def _results(self) -> Iterator[Json]:
        places = {rule.id: place for place, rule in enumerate(self.run.rules)}
        for group in self.found:
            yield self._result(group, places, None)
        for group in self.accepted:
            yield self._result(group, places, self.reasons[group.finding.fingerprint])

    def _result(self, group: Group, places: dict[str, int], accepted: Suppression | None) -> Json:
        finding = group.finding
        result: Json = {
            "ruleId": finding.rule,
            "ruleIndex": places[finding.rule],
            "level": _LEVELS[finding.severity],
            "message": {"text": _plain(_sentence(finding))},
            "locations": [_location(finding, origin) for origin in group.origins] or [_location(finding, None)],
            "partialFingerprints": {"wirelintFingerprint/v1": finding.fingerprint},
            "occurrenceCount": group.count,
            "properties": {
                "service": finding.service,
                "method": finding.method,
                "route": finding.route,
                "status": finding.status,
                "suggestedStatus": finding.suggested_status,
                "verdict": finding.verdict.value,
                "severity": str(finding.severity),
                "confidence": str(finding.confidence),
                "side": finding.side.value,
                "evidence": finding.evidence,
            },
            "suppressions": [],
        }
        if finding.story:
            result["relatedLocations"] = [
                {
                    "id": number,
                    "message": {"text": _plain(f"{step.request} → {step.outcome}  {step.note}".rstrip())},
                    **({} if step.origin is None else _at(step.origin)),
                }
                for number, step in enumerate(finding.story, 1)
            ]
        if accepted is not None:
            result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": _text(accepted.text)}]
        return result

    def _notifications(self) -> Iterator[Json]:
        for file, why in self.failures:
            yield _notification("error", why, file)
        for kind in self.skips.kinds():
            records = f"{kind.count:,} records, the first at #{kind.index}" if kind.count > 1 else f"#{kind.index}"
            yield _notification("note", f"skipped {records}: {kind.why}", kind.file)


REPORT: Final = Sarif


def _rule(rule: Rule) -> Json:
    texts = sections(rule)
    what = " ".join(texts.get("What it does", rule.summary).replace("``", "`").split())
    descriptor: Json = {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.id.split("-")),
        "shortDescription": {"text": f"{rule.summary}."},
        "fullDescription": {"text": what},
        "help": {
            "text": "\n\n".join(f"{title}\n\n{text}" for title, text in texts.items()) or rule.summary,
            "markdown": "\n\n".join(f"## {title}\n\n{text.replace('``', '`')}" for title, text in texts.items())
            or rule.summary,
        },
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": [rule.family, "http"], "precision": _PRECISION[rule.confidence]},
    }
    if address := reference(rule):
        descriptor["helpUri"] = address
    return descriptor


def _location(finding: Finding, origin: Origin | None) -> Json:
    route = {
        "name": f"{finding.method} {finding.route}",
        "fullyQualifiedName": f"{finding.service} {finding.method} {finding.route}",
        "kind": "resource",
    }
    if origin is None:
        return {"logicalLocations": [route]}
    location = _at(origin)
    location["logicalLocations"].append(route)
    return location


def _at(origin: Origin) -> Json:
    return {
        "physicalLocation": {"artifactLocation": {"uri": _uri(origin.file)}},
        "logicalLocations": [
            {"name": f"#{origin.index}", "fullyQualifiedName": place(origin), "kind": "element"},
        ],
    }


def _notification(level: str, text: str, file: str) -> Json:
    location = {"physicalLocation": {"artifactLocation": {"uri": _uri(file)}}}
    return {"level": level, "message": {"text": _plain(_text(text))}, "locations": [location]}


def _sentence(finding: Finding) -> str:
    return f"{finding.method} {finding.service} {finding.route} {status(finding)}: {finding.message}"


def _plain(text: str) -> str:
    """Escape brackets, which make links in messages (SARIF 2.1.0 §3.11.6)."""
    return re.sub(r"([\\\[\]])", r"\\\1", printable(text))


def _uri(file: str) -> str:
    """Return a file's name as a URI, relative if the name is."""
    if Path(file).is_absolute():
        return "file://" + quote(os.fsencode(file))
    # The first segment of a relative reference must not look like a scheme (RFC 3986 §4.2).
    return quote(os.fsencode(file), safe="/")


def _text(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
