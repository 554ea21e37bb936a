"""Select rules by id, family or severity."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from wirelint.core.finding import Severity
from wirelint.core.rule import Rule
from wirelint.settings.file import nearest

ALL: Final = "all"


class UnknownRuleError(Exception):
    """A name that is not a rule; the message names the most similar one."""


def select(rules: Iterable[Rule], wanted: Sequence[str] = (), unwanted: Sequence[str] = ()) -> tuple[Rule, ...]:
    """Return the rules to run.

    :param rules: all rules.
    :param wanted: ids, families, severities or ``all``; if empty, the rules that are on by default. A rule that is off
        by default needs its id or ``all``.
    :param unwanted: the rules to remove, in the same form.
    :raises UnknownRuleError: a word selects no rule.
    """
    everything = tuple(rules)
    chosen = {rule.id for rule in everything if rule.default}
    if wanted:
        chosen = {rule.id for word in wanted for rule in everything if _named(word, everything)(rule, strict=True)}
    refused = {rule.id for word in unwanted for rule in everything if _named(word, everything)(rule, strict=False)}
    return tuple(rule for rule in everything if rule.id in chosen - refused)


def find(rules: Iterable[Rule], name: str) -> Rule:
    """Return the rule whose id is ``name``.

    :raises UnknownRuleError: there is none.
    """
    everything = {rule.id: rule for rule in rules}
    folded = name.strip().lower().replace("_", "-")
    if folded not in everything:
        raise UnknownRuleError(f"unknown rule {_shown(name)}{nearest(folded, everything)}")
    return everything[folded]


def _named(word: str, rules: Sequence[Rule]) -> Callable[..., bool]:
    folded = word.lower().replace("_", "-")
    if folded == ALL or any(rule.id == folded for rule in rules):
        return lambda rule, *, strict: folded in (ALL, rule.id)  # noqa: ARG005 - one signature for both
    families = {rule.family for rule in rules}
    severities = {str(severity) for severity in Severity}
    if folded not in families | severities:
        known = {*families, *severities}
        hint = nearest(folded, known) or nearest(folded, (ALL, *(rule.id for rule in rules)))
        raise UnknownRuleError(
            f"unknown rule, family or severity {_shown(word)}"
            + (hint or f"; families are {', '.join(sorted(families))}; severities are {', '.join(map(str, Severity))}")
        )
    return lambda rule, *, strict: folded in (rule.family, str(rule.severity)) and (rule.default or not strict)


def _shown(name: str) -> str:
    return repr(name[:60])
