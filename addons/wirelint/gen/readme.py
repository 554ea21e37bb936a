"""The table of rules in the README, and how a generated part gets into it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from wirelint.core.rule import Rule
from wirelint.gen.text import cell, family_title

BEGIN: Final = "<!-- rules: written by make gen -->"
END: Final = "<!-- rules: end -->"


def table(rules: Sequence[Rule], reference: str) -> str:
    """The table, a family at a time.

    :param reference: where the rule reference is, seen from the README.
    """
    lines = ["| rule | severity | confidence | what it finds |", "|---|---|---|---|"]
    for family, members in groupby(rules, key=lambda rule: rule.family):
        lines.append(f"| **{family_title(family)}** | | | |")
        for rule in members:
            name = f"[`{rule.id}`]({reference}#{rule.id})"
            off = "" if rule.default else " (off unless asked for)"
            lines.append(f"| {name} | {rule.severity} | {rule.confidence} | {cell(rule.summary)}{off} |")
    return "\n".join(lines)


def filled(readme: str, rules: Sequence[Rule], reference: str) -> str:
    """The README with a fresh table between the markers.

    :raises ValueError: the markers are not there, once each and in order.
    """
    return placed(readme, table(rules, reference), BEGIN, END)


def placed(readme: str, text: str, begin: str, end: str) -> str:
    """The README with a text between two markers, in place of what was there.

    :raises ValueError: the markers are not there, once each and in order.
    """
    if readme.count(begin) != 1 or readme.count(end) != 1 or readme.index(begin) > readme.index(end):
        raise ValueError(f"the README must hold the lines {begin} and {end}, once each")
    before, _, rest = readme.partition(begin)
    after = rest.partition(end)[2]
    return f"{before}{begin}\n{text}\n{end}{after}"
