"""Write one self-contained HTML file: no script, no external resource, only escaped text.

It looks like the page of ``wirelint proxy``, and shows an example of each finding with its masked exchanges.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final, TextIO
from xml.etree import ElementTree as ET

from wirelint.core.audit import Audit
from wirelint.core.finding import Finding, Side
from wirelint.core.rule import Rule
from wirelint.evidence.protocols import protocol_label
from wirelint.reports import Run
from wirelint.reports.common.examples import Example, Examples
from wirelint.reports.common.exchanges import exchange
from wirelint.reports.common.grouping import Grouping
from wirelint.reports.common.groups import Group
from wirelint.reports.common.markup import add, page, scrolled, section, written
from wirelint.sinks.exchange_log import Kept
from wirelint.sinks.outcomes import LIES, kinds, status_class
from wirelint.sinks.text import plural, sections

_STYLE: Final = """
.figures { grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); }
.finding summary { grid-template-columns: 4.6rem minmax(0, 5fr) minmax(0, 4fr) 6.5rem 4rem; }
.where .line { white-space: normal; }
.whole-finding { display: grid; gap: 1.1rem; grid-template-columns: minmax(0, 1fr); padding: .9rem; }
.whole-finding { border-block-start: 1px solid var(--line); }
.steps summary { display: block; border: 1px solid var(--line); border-radius: 8px; padding: .35rem .8rem; }
.steps summary { overflow-wrap: anywhere; }
.steps details[open] > summary { border-color: var(--accent); margin-block-end: .6rem; }
.texts { display: grid; gap: 1rem; }
.texts article { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; padding: .8rem 1rem; }
.texts article:target { outline: 2px solid var(--accent); }
.texts pre { overflow-x: auto; background: var(--code); border-radius: 8px; padding: .5rem .7rem; }
.left-out { padding-inline-start: 1.2rem; }
@media (max-width: 56rem) {
  .finding summary { grid-template-columns: 4.6rem minmax(0, 1fr) auto; }
  .steps summary { grid-template-columns: none; }
}
@media (max-width: 30rem) {
  #services th:nth-child(2), #services td:nth-child(2) { display: table-cell; }
  #services th:nth-child(3), #services td:nth-child(3) { display: none; }
}
@media print {
  .finding { break-inside: avoid; }
  .content { max-block-size: none; }
}
"""
_MOST_NAMES: Final = 3
_code: Final = re.compile(r"``([^`]+)``")


class ServiceFindings:
    """Counts of one service: exchanges, findings, and those of ``wirelint.sinks.outcomes``."""

    def __init__(self) -> None:
        self.exchanges = 0
        self.findings = 0
        self.kinds: Counter[str] = Counter()


class Html(Grouping):
    """Writes a page with totals, findings, services, and the texts of rules with findings."""

    def __init__(self, run: Run, stream: TextIO) -> None:
        super().__init__(run, stream)
        self._services: dict[str, ServiceFindings] = {}
        self._examples = Examples()

    def accept(self, audit: Audit) -> None:
        """Group the findings of an exchange, and count by service."""
        super().accept(audit)
        self._examples.accept(audit)
        audited = audit.exchange
        service = self._services.setdefault(audited.service, ServiceFindings())
        service.exchanges += 1
        service.kinds.update(kinds(status_class(audited.status), audit.verdict, protocol_label(audited)))
        service.findings += sum(finding.side is not Side.CLIENT for finding in audit.findings)

    def finish(self) -> None:
        """Write the page."""
        root, main = page(f"wirelint: {self._title()}", self.tally.line(), _STYLE)
        self._left_out(main)
        self._findings(main)
        self._table(main)
        self._rules(main)
        self.stream.write(written(root))

    def _title(self) -> str:
        """Return the names of the files; without files, what was found."""
        files = self.run.files
        more = f" and {len(files) - _MOST_NAMES} more" if len(files) > _MOST_NAMES else ""
        return ", ".join(files[:_MOST_NAMES]) + more if files else self.tally.line().partition(";")[0]

    def _left_out(self, main: ET.Element) -> None:
        kinds = self.skips.kinds()
        if not (self.failures or kinds):
            return
        listed = add(section(main, "Not audited"), "ul", cls="left-out")
        for _, why in self.failures:
            add(listed, "li", why)
        for kind in kinds:
            add(listed, "li", f"{plural(kind.count, 'record')} of {kind.file}: {kind.why}")

    def _findings(self, main: ET.Element) -> None:
        place = section(main, "Findings")
        if not len(self.found):
            add(add(place, "div", cls="empty"), "p", "Nothing was found.")
            return
        rules = {rule.id: rule for rule in self.run.rules}
        listed = add(place, "ul", cls="list")
        for group in self.found:
            details = add(add(listed, "li", cls="finding"), "details")
            _summary(add(details, "summary"), group)
            example = self._examples.of(group.finding.fingerprint)
            _details(add(details, "div", cls="whole-finding"), group, rules.get(group.finding.rule), example)

    def _table(self, main: ET.Element) -> None:
        if not self._services:
            return
        table = add(scrolled(section(main, "Services"), "Table of services"), "table", id="services")
        heads = (
            "service",
            "exchanges",
            "lied",
            "server errors reported",
            "happened",
            "client errors as success",
            "findings",
        )
        row = add(add(table, "thead"), "tr")
        for number, name in enumerate(heads):
            add(row, "th", name, cls="number" if number else "", scope="col")
        rows = add(table, "tbody")
        for name, each in sorted(self._services.items(), key=lambda item: (-item[1].exchanges, item[0])):
            row = add(rows, "tr")
            add(row, "th", name, scope="row")
            lied = sum(each.kinds[kind] for kind in LIES)
            figures = (each.kinds["reported"], each.kinds["true"], each.kinds["hidden_client"])
            for count in (each.exchanges, lied, *figures, each.findings):
                add(row, "td", f"{count:,}", cls="number")

    def _rules(self, main: ET.Element) -> None:
        counts = Counter[str]()
        for group in self.found:
            counts[group.finding.rule] += group.count
        found = [rule for rule in self.run.rules if rule.id in counts]
        if not found:
            return
        texts = add(section(main, "Rules"), "div", cls="texts")
        for rule in sorted(found, key=lambda rule: (-rule.severity, -counts[rule.id], rule.id)):
            _text(add(texts, "article", id=f"rule-{rule.id}"), rule, counts[rule.id])


REPORT: Final = Html


def _summary(summary: ET.Element, group: Group) -> None:
    finding = group.finding
    add(summary, "span", str(finding.severity), cls=f"severity {finding.severity}")
    what = add(summary, "span", cls="what")
    add(what, "span", finding.message, cls="message")
    add(what, "span", finding.rule, cls="rule")
    where = add(summary, "span", cls="where")
    add(where, "span", finding.service + (" (client)" if finding.side is Side.CLIENT else ""), cls="service")
    line = add(where, "span", cls="line")
    add(line, "span", finding.method, cls="method").tail = " "
    add(line, "span", finding.route, cls="route")
    status = add(summary, "span", cls="status")
    add(status, "span", "no response" if finding.status is None else str(finding.status))
    if finding.suggested_status is not None:
        add(status, "span", "→", cls="arrow")
        add(status, "span", str(finding.suggested_status), cls="better")
    add(add(summary, "span", cls="when"), "span", f"×{group.count:,}", cls="count")


def _details(body: ET.Element, group: Group, rule: Rule | None, example: Example) -> None:
    finding = group.finding
    _statuses(body, finding, rule)
    if finding.story:
        _steps(body, finding, {kept.id: kept for kept in example})
    else:
        for kept in example:
            exchange(body, kept, finding)
    bottom = add(body, "div", cls="advice-and-facts")
    advice = add(bottom, "div", cls="advice")
    if rule is not None:
        add(advice, "h3", "How to fix")
        _blocks(advice, sections(rule).get("How to fix", ""))
        add(add(advice, "p"), "a", f"More about {rule.id}", href=f"#rule-{rule.id}")
    facts = add(bottom, "dl", cls="facts")
    for name, value in _facts(finding, group):
        pair = add(facts, "div")
        add(pair, "dt", name)
        add(pair, "dd", value)


def _statuses(body: ET.Element, finding: Finding, rule: Rule | None) -> None:
    """Say which status was sent, which was expected, and why that one."""
    box = add(body, "div", cls="statuses")
    pairs = add(box, "dl")
    sent = "no response" if finding.status is None else str(finding.status)
    expected = "" if finding.suggested_status is None else str(finding.suggested_status)
    happened = finding.verdict.replace("_", " ")
    for name, value, kind in (
        ("Sent", sent, "sent"),
        ("Expected", expected, "expected"),
        ("What happened", happened, "verdict"),
    ):
        if value:
            pair = add(pairs, "div", cls=kind)
            add(pair, "dt", name)
            add(pair, "dd", value)
    why = add(box, "div", cls="why")
    if rule is not None:
        add(why, "p", f"{rule.summary}. {rule.basis[:1].upper()}{rule.basis[1:]}.")
    if finding.evidence:
        add(add(why, "p", "Evidence: "), "q", finding.evidence)
    if rule is not None:
        add(why, "p", f"Confidence {finding.confidence}: {rule.because}.", cls="hint")


def _steps(body: ET.Element, finding: Finding, kept: Mapping[str, Kept]) -> None:
    """Show the exchanges that prove a finding in order; the one that it is about is open."""
    place = add(body, "section", cls="steps")
    add(place, "h3", "What happened")
    listed = add(place, "ol")
    for step in finding.story:
        about = step.exchange_id == finding.exchange_id
        item = add(listed, "li", cls="about" if about else "")
        one = kept.get(step.exchange_id)
        if one is not None:
            item = add(item, "details", **({"open": "open"} if about else {}))
        line = add(item, "summary" if one is not None else "p")
        add(line, "span", f"{step.service} {step.request} → ")
        add(line, "span", step.outcome, cls="outcome")
        add(line, "span", step.note, cls="note")
        if one is not None:
            exchange(item, one, finding)


def _facts(finding: Finding, group: Group) -> Iterator[tuple[str, str]]:
    if group.places:
        yield "recorded in", group.places
    if finding.trace_id:
        yield "trace", finding.trace_id
    yield "fingerprint", finding.fingerprint


def _text(article: ET.Element, rule: Rule, count: int) -> None:
    add(article, "h2", rule.id)
    add(article, "p", f"{rule.summary}. {plural(count, 'finding')}; {rule.severity}, {rule.confidence}.", cls="hint")
    for title, text in sections(rule).items():
        add(article, "h3", title)
        _blocks(article, text)


def _blocks(parent: ET.Element, text: str) -> None:
    """Add paragraphs, lists and code."""
    for block in re.split(r"\n\s*\n", text):
        if block.startswith("- "):
            listed = add(parent, "ul", cls="left-out")
            for item in re.split(r"\n?^- ", block, flags=re.MULTILINE)[1:]:
                _prose(add(listed, "li"), item)
        elif block.startswith(" "):
            ET.SubElement(parent, "pre").text = block
        else:
            _prose(add(parent, "p"), block)


def _prose(element: ET.Element, text: str) -> None:
    """Fill an element with text in which code is between double backticks."""
    first, *pieces = _code.split(" ".join(text.split()))
    element.text = first
    for code, after in zip(pieces[::2], pieces[1::2], strict=True):
        add(element, "code", code).tail = after
