"""The rules that can apply to an exchange, by its shape: status, method, kind of content, fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from wirelint.core.exchange import Exchange
from wirelint.core.headers import Headers
from wirelint.core.media import Kind
from wirelint.core.rule import Context, Reads, Rule, Shape
from wirelint.core.state import Opens

_MOST_SHAPES: Final = 32
_MOST_COMBINATIONS: Final = 256


class Bound(msgspec.Struct, frozen=True, eq=False):
    """A rule of an engine.

    :param context: the input of its check besides the exchange.
    :param opens: returns whether its gate is open; None if it has none.
    """

    rule: Rule
    context: Context
    opens: Opens | None = None


class Plan(msgspec.Struct, frozen=True, eq=False):
    """The rules that can apply to exchanges of one shape; made once per shape.

    :param rules: all of them.
    :param plain: those that do not read content.
    :param reading: those that do.
    :param keyed: those that need one of ``keys`` at the top level of a JSON object.
    :param contracted: those that compare with an API description, by their conditions.
    :param looking_back: those that compare an exchange with earlier ones, by gate.
    :param readers: by the ``keys`` that an object has, all rules that read it; filled by ``readers_of``.
    """

    rules: tuple[Rule, ...]
    plain: tuple[Bound, ...]
    reading: tuple[Bound, ...]
    keyed: tuple[Bound, ...]
    keys: frozenset[str]
    contracted: tuple[tuple[Callable[[Exchange], bool], tuple[Bound, ...]], ...]
    looking_back: tuple[tuple[Opens | None, tuple[Bound, ...]], ...]
    readers: dict[frozenset[str], tuple[Bound, ...]] = {}

    def readers_of(self, names: frozenset[str] | None) -> tuple[Bound, ...]:
        """Return the rules that are to read some content.

        :param names: folded names at the top level of a JSON object; None if it is anything else.
        """
        if names is None:
            return self.reading + self.keyed
        found = self.keys & names
        if not found:
            return self.reading
        readers = self.readers.get(found)
        if readers is None:
            keyed = [each for each in self.keyed if not found.isdisjoint(each.rule.json_keys or ())]
            readers = (*self.reading, *keyed)
            if len(self.readers) >= _MOST_COMBINATIONS:  # a peer sends whatever names it likes
                self.readers.clear()
            self.readers[found] = readers
        return readers

    @classmethod
    def of(cls, bound: Sequence[Bound], key: tuple[int | None, str, Kind]) -> Plan:
        """Make the plan for some rules.

        :param key: status, method and kind of content of the exchanges. Errors are few and nearly all relevant;
            checking the names saves work only for successes.
        """
        successful = key[0] is not None and key[0] < 400
        shape = Shape(*key)
        able = [each for each in bound if each.rule.may is None or each.rule.may(shape)]
        here = [each for each in able if not each.rule.recalls and each.rule.contract is None]
        reading = [each for each in here if each.rule.reads is not Reads.NOTHING]
        keyed = [each for each in reading if successful and each.rule.json_keys is not None]
        return cls(
            rules=tuple([each.rule for each in bound]),
            plain=tuple([each for each in here if each.rule.reads is Reads.NOTHING]),
            reading=tuple([each for each in reading if not successful or each.rule.json_keys is None]),
            keyed=tuple(keyed),
            keys=frozenset().union(*(each.rule.json_keys or () for each in keyed)),
            contracted=_by_condition([each for each in able if not each.rule.recalls]),
            looking_back=_by_gate([each for each in able if each.rule.recalls]),
        )


class Plans:
    """The plans for one status, method and kind of content, by the present fields.

    :param bound: the rules that can apply by these three.
    :param key: the three.
    """

    __slots__ = ("_asked", "_bound", "_got", "_key", "_plans")

    def __init__(self, bound: Sequence[Bound], key: tuple[int | None, str, Kind]) -> None:
        rules = [each.rule for each in bound]
        self._bound = bound
        self._key = key
        self._asked = frozenset([name for rule in rules for name in rule.when.request_fields])
        self._got = frozenset([name for rule in rules for name in rule.when.response_fields])
        self._plans: dict[tuple[frozenset[str], frozenset[str]], Plan] = {}

    def plan(self, request: Headers, response: Headers) -> Plan:
        """Return the plan for a request and its response."""
        shape = (self._asked.intersection(request.index), self._got.intersection(response.index))
        plan = self._plans.get(shape)
        if plan is None:
            fitting = [each for each in self._bound if each.rule.when.has(*shape)]
            plan = Plan.of(fitting, self._key)
            if len(self._plans) < _MOST_SHAPES:
                self._plans[shape] = plan
        return plan


def _by_gate(bound: Iterable[Bound]) -> tuple[tuple[Opens | None, tuple[Bound, ...]], ...]:
    found: dict[Opens | None, tuple[Bound, ...]] = {}
    for each in bound:
        found[each.opens] = (*found.get(each.opens, ()), each)
    return tuple(found.items())


def _by_condition(bound: Iterable[Bound]) -> tuple[tuple[Callable[[Exchange], bool], tuple[Bound, ...]], ...]:
    found: dict[Callable[[Exchange], bool], tuple[Bound, ...]] = {}
    for each in bound:
        if each.rule.contract is not None:
            found[each.rule.contract] = (*found.get(each.rule.contract, ()), each)
    return tuple(found.items())
