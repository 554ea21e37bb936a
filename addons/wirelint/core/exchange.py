"""One request with its response, or with the failure in its place (RFC 9110 §3, "message exchange").

All of these are frozen values: ``msgspec.structs.replace`` makes a changed copy. Sources (``wirelint.sources``) make
them; rules read them.
"""

from __future__ import annotations

import enum
from typing import Literal, NamedTuple

import msgspec

from wirelint.core.body import EMPTY, Body
from wirelint.core.headers import NO_HEADERS, Headers
from wirelint.core.origin import Origin


class Direction(enum.StrEnum):
    """The direction of an exchange, seen from the service beside wirelint."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class FailureKind(enum.StrEnum):
    """The kind of a failure on the wire."""

    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    RESET = "reset"
    PROTOCOL = "protocol"
    CLIENT_GONE = "client_gone"


class Failure(NamedTuple):
    """A failure in place of a response, or one that truncated it.

    ``address``: the host and port to which no connection was possible; empty if there was one, or if unknown.
    ``sending``: the client left before it had sent its whole request.
    """

    kind: FailureKind
    message: str = ""
    address: str = ""
    sending: bool = False


ProbeKind = Literal["without", "broken", "options", "read", "again", "plain"]


class Probe(NamedTuple):
    """The answer to a probe: a request that wirelint sent to learn more about an answer.

    ``kind``: ``without`` any credentials, or with ``broken`` ones; ``options`` and ``read``: OPTIONS and GET of the
    same target; ``again``: the same request; ``plain``: with a number in place of a text in the query. ``status`` is
    None without an answer. ``same``: whether the answer equals the client's, content included. ``allow``: its Allow
    field.
    """

    kind: ProbeKind
    status: int | None
    same: bool
    allow: str = ""


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
        """Return the target without its query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """Return the query without its question mark; empty if there is none."""
        return self.target.partition("?")[2]


class Response(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A response as on the wire.

    :param trailers: None if the source does not know.
    """

    status: int
    reason: str = ""
    http_version: str = "HTTP/1.1"
    headers: Headers = NO_HEADERS
    body: Body = EMPTY
    trailers: Headers | None = None


class Exchange(msgspec.Struct, frozen=True, kw_only=True, eq=False, dict=True):
    """One request with its response, a failure, or both if the response was truncated.

    The instance's ``__dict__`` is a cache for ``core.once`` and ``functools.cached_property``;
    ``msgspec.structs.replace`` does not copy it.

    :param client: identifies the sender of the request; compared, never shown.
    :param started: monotonic seconds, like ``first_byte`` and ``ended``.
    :param timestamp: the wall clock at the start in Unix seconds.
    :param fields_known: False if the source does not have all fields, as an access log.
    :param credentials_hidden: True if the recorder may have removed credentials: that there are none says nothing.
    :param alone: an example, not traffic: it says nothing about exchanges before and after it.
    :param probes: empty except for probed exchanges, which are audited separately.
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
    fields_known: bool = True
    credentials_hidden: bool = False
    alone: bool = False
    probes: tuple[Probe, ...] = ()

    @property
    def status(self) -> int | None:
        """Return the response's status code; None without a response."""
        return None if self.response is None else self.response.status

    def probe(self, kind: ProbeKind) -> Probe | None:
        """Return the answer to a kind of probe, None if there was none."""
        return next((probe for probe in self.probes if probe.kind == kind), None)

    @property
    def duration(self) -> float | None:
        """Return the seconds from the request's first byte to the end of the exchange."""
        return None if self.ended is None else max(0.0, self.ended - self.started)


class Answered(Exchange, frozen=True, kw_only=True, eq=False):
    """An exchange with a response, for type checkers only: no source makes one.

    The engine runs a check only on exchanges that match the rule's ``When``. If that does not admit ``none``, the check
    takes an ``Answered`` and need not test for a response.
    """

    response: Response

    @property
    def status(self) -> int:
        """Return the response's status code."""
        return self.response.status
