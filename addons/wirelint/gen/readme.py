"""The table of rules in the README."""

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
    if readme.count(BEGIN) != 1 or readme.count(END) != 1 or readme.index(BEGIN) > readme.index(END):
        raise ValueError(f"the README must hold the lines {BEGIN} and {END}, once each")
    before, _, rest = readme.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n{table(rules, reference)}\n{END}{after}"
