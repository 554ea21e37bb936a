"""One request with its response, or with the failure that came instead (RFC 9110 §3, "message exchange").

Everything here is a frozen value: ``msgspec.structs.replace`` makes another one with other fields. Adapters under
``wirelint.sources`` make them; rules read them.
"""

from __future__ import annotations

import enum
from typing import Literal, NamedTuple

import msgspec

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
    """What came instead of a response, or cut one short.

    ``address``: the host and port that no connection could be made to; empty if there was one, or none is known.
    ``sending``: the client left before it had sent its whole request.
    """

    kind: FailureKind
    message: str = ""
    address: str = ""
    sending: bool = False


class Probe(NamedTuple):
    """What a request got that was sent again by ourselves, with other credentials.

    ``kind``: ``without`` any credentials, or with ``broken`` ones. ``status`` is None where no answer came. ``same``:
    whether the answer was the same as the client's, content included.
    """

    kind: Literal["without", "broken"]
    status: int | None
    same: bool


class Request(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A request as the service saw it.

    :param target: the origin-form request target, query included.
    :param authority: the Host field or ``:authority``.
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


class Response(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A response as it came over the wire.

    :param trailers: None where the source cannot tell.
    """

    status: int
    reason: str = ""
    http_version: str = "HTTP/1.1"
    headers: Headers = NO_HEADERS
    body: Body = EMPTY
    trailers: Headers | None = None


class Exchange(msgspec.Struct, frozen=True, kw_only=True, eq=False, dict=True):
    """One request with its response, the failure that came instead, or both where a response was cut short.

    What ``core.once`` found out about it lies in the instance's ``__dict__``, where ``functools.cached_property`` keeps
    its values as well: a cache, made on demand, that ``msgspec.structs.replace`` leaves behind.

    :param client: names the peer that sent the request, only ever compared, never shown.
    :param started: monotonic seconds, as ``first_byte`` and ``ended``.
    :param timestamp: the wall clock at the start in Unix seconds.
    :param probes: empty but for probed exchanges, which are audited separately from all others.
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


class Answered(Exchange, frozen=True, kw_only=True, eq=False):
    """An exchange that has a response, as type checkers see it: no source makes one.

    The engine runs a check only on exchanges that fit the rule's ``When``. If that does not admit ``none``, the check
    takes an ``Answered`` and need not test for a response.
    """

    response: Response

    @property
    def status(self) -> int:
        """The response's status code."""
        return self.response.status
