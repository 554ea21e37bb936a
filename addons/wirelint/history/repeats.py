"""Calls that one client sends again: the same request with the same credentials, one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from wirelint.core.exchange import Exchange
from wirelint.core.methods import SAFE
from wirelint.core.visit import Visit

_probe: Final = re.compile(
    r"/(?:health|healthz|ready|readyz|readiness|live|livez|liveness|ping|status|alive)\b", re.IGNORECASE
)


def same_client(one: Visit, other: Visit) -> bool:
    """Return whether two requests came from one client as far as can be known: alike in all that identifies a client.

    Many clients may stand behind one address; so they must have sent the same credential as well, or both none.
    """
    if one.client != other.client:
        return False
    if one.credential is None:
        return one.stranger and other.stranger
    return one.credential == other.credential


def knew(visit: Visit, told: Visit) -> bool:
    """Return whether a request was sent after another one was answered: those under way could not know of the answer.

    Nothing is known where the source has no times, for then all stand at the same one.
    """
    return visit.started >= told.ended and visit.started > told.started


def repeats(story: Iterable[Visit], now: Visit) -> list[Visit]:
    """The request at hand and the same ones right before it that came to the same, oldest first.

    A success of another kind that changed something in between begins a new row, for it may be why the client tries
    again. Those that were sent before the one before was answered are left out.
    """
    if now.request is None:
        return [now]
    row = [now]
    for visit in reversed([*story]):
        if visit.request != now.request:
            if visit.method not in SAFE and visit.succeeded:
                break
        elif same_client(visit, now):
            if visit.outcome != now.outcome:
                break
            if knew(row[-1], visit):
                row.append(visit)
    return row[::-1]


def has_become(row: Sequence[Visit], count: int, span: float) -> bool:
    """Return whether the last one makes a row of ``count`` within ``span`` seconds out of one that was none before."""
    return _dense(row[-count:], count, span) and not _dense(row[-count - 1 : -1], count, span)


def _dense(row: Sequence[Visit], count: int, span: float) -> bool:
    return len(row) == count and row[-1].started - row[0].started <= span


def by_a_person(exchange: Exchange) -> bool:
    """Return whether a request may be somebody's, looking at a page: what they send again was their own wish."""
    fields = exchange.request.headers
    return "text/html" in (fields.get("accept") or "") or fields.get("sec-fetch-mode") == "navigate"


def is_probe(exchange: Exchange) -> bool:
    """Return whether a request asks how the service is: that is done at a steady pace, whatever comes of it."""
    return _probe.search(exchange.request.path[:1024]) is not None
