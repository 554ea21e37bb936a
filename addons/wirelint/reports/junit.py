"""Write JUnit XML: a suite per service, with a case for each rule that could have fired there."""

from __future__ import annotations

from typing import Final, TextIO
from xml.etree import ElementTree as ET

from wirelint.core.audit import Audit
from wirelint.reports import Run
from wirelint.reports.common.grouping import Grouping
from wirelint.reports.common.groups import Group
from wirelint.sinks.text import plural, status

_FILES: Final = "files"


class JUnit(Grouping):
    """Writes passed and failed cases.

    A case fails if it has a finding at least as severe as ``Run.fail_on``; less severe ones are in its output. An
    unreadable file is an error in the suite of files.
    """

    def __init__(self, run: Run, stream: TextIO) -> None:
        super().__init__(run, stream)
        self._played: dict[str, set[str]] = {}

    def accept(self, audit: Audit) -> None:
        """Count the rules that could have fired, and those that did."""
        super().accept(audit)
        self._played.setdefault(audit.exchange.service, set()).update(rule.id for rule in audit.plan.rules)

    def finish(self) -> None:
        """Write all suites."""
        groups: dict[tuple[str, str], list[Group]] = {}
        for group in self.found:
            groups.setdefault((group.finding.service, group.finding.rule), []).append(group)
            self._played.setdefault(group.finding.service, set()).add(group.finding.rule)
        root = ET.Element("testsuites", name="wirelint")
        root.append(self._files())
        for service in sorted(self._played):
            cases = [
                self._case(service, rule, groups.get((service, rule), [])) for rule in sorted(self._played[service])
            ]
            root.append(_suite(service, cases))
        for count in ("tests", "failures", "errors", "skipped"):
            root.set(count, str(sum(int(suite.get(count, 0)) for suite in root)))
        ET.indent(root)
        self.stream.write('<?xml version="1.0" encoding="UTF-8"?>\n')
        self.stream.write(ET.tostring(root, encoding="unicode") + "\n")

    def _files(self) -> ET.Element:
        failed = dict(self.failures)
        skips: dict[str, list[str]] = {}
        for kind in self.skips.kinds():
            skips.setdefault(kind.file, []).append(f"skipped {plural(kind.count, 'record')}: {kind.why}")
        cases = []
        for file in dict.fromkeys(self.run.files):
            case = ET.Element("testcase", classname=_FILES, name=_xml(file))
            if file in failed:
                ET.SubElement(case, "error", message=_xml(failed[file]), type="unreadable")
            _output(case, skips.get(file, []))
            cases.append(case)
        return _suite(_FILES, cases)

    def _case(self, service: str, rule: str, groups: list[Group]) -> ET.Element:
        case = ET.Element("testcase", classname=_xml(service), name=rule)
        least = self.run.fail_on
        fatal = [group for group in groups if least is not None and group.finding.severity >= least]
        if fatal:
            first = fatal[0].finding
            failure = ET.SubElement(case, "failure", message=_xml(first.message), type=str(first.severity))
            failure.text = _xml("\n".join(map(_line, fatal)))
        _output(case, [_line(group) for group in groups if least is None or group.finding.severity < least])
        return case


REPORT: Final = JUnit


def _suite(name: str, cases: list[ET.Element]) -> ET.Element:
    suite = ET.Element(
        "testsuite",
        name=_xml(name),
        tests=str(len(cases)),
        failures=str(sum(case.find("failure") is not None for case in cases)),
        errors=str(sum(case.find("error") is not None for case in cases)),
        skipped="0",
    )
    suite.extend(cases)
    return suite


def _output(case: ET.Element, lines: list[str]) -> None:
    if lines:
        ET.SubElement(case, "system-out").text = _xml("\n".join(lines))


def _line(group: Group) -> str:
    finding = group.finding
    times = f" ×{group.count:,}" if group.count > 1 else ""
    places = f" [{group.places}]" if group.places else ""
    return f"{finding.severity}{times} {finding.method} {finding.route} {status(finding)}: {finding.message}{places}"


def _xml(text: str) -> str:
    """Replace the characters that XML 1.0 §2.2 does not allow, and those that could steer a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
