"""Notice services that speak TLS where ``http://`` was given."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from wirelint.core.audit import Audit
from wirelint.core.exchange import Direction, Exchange, FailureKind
from wirelint.sinks.metrics.budget import label_value

_MOST: Final = 1000
_LONGEST: Final = 2048
# nginx; Go; Apache; Tomcat; Jetty and others.
_refused: Final = re.compile(
    rb"plain HTTP request was sent to HTTPS port|HTTP request to an HTTPS server"
    rb"|speaking plain HTTP to an SSL-enabled|combination of host and port requires TLS|SSL is required",
    re.IGNORECASE,
)


class SchemeCheck:
    """Says once for each service that it seems to speak TLS, from its first exchange.

    :param announce: called with the sentence.
    """

    def __init__(self, announce: Callable[[str], None]) -> None:
        self._announce = announce
        self._settled: set[str] = set()

    def accept(self, audit: Audit) -> None:
        """Look at the first exchange of each service."""
        exchange = audit.exchange
        if exchange.service in self._settled or len(self._settled) >= _MOST:
            return
        if exchange.request.scheme != "http" or exchange.direction is not Direction.INBOUND:
            return
        self._settled.add(exchange.service)
        name = label_value(exchange.service)
        if _refuses_http(exchange):
            self._announce(f"{name}: expects TLS: give its URL with https://")
        elif _closes(exchange):
            self._announce(
                f"{name}: closed the connection without an answer: if it expects TLS, give https:// in its URL"
            )

    def close(self) -> None:
        """Do nothing: nothing waits."""


def _refuses_http(exchange: Exchange) -> bool:
    response = exchange.response
    return (
        response is not None
        and response.status in (400, 403, 426)
        and _refused.search((response.body.raw or b"")[:_LONGEST]) is not None
    )


def _closes(exchange: Exchange) -> bool:
    failure = exchange.failure
    return (
        exchange.response is None and failure is not None and failure.kind in (FailureKind.RESET, FailureKind.PROTOCOL)
    )
