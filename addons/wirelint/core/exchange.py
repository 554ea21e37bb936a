"""One request with its response, or with the failure that came instead (RFC 9110 §3, "message exchange").

Everything here is a plain immutable value. Adapters under ``wirelint.sources`` make them; rules read them.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable, Iterable, Iterator, KeysView
from typing import Any, Final, Literal

import msgspec

from wirelint.core.body import EMPTY, Body
from wirelint.core.media import MediaType, media_type

# Field names repeat for ever; folding each spelling once makes indexing a message a matter of dict look-ups.
# Bounded, because a client may send any name it likes.
_NAMES: dict[bytes, str] = {}
_NAMES_LIMIT: Final = 4096
_LONGEST_NAME: Final = 128


def _fold(raw: bytes) -> str:
    name = raw.decode("latin-1").lower()
    if len(_NAMES) < _NAMES_LIMIT and len(raw) <= _LONGEST_NAME:
        _NAMES[raw] = name
    return name


class Headers:
    """The fields of one message: ordered, multi-value, names case-insensitive (RFC 9110 §5).

    ``fields`` holds the pairs as they stood on the wire. Values read through the methods are decoded as latin-1,
    which cannot fail and keeps every octet.
    """

    __slots__ = ("_index", "fields", "known_media_type")

    def __init__(self, fields: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self.fields: tuple[tuple[bytes, bytes], ...] = tuple(fields)
        self._index: dict[str, bytes | tuple[bytes, ...]] | None = None
        self.known_media_type: MediaType | None = None
        """``media_type`` once it was asked for, which rules do a dozen times."""

    @classmethod
    def of(cls, *pairs: tuple[str, str]) -> Headers:
        """Fields from text pairs; characters outside latin-1 become UTF-8 octets, as recorders write them."""
        return cls((name.encode("utf-8"), _octets(value)) for name, value in pairs)

    @property
    def index(self) -> dict[str, bytes | tuple[bytes, ...]]:
        """Folded name → raw value, or values in order of appearance where there are several lines."""
        index = self._index
        if index is None:
            index = self._index = _indexed(self.fields)
        return index

    @property
    def media_type(self) -> MediaType:
        """The Content-Type field, parsed once."""
        media = self.known_media_type
        if media is None:
            media = self.known_media_type = media_type(self.get("content-type"))
        return media

    def get(self, name: str) -> str | None:
        """The combined value of field ``name`` (lower case), lines joined by a comma (RFC 9110 §5.3), or None."""
        value = (self._index or self.index).get(name)
        if value is None:
            return None
        return (b", ".join(value) if isinstance(value, tuple) else value).decode("latin-1")

    def get_all(self, name: str) -> list[str]:
        """Each line of field ``name`` (lower case) on its own."""
        value = self.index.get(name, ())
        return [each.decode("latin-1") for each in (value if isinstance(value, tuple) else (value,))]

    def names(self) -> KeysView[str]:
        """The folded names present, a set-like view."""
        return self.index.keys()

    def __contains__(self, name: object) -> bool:
        return name in self.index

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((name.decode("latin-1"), value.decode("latin-1")) for name, value in self.fields)

    def __len__(self) -> int:
        return len(self.fields)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self.fields == other.fields

    def __hash__(self) -> int:
        return hash(self.fields)

    def __repr__(self) -> str:
        # Names only: values carry credentials, and a repr ends up in logs.
        return f"Headers({', '.join(self.names())})"


def _octets(value: str) -> bytes:
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogateescape")


def _indexed(fields: tuple[tuple[bytes, bytes], ...]) -> dict[str, bytes | tuple[bytes, ...]]:
    names = _NAMES
    try:
        index: dict[str, bytes | tuple[bytes, ...]] = {names[raw]: value for raw, value in fields}
    except KeyError:
        names = {raw: _fold(raw) for raw, _ in fields}
        index = {names[raw]: value for raw, value in fields}
    if len(index) == len(fields):
        return index
    index = {}
    for raw, value in fields:
        name = names[raw]
        before = index.get(name)
        index[name] = value if before is None else (*(before if isinstance(before, tuple) else (before,)), value)
    return index


NO_HEADERS: Final = Headers()


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

    @property
    def media_type(self) -> MediaType:
        """The Content-Type field, parsed."""
        headers = self.headers
        return headers.known_media_type or headers.media_type


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """A response as it came over the wire; ``trailers`` are None where the source cannot tell."""

    status: int
    reason: str = ""
    http_version: str = "HTTP/1.1"
    headers: Headers = NO_HEADERS
    body: Body = EMPTY
    trailers: Headers | None = None

    @property
    def media_type(self) -> MediaType:
        """The Content-Type field, parsed."""
        headers = self.headers
        return headers.known_media_type or headers.media_type


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
    """What evidence functions found out about this exchange (see ``once``)."""

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


_UNKNOWN: Final = object()


def once[T](fact: Callable[[Exchange], T]) -> Callable[[Exchange], T]:
    """Let a pure function of an exchange run once per exchange, however many rules ask for it."""

    @functools.wraps(fact)
    def remembered(exchange: Exchange) -> T:
        memo = exchange.memo
        value: T = memo.get(fact, _UNKNOWN)
        if value is _UNKNOWN:
            value = memo[fact] = fact(exchange)
        return value

    return remembered
