"""Write the rule reference: one page with everything about each rule."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from wirelint.core.rule import SINCE, STATUS, Reads, Rule, When
from wirelint.gen.readme import table
from wirelint.gen.text import family_title, inline, references, sections
from wirelint.settings.severities import severities

_READS: Final = {
    Reads.NOTHING: "the heads of the messages alone",
    Reads.PREFIX: "the content, of which a beginning is enough",
    Reads.WHOLE: "the whole content",
}
_INTRODUCTION: Final = (
    "What each rule finds, why that matters, what it must not be taken for, and how to put it right."
    " `wirelint explain RULE` shows the same."
)


def page(rules: Sequence[Rule], corpus: Mapping[str, Any] | None = None) -> str:
    """Return the reference as Markdown.

    :param rules: by family and id.
    :param corpus: the report of a run over recorded traffic (``docs/corpus.json``), if there is one.
    """
    families = [(name, list(members)) for name, members in groupby(rules, key=lambda rule: rule.family)]
    lines = ["<!-- written by make gen -->", "", "# Rules", "", _INTRODUCTION, ""]
    if corpus is not None:
        lines += [_measured(corpus), ""]
    lines.append(table(rules))
    for family, members in families:
        lines += ["", f"## {family_title(family)}"]
        for rule in members:
            lines += ["", *_entry(rule, corpus)]
    return "\n".join(lines) + "\n"


def _entry(rule: Rule, corpus: Mapping[str, Any] | None) -> list[str]:
    lines = [f"### {rule.id}", "", f"**{inline(rule.summary)}.**", "", *_facts(rule)]
    if (line := _fired(rule, corpus)) is not None:
        lines.append(line)
    for name, text in sections(rule).items():
        lines += ["", f"**{name}**", "", references(text) if name == "References" else text]
    if rule.document:
        lines += ["", "**Document**", "", *_example(rule.document, "yaml")]
    lines += ["", "**Reported**", "", *_example(rule.bad[0]), "", "**Not reported**", "", *_example(rule.good[0])]
    return lines


def _facts(rule: Rule) -> list[str]:
    declared, *others = severities(rule)
    cases = f" (in some cases {', '.join(map(str, others))})" if others else ""
    lines = [
        f"- Severity {declared}{cases}, confidence {rule.confidence}: {inline(rule.because)}.",
        f"- Basis: {inline(rule.basis)}.",
        f"- Looks at {_when(rule.when)}; reads {_READS[rule.reads]}.",
    ]
    if rule.verdict is not None:
        lines.append(f"- Verdict: `{rule.verdict}`.")
    if rule.suggested_status is not None:
        lines.append(f"- Suggested status: {rule.suggested_status}.")
    if not rule.default:
        lines.append("- Off unless asked for.")
    lines += [f"- Option `{name}`, by default `{json.dumps(value)}`." for name, value in sorted(rule.options.items())]
    lines.append(f"- {STATUS.capitalize()}, since {SINCE}.")
    return lines


def _when(when: When) -> str:
    if when.status:
        named = [word for word in when.status.split() if word != "none"]
        parts = [f"responses with {_either(named)}"] if named else []
        if "none" in when.status.split():
            parts.append("exchanges without a response")
        text = " and ".join(parts)
    else:
        text = "all responses"
    if when.method:
        text += f" to {_either(when.method.split())}"
    if when.media:
        text += f" whose content is {_either([str(kind) for kind in when.media])}"
    if when.response_fields:
        text += f" that have {_either([f'`{name}`' for name in when.response_fields])}"
    if when.request_fields:
        text += f", requests that have {_either([f'`{name}`' for name in when.request_fields])}"
    return text


def _either(words: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _example(text: str, language: str = "http") -> list[str]:
    return [f"```{language}", *text.strip("\n").splitlines(), "```"]


def _measured(corpus: Mapping[str, Any]) -> str:
    return (
        f"Figures are from {corpus['exchanges']:,} recorded exchanges of {corpus['services']:,} public services: how"
        " often a rule fired, of the exchanges that it looks at. Recordings of test suites were taken, so the shares"
        " say little about traffic at large. [precision.md](precision.md) shows how often each rule is right."
    )


def _fired(rule: Rule, corpus: Mapping[str, Any] | None) -> str | None:
    measured = corpus["rules"].get(rule.id) if corpus is not None else None
    if corpus is None or measured is None:
        return None
    where = f"- On {corpus['exchanges']:,} recorded exchanges of {corpus['services']:,} public services:"
    if not measured["opportunities"]:
        return f"{where} no opportunity."
    services = "1 service" if measured["services"] == 1 else f"{measured['services']:,} services"
    return f"{where} fired {measured['findings']:,} of {measured['opportunities']:,} opportunities, at {services}."
