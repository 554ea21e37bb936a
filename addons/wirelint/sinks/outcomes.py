"""What each figure counts: exchanges by what their status reports, by what happened, and by protocol.

``gen/promql.py`` says the same in PromQL, and a test compares the two.
"""

from __future__ import annotations

import functools
from typing import Final

from wirelint.core.exchange import Exchange, FailureKind
from wirelint.core.verdict import Verdict
from wirelint.evidence.protocol_errors import protocol_error
from wirelint.evidence.protocols import HTTP

NO_RESPONSE: Final = 0
"""The class of status of an exchange without a response."""

LIES: Final = frozenset({"hidden", "masked", "blamed"})
"""The kinds of responses whose status is not true. A response is of one of them at most."""

PROTOCOL_ERRORS: Final = frozenset({"client_error", "server_error", "error"})
"""Outcomes of calls that are errors under a status of success, as the protocol wants it."""

_ERRORS: Final = frozenset({Verdict.CLIENT_ERROR, Verdict.SERVER_ERROR})
_UNREACHED: Final = frozenset({FailureKind.CONNECT, FailureKind.TLS})


@functools.lru_cache(maxsize=1024)
def kinds(status_class: int, verdict: Verdict, protocol: str) -> frozenset[str]:
    """Return the figures that an exchange counts in.

    ``reported``: 5xx, or no response, which the client saw fail. ``true``: an error of the server. ``hidden``: an error
    under 1xx to 3xx, with ``hidden_client`` or ``hidden_server`` by whose error it is. ``masked``: the server's error
    under a 4xx. ``blamed``: the client's under a 5xx. ``unanswered``: no response. ``unknown``: outcome unknown.

    :param status_class: the first digit of the status, or ``NO_RESPONSE``.
    :param protocol: as ``wirelint.evidence.protocols.protocol_label`` names it.
    """
    found = set()
    if status_class in (5, NO_RESPONSE):
        found.add("reported")
    if status_class == NO_RESPONSE:
        found.add("unanswered")
    if verdict is Verdict.UNKNOWN:
        found.add("unknown")
    failed = verdict is Verdict.SERVER_ERROR
    if failed:
        found.add("true")
    if verdict in _ERRORS and status_class in (1, 2, 3):
        if protocol == HTTP:
            found.update(("hidden", "hidden_server" if failed else "hidden_client"))
    elif failed and status_class == 4:
        found.add("masked")
    elif verdict is Verdict.CLIENT_ERROR and status_class == 5:
        found.add("blamed")
    return frozenset(found)


def status_class(status: int | None) -> int:
    """Return the first digit of a status, or ``NO_RESPONSE``."""
    return NO_RESPONSE if status is None else status // 100


def call_outcome(exchange: Exchange, verdict: Verdict) -> str:
    """Return how a call of a protocol that reports errors in its content ended.

    ``status``: a 4xx, a 5xx or no response, as other HTTP services report it. ``client_error``, ``server_error``, and
    ``error`` if it is not known whose: as the protocol reports it. ``ok``, or ``unknown`` if the content is not known.
    """
    if status_class(exchange.status) in (NO_RESPONSE, 4, 5):
        return "status"
    error = protocol_error(exchange)
    if error is not None:
        return "error" if error.verdict in (Verdict.OK, Verdict.UNKNOWN) else str(error.verdict)
    return str(verdict)


def is_unreachable(exchange: Exchange) -> bool:
    """Return whether the service could not even be connected to."""
    failure = exchange.failure
    return failure is not None and exchange.response is None and (bool(failure.address) or failure.kind in _UNREACHED)


def is_abandoned(exchange: Exchange) -> bool:
    """Return whether the client had sent its request, waited, and left before any response came.

    This is the only definition of *abandoned*: metrics, page and summary count it by this function.
    """
    failure = exchange.failure
    return (
        failure is not None
        and failure.kind is FailureKind.CLIENT_GONE
        and exchange.response is None
        and not failure.sending
    )
