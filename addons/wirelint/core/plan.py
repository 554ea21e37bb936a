"""Which rules an exchange gives an opportunity to, told by its shape: status, method, kind of content, fields."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from wirelint.core.headers import Headers
from wirelint.core.media import Kind
from wirelint.core.rule import Condition, Reads, Rule

_MOST_SHAPES: Final = 32


class Plan:
    """The rules that exchanges of one shape give an opportunity to; made once per shape.

    ``keyed`` are those that a JSON object can only concern if it has one of ``keys`` at its top level, ``looking_back``
    those that compare it with what was before, by the condition under which that is worth while.

    :param rules: all of them.
    :param successful: whether they are for a success.
    :param vain: ids of those that can find nothing here, though it is an opportunity.
    """

    __slots__ = ("keyed", "keys", "looking_back", "plain", "reading", "rules")

    def __init__(self, rules: Sequence[Rule], *, successful: bool, vain: Collection[str] = ()) -> None:
        here = [rule for rule in rules if not rule.recalls and rule.id not in vain]
        reading = [rule for rule in here if rule.reads is not Reads.NOTHING]
        # Errors are few and all about something; it is among successes that a look at the names spares work.
        keyed = [rule for rule in reading if successful and rule.json_keys is not None]
        self.rules = tuple(rules)
        self.plain = tuple([rule for rule in here if rule.reads is Reads.NOTHING])
        self.reading = tuple([rule for rule in reading if not successful or rule.json_keys is None])
        self.keyed = tuple(keyed)
        self.keys: frozenset[str] = frozenset().union(*(rule.json_keys or () for rule in keyed))
        self.looking_back = _by_condition([rule for rule in rules if rule.recalls])


class Plans:
    """The plans for exchanges alike in status, method and kind of content: they differ by the fields that are there.

    :param rules: those that are concerned as far as these three tell.
    :param key: the three.
    """

    __slots__ = ("_asked", "_got", "_plans", "_rules", "_successful", "_vain")

    def __init__(self, rules: Iterable[Rule], key: tuple[int | None, str, Kind]) -> None:
        self._rules = tuple(rules)
        self._successful = key[0] is not None and key[0] < 400
        self._vain = frozenset(rule.id for rule in self._rules if rule.worth is not None and not rule.worth(*key))
        self._asked = frozenset(name for rule in self._rules for name in rule.when.request_fields)
        self._got = frozenset(name for rule in self._rules for name in rule.when.response_fields)
        self._plans: dict[tuple[frozenset[str], frozenset[str]], Plan] = {}

    def plan(self, request: Headers, response: Headers) -> Plan:
        """The plan for two messages."""
        shape = (self._asked.intersection(request.index), self._got.intersection(response.index))
        plan = self._plans.get(shape)
        if plan is None:
            fitting = [rule for rule in self._rules if rule.when.has(*shape)]
            plan = Plan(fitting, successful=self._successful, vain=self._vain)
            if len(self._plans) < _MOST_SHAPES:
                self._plans[shape] = plan
        return plan


def _by_condition(rules: Iterable[Rule]) -> tuple[tuple[Condition | None, tuple[Rule, ...]], ...]:
    found: dict[Condition | None, tuple[Rule, ...]] = {}
    for rule in rules:
        found[rule.after] = (*found.get(rule.after, ()), rule)
    return tuple(found.items())
