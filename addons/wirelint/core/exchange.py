"""One request with its response, or with the failure that came instead (RFC 9110 §3, "message exchange").

Everything here is a plain immutable value. Adapters under ``wirelint.sources`` make them; rules read them.
"""

from __future__ import annotations

import enum
from typing import Any, Literal

import msgspec

from wirelint.core.body import EMPTY, Body
from wirelint.core.headers import NO_HEADERS, Headers


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


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """What came instead of a response, or cut one short."""

    kind: FailureKind
    message: str = ""


class Probe(msgspec.Struct, frozen=True):
    """What a request got that was sent again by ourselves, with other credentials.

    ``kind``: ``without`` any credentials, or with ``broken`` ones. ``status`` is None where no answer came. ``same``:
    whether the answer was the same as the client's, content included.
    """

    kind: Literal["without", "broken"]
    status: int | None
    same: bool


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request as the service saw it.

    ``target`` is the origin-form request target, query included; ``authority`` the Host field or ``:authority``.
    """

    method: str
    target: str
    scheme: str = "http"
    authority: str = ""
    http_version: str = "HTTP/1.1"
    headers: Headers = NO_HEADERS
    body: Body = EMPTY

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The query without its question mark; empty where there is none."""
        return self.target.partition("?")[2]


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """A response as it came over the wire; ``trailers`` are None where the source cannot tell."""

    status: int
    reason: str = ""
    http_version: str = "HTTP/1.1"
    headers: Headers = NO_HEADERS
    body: Body = EMPTY
    trailers: Headers | None = None


class Origin(msgspec.Struct, frozen=True):
    """Where an exchange was read from: a file's name and the zero-based position in it."""

    file: str
    index: int


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One request with its response, the failure that came instead, or both where a response was cut short.

    ``started``, ``first_byte`` and ``ended`` are monotonic seconds; ``timestamp`` is the wall clock at the start in
    Unix seconds. ``client`` names the peer that sent the request, only ever compared, never shown. ``probes`` is empty
    but for exchanges that were probed, which are audited apart from all others.
    """

    request: Request
    response: Response | None = None
    failure: Failure | None = None
    service: str = ""
    direction: Direction = Direction.INBOUND
    id: str = ""
    client: str = ""
    started: float = 0.0
    first_byte: float | None = None
    ended: float | None = None
    timestamp: float | None = None
    origin: Origin | None = None
    probes: tuple[Probe, ...] = ()
    memo: dict[Any, Any] = msgspec.field(default_factory=dict)
    """What evidence functions found out about this exchange (see ``wirelint.core.once``)."""

    @property
    def status(self) -> int | None:
        """The response's status code; None where no response came."""
        return self.response.status if self.response is not None else None

    def probe(self, kind: Literal["without", "broken"]) -> Probe | None:
        """What came of a kind of probe, None where there was none."""
        return next((probe for probe in self.probes if probe.kind == kind), None)

    @property
    def duration(self) -> float | None:
        """Seconds from the request's first byte to the end of the exchange."""
        return None if self.ended is None else max(0.0, self.ended - self.started)
