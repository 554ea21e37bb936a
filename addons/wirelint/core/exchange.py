"""One request with its response, or with the failure that came instead (RFC 9110 §3, "message exchange").

Everything here is a plain value that is never changed. Adapters under ``wirelint.sources`` make them; rules read them.
"""

from __future__ import annotations

import enum
from typing import Any, Final, Literal, NamedTuple

from wirelint.core.body import EMPTY, Body
from wirelint.core.headers import NO_HEADERS, Headers
from wirelint.core.origin import Origin


class Direction(enum.StrEnum):
    """Which way an exchange went, seen from the service that wirelint stands beside."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class FailureKind(enum.StrEnum):
    """What went wrong on the wire."""

    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    RESET = "reset"
    PROTOCOL = "protocol"
    CLIENT_GONE = "client_gone"


class Failure(NamedTuple):
    """What came instead of a response, or cut one short."""

    kind: FailureKind
    message: str = ""


class Probe(NamedTuple):
    """What a request got that was sent again by ourselves, with other credentials.

    ``kind``: ``without`` any credentials, or with ``broken`` ones. ``status`` is None where no answer came. ``same``:
    whether the answer was the same as the client's, content included.
    """

    kind: Literal["without", "broken"]
    status: int | None
    same: bool


class Request:
    """A request as the service saw it.

    :param target: the origin-form request target, query included.
    :param authority: the Host field or ``:authority``.
    """

    __slots__ = ("authority", "body", "headers", "http_version", "method", "scheme", "target")

    def __init__(  # noqa: PLR0913 - what makes a request, by name
        self,
        *,
        method: str,
        target: str,
        scheme: str = "http",
        authority: str = "",
        http_version: str = "HTTP/1.1",
        headers: Headers = NO_HEADERS,
        body: Body = EMPTY,
    ) -> None:
        self.method: Final = method
        self.target: Final = target
        self.scheme: Final = scheme
        self.authority: Final = authority
        self.http_version: Final = http_version
        self.headers: Final = headers
        self.body: Final = body

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The query without its question mark; empty where there is none."""
        return self.target.partition("?")[2]


class Response:
    """A response as it came over the wire.

    :param trailers: None where the source cannot tell.
    """

    __slots__ = ("body", "headers", "http_version", "reason", "status", "trailers")

    def __init__(  # noqa: PLR0913 - what makes a response, by name
        self,
        *,
        status: int,
        reason: str = "",
        http_version: str = "HTTP/1.1",
        headers: Headers = NO_HEADERS,
        body: Body = EMPTY,
        trailers: Headers | None = None,
    ) -> None:
        self.status: Final = status
        self.reason: Final = reason
        self.http_version: Final = http_version
        self.headers: Final = headers
        self.body: Final = body
        self.trailers: Final = trailers


class Exchange:
    """One request with its response, the failure that came instead, or both where a response was cut short.

    ``memo`` holds what evidence functions found out about it (see ``wirelint.core.once``).

    :param client: names the peer that sent the request, only ever compared, never shown.
    :param started: monotonic seconds, as ``first_byte`` and ``ended``.
    :param timestamp: the wall clock at the start in Unix seconds.
    :param probes: empty but for exchanges that were probed, which are audited apart from all others.
    """

    __slots__ = (
        "client", "direction", "ended", "failure", "first_byte", "id", "memo", "origin", "probes", "request",
        "response", "service", "started", "timestamp",
    )  # fmt: skip

    def __init__(  # noqa: PLR0913 - what makes an exchange, by name
        self,
        *,
        request: Request,
        response: Response | None = None,
        failure: Failure | None = None,
        service: str = "",
        direction: Direction = Direction.INBOUND,
        id: str = "",  # noqa: A002 - it is called that wherever it is shown
        client: str = "",
        started: float = 0.0,
        first_byte: float | None = None,
        ended: float | None = None,
        timestamp: float | None = None,
        origin: Origin | None = None,
        probes: tuple[Probe, ...] = (),
    ) -> None:
        self.request: Final = request
        self.response: Final = response
        self.failure: Final = failure
        self.service: Final = service
        self.direction: Final = direction
        self.id: Final = id
        self.client: Final = client
        self.started: Final = started
        self.first_byte: Final = first_byte
        self.ended: Final = ended
        self.timestamp: Final = timestamp
        self.origin: Final = origin
        self.probes: Final = probes
        self.memo: Final[dict[Any, Any]] = {}

    @property
    def status(self) -> int | None:
        """The response's status code; None where no response came."""
        return None if self.response is None else self.response.status

    def probe(self, kind: Literal["without", "broken"]) -> Probe | None:
        """What came of a kind of probe, None where there was none."""
        return next((probe for probe in self.probes if probe.kind == kind), None)

    @property
    def duration(self) -> float | None:
        """Seconds from the request's first byte to the end of the exchange."""
        return None if self.ended is None else max(0.0, self.ended - self.started)


FIELDS: Final[dict[type, tuple[str, ...]]] = {
    Request: ("method", "target", "scheme", "authority", "http_version", "headers", "body"),
    Response: ("status", "reason", "http_version", "headers", "body", "trailers"),
    Exchange: (
        "request", "response", "failure", "service", "direction", "id", "client", "started", "first_byte", "ended",
        "timestamp", "origin", "probes",
    ),
}  # fmt: skip
"""What each of them is made from."""


def replaced[M: (Request, Response, Exchange)](message: M, **changes: Any) -> M:
    """The same with other values for some of its fields; of what was found out about an exchange, nothing."""
    fields = [name for name in FIELDS[type(message)] if name not in changes]
    return type(message)(**{name: getattr(message, name) for name in fields}, **changes)
