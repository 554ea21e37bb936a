"""Which rules an exchange gives an opportunity to, told by its shape: status, method, kind of content, fields."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from wirelint.core.exchange import Exchange
from wirelint.core.finding import Hit
from wirelint.core.headers import Headers
from wirelint.core.media import Kind
from wirelint.core.rule import Check, Context, Reads, Rule
from wirelint.core.state import Opens

_MOST_SHAPES: Final = 32


class Bound:
    """A rule at hand: what is asked of it for each exchange.

    :param rule: the rule.
    :param context: what its check may know besides the exchange.
    :param opens: whether its gate is open; None where it has none.
    """

    __slots__ = ("check", "context", "keys", "opens", "reads", "rule")

    def __init__(self, rule: Rule, context: Context, opens: Opens | None = None) -> None:
        self.rule = rule
        self.context = context
        self.opens = opens
        self.check: Check = rule.check or _silent
        self.reads = rule.reads
        self.keys = rule.json_keys


def _silent(exchange: Exchange, context: Context) -> Iterable[Hit]:  # noqa: ARG001 - a check's parameters
    return ()


class Plan:
    """The rules that exchanges of one shape give an opportunity to; made once per shape.

    ``keyed`` are those that a JSON object can only concern if it has one of ``keys`` at its top level, ``looking_back``
    those that compare it with what was before, by their gates.

    :param bound: all of them.
    :param successful: whether they are for a success.
    """

    __slots__ = ("keyed", "keys", "looking_back", "plain", "reading", "rules")

    def __init__(self, bound: Sequence[Bound], *, successful: bool) -> None:
        here = [each for each in bound if not each.rule.recalls]
        reading = [each for each in here if each.reads is not Reads.NOTHING]
        # Errors are few and all about something; it is among successes that a look at the names spares work.
        keyed = [each for each in reading if successful and each.keys is not None]
        self.rules = tuple([each.rule for each in bound])
        self.plain = tuple([each for each in here if each.reads is Reads.NOTHING])
        self.reading = tuple([each for each in reading if not successful or each.keys is None])
        self.keyed = tuple(keyed)
        self.keys: frozenset[str] = frozenset().union(*(each.keys or () for each in keyed))
        self.looking_back = _by_gate([each for each in bound if each.rule.recalls])


class Plans:
    """The plans for exchanges alike in status, method and kind of content: they differ by the fields that are there.

    :param bound: those that are concerned as far as these three tell.
    :param key: the three.
    """

    __slots__ = ("_asked", "_bound", "_got", "_plans", "_successful")

    def __init__(self, bound: Sequence[Bound], key: tuple[int | None, str, Kind]) -> None:
        rules = [each.rule for each in bound]
        self._bound = bound
        self._successful = key[0] is not None and key[0] < 400
        self._asked = frozenset([name for rule in rules for name in rule.when.request_fields])
        self._got = frozenset([name for rule in rules for name in rule.when.response_fields])
        self._plans: dict[tuple[frozenset[str], frozenset[str]], Plan] = {}

    def plan(self, request: Headers, response: Headers) -> Plan:
        """The plan for two messages."""
        shape = (self._asked.intersection(request.index), self._got.intersection(response.index))
        plan = self._plans.get(shape)
        if plan is None:
            fitting = [each for each in self._bound if each.rule.when.has(*shape)]
            plan = Plan(fitting, successful=self._successful)
            if len(self._plans) < _MOST_SHAPES:
                self._plans[shape] = plan
        return plan


def _by_gate(bound: Iterable[Bound]) -> tuple[tuple[Opens | None, tuple[Bound, ...]], ...]:
    found: dict[Opens | None, tuple[Bound, ...]] = {}
    for each in bound:
        found[each.opens] = (*found.get(each.opens, ()), each)
    return tuple(found.items())
