"""Write the generated parts of the README."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from wirelint.core.rule import Rule
from wirelint.gen.text import cell, family_title

BEGIN: Final = "<!-- rules: written by make gen -->"
END: Final = "<!-- rules: end -->"


EXAMPLES: Final = (
    "ok-with-error-body",
    "error-page-as-success",
    "unauthorized-without-challenge",
    "missing-credentials-as-403",
    "forbidden-as-401",
    "server-error-for-client-input",
    "upstream-failure-masked",
    "throttle-misreported",
    "bad-request-for-auth",
    "always-200-service",
)
"""The rules in the README: one for each kind of lie."""


def examples(rules: Sequence[Rule], reference: str) -> str:
    """Return the table of the README's examples.

    :param reference: the path of the rule reference from the README.
    """
    known = {rule.id: rule for rule in rules}
    lines = ["| rule | severity | what it finds |", "|---|---|---|"]
    for name in EXAMPLES:
        rule = known[name]
        lines.append(f"| [`{name}`]({reference}#{name}) | {rule.severity} | {cell(rule.summary)} |")
    return "\n".join(lines)


def table(rules: Sequence[Rule]) -> str:
    """Return the table of all rules for the rule reference, one family at a time."""
    lines = ["| rule | severity | confidence | what it finds |", "|---|---|---|---|"]
    for family, members in groupby(rules, key=lambda rule: rule.family):
        lines.append(f"| **{family_title(family)}** | | | |")
        for rule in members:
            name = f"[`{rule.id}`](#{rule.id})"
            off = "" if rule.default else " (off unless asked for)"
            lines.append(f"| {name} | {rule.severity} | {rule.confidence} | {cell(rule.summary)}{off} |")
    return "\n".join(lines)


def filled(readme: str, rules: Sequence[Rule], reference: str) -> str:
    """Return the README with a fresh table between the markers.

    :raises ValueError: the markers are not present once each and in order.
    """
    return placed(readme, examples(rules, reference), BEGIN, END)


def placed(readme: str, text: str, begin: str, end: str) -> str:
    """Return the README with a new text between two markers.

    :raises ValueError: the markers are not present once each and in order.
    """
    if readme.count(begin) != 1 or readme.count(end) != 1 or readme.index(begin) > readme.index(end):
        raise ValueError(f"the README must hold the lines {begin} and {end}, once each")
    before, _, rest = readme.partition(begin)
    after = rest.partition(end)[2]
    return f"{before}{begin}\n{text}\n{end}{after}"
