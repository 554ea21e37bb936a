"""Find repeated requests: the same request of one client with the same credentials."""

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
    """Return whether two requests came from one client, as far as known: equal in all fields that identify clients.

    Many clients may share one address, so both must have the same credential, or none.
    """
    if one.client != other.client:
        return False
    if one.credential is None:
        return one.anonymous and other.anonymous
    return one.credential == other.credential


def knew(visit: Visit, earlier: Visit) -> bool:
    """Return whether a request was sent after the answer to another one, and so with knowledge of it.

    Without times in the source, all are at the same time, and nothing is known.
    """
    return visit.started >= earlier.ended and visit.started > earlier.started


def repeats(story: Iterable[Visit], now: Visit) -> list[Visit]:
    """Return this request and the identical ones right before it with the same outcome, oldest first.

    A successful change in between starts a new row, because it may be the reason for another try. Requests that were
    sent before the previous answer are left out.
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
    """Return whether the last request completes a row of ``count`` within ``span`` seconds."""
    return _dense(row[-count:], count, span) and not _dense(row[-count - 1 : -1], count, span)


def _dense(row: Sequence[Visit], count: int, span: float) -> bool:
    return len(row) == count and row[-1].started - row[0].started <= span


def by_a_person(exchange: Exchange) -> bool:
    """Return whether a person may have sent the request from a page: then the repetition was intended."""
    fields = exchange.request.headers
    return "text/html" in (fields.get("accept") or "") or fields.get("sec-fetch-mode") == "navigate"


def is_probe(exchange: Exchange) -> bool:
    """Return whether a request is a health check: these have a steady pace, whatever the answer."""
    return _probe.search(exchange.request.path[:1024]) is not None
