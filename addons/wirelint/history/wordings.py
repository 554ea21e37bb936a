"""Remember the statuses under which a service sends the same words.

A service's own message has one cause. If it is sent under 400 and under 500, one of the two is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from wirelint.core.exchange import Exchange
from wirelint.core.once import once
from wirelint.core.state import Latest, Opens, State, Table
from wirelint.core.visit import Step, Visit
from wirelint.core.when import When
from wirelint.evidence.makers import gateway_made
from wirelint.evidence.protocols import protocol
from wirelint.evidence.said import meanings
from wirelint.evidence.texts import Meaning
from wirelint.evidence.wording import wording
from wirelint.history.visits import Present

_MOST_WORDINGS: Final = 2048
_MOST_STATUSES: Final = 4
_LEAST_DISTINCTIVE: Final = 3
_CLIENT: Final = frozenset({400, 404, 409, 413, 415, 422})
_UNCLEAR: Final = frozenset({400, 404, 422})


class WordingProof(NamedTuple):
    """An exchange whose words belong to another status: ``expected``.

    :ivar fault: the faulty exchange, which may be the current one.
    """

    fault: Visit
    expected: int
    story: tuple[Step, ...]
    note: str


class Wordings:
    """Wordings by service: the latest exchange under each status."""

    wants = When(status="4xx 500")
    view = Present

    def __init__(self, state: State) -> None:
        self._state = state
        self._wordings: Table[tuple[str, int], dict[int, Visit]] = Table(_MOST_WORDINGS)
        self._latest: Latest[tuple[WordingProof, ...]] = Latest(lambda exchange: tuple(self._proofs(exchange)))

    def proofs(self, exchange: Exchange) -> tuple[WordingProof, ...]:
        """Return the proofs of an error's words about it, or about an earlier one with the same words."""
        return self._latest.of(exchange)

    def may_prove(self, exchange: Exchange, visit: Visit) -> bool:
        """Return whether the same words were seen under another status."""
        return (visit.status or 0) >= 400 and len(self._latest.of(exchange)) > 0

    def _proofs(self, exchange: Exchange) -> Iterator[WordingProof]:
        visit, key = self._state.visit(exchange), _key(exchange)
        earlier = None if key is None else self._wordings.get(key, visit.ended)
        for status, other in () if earlier is None else sorted(earlier.items()):
            fault, right = _judged(visit, other)
            if fault is None or right is None or status == visit.status:
                continue
            note = f"the same words under {visit.status}"
            story = (other.step(f"these words under {status}"),)
            yield WordingProof(fault, right.status or 0, story, note)

    def note(self, exchange: Exchange, visit: Visit) -> None:
        """Record the words of an error."""
        key = _key(exchange)
        if key is None or visit.status is None:
            return
        statuses: dict[int, Visit] = self._wordings.ensure(key, dict, visit.ended)
        for status, other in tuple(statuses.items()):
            if _judged(visit, other)[0] is other:
                del statuses[status]  # already reported
        if visit.status in statuses or len(statuses) < _MOST_STATUSES:
            statuses[visit.status] = visit

    def __len__(self) -> int:
        return len(self._wordings)


def wordings_prove(state: State) -> Opens:
    """Return ``Wordings.may_prove`` as a gate."""
    return state.recall(Wordings).may_prove


@once
def _key(exchange: Exchange) -> tuple[str, int] | None:
    """Return a key for the words of an error; None if they are common words, or not the service's."""
    words = wording(exchange)
    if words is None or words.distinctive < _LEAST_DISTINCTIVE or words.upstream:
        return None
    if exchange.status == 401 and Meaning.INVALID in meanings(exchange):
        return None  # the 401 is the wrong status
    if exchange.request.method in ("HEAD", "OPTIONS") or protocol(exchange) is not None or gateway_made(exchange):
        return None
    return exchange.service, words.words


def _judged(one: Visit, other: Visit) -> tuple[Visit | None, Visit | None]:
    """Return the error with the wrong status, of two with the same words, and the other one; None if neither has."""
    for fault, right in ((one, other), (other, one)):
        if (fault.status == 500 and right.status in _CLIENT) or (fault.status in _UNCLEAR and right.status == 401):
            return fault, right
    return None, None
