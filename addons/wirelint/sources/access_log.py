"""Read JSON access logs, a line an exchange: those of Caddy, Envoy, HAProxy, Kong, nginx, Apache and Traefik.

Caddy, Kong and Traefik write members of their own. The others write what their configuration names: the usual names are
understood, and docs/ci.md has lines to copy. Logs have no bodies, and only those of Caddy and Kong have all fields.

A log of a gateway has two sides: where it names a status of its upstream that is not the one sent, or failures of
earlier attempts, the line stands for several exchanges: the calls and the answer.
"""

from __future__ import annotations

import math
import re
import string
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import msgspec
from msgspec.structs import replace

from wirelint.core.body import EMPTY
from wirelint.core.exchange import Direction, Exchange, Failure, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.origin import Origin
from wirelint.sources import FileContent, Recording, Source
from wirelint.sources.access_log_dialects import DIALECTS, FLAGS, TERMINATIONS, Dialect
from wirelint.sources.parts import (
    BODILESS,
    NOT_CAPTURED,
    UnfitError,
    each_line,
    exchange_of,
    is_method,
    moment,
    without_all_fields,
)

_MOST_DEPTH: Final = 3
_MOST_CALLS: Final = 8
_request_line: Final = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) (\S{1,65536}) (HTTP/\d(?:\.\d)?)")
_clf_time: Final = re.compile(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}")

_Line = Mapping[str, Any]
"""The members of a line, those of nested objects under names with dots; names folded, dashes as underscores."""


def looks_like_access_log(head: bytes) -> bool:
    """Return whether a file begins with a line that is a JSON object with a status, a method and a target."""
    if head[:1] != b"{":
        return False
    try:
        line = _members(head.partition(b"\n")[0])
    except UnfitError:
        return False
    return _dialect(line) is not None


def _read(content: FileContent) -> Recording:
    return Recording(content.name, each_line(content, exchanges_of_line))


SOURCE: Final = Source(name="JSON access logs", recognises=looks_like_access_log, read=_read)


def exchanges_of_line(octets: bytes, origin: Origin) -> Iterable[Exchange]:
    """Return the exchanges that a line stands for.

    :raises UnfitError: the line, or a part of it, is no exchange; perhaps while the exchanges are iterated over.
    """
    line = _members(octets)
    dialect = _dialect(line)
    if dialect is None:
        raise UnfitError("not an exchange: a line without status, method or target")
    return _Entry(line, dialect, origin).exchanges()


class _Entry:
    """What the exchanges of one line share."""

    def __init__(self, line: _Line, dialect: Dialect, origin: Origin) -> None:
        self._line = line
        self._dialect = dialect
        self._origin = origin
        self._sides = _fields(line, "request"), _fields(line, "response", "resp_")
        self._request = self._requested()
        self._service = _text(line, dialect.service).partition("@")[0] or self._request.authority or dialect.name
        self._took = (_number(line, dialect.took) or 0.0) / dialect.second
        at = _moment(line, dialect.time)
        self._at = at if at is None or dialect.at_start else at - self._took

    def exchanges(self) -> Iterator[Exchange]:
        """Yield the calls to the upstream that went another way than the answer, and the answer.

        :raises UnfitError: there is neither a response nor a failure.
        """
        status = _status(self._first(self._dialect.status))
        failure = self._failure()
        if status is None and failure is None:
            raise UnfitError("no response, and no word why")
        calls = [_status(each) for each in re.split(r"[,:]", str(self._first(self._dialect.upstream) or ""))]
        attempts = [each for each in calls if each is not None][-_MOST_CALLS:]
        if not attempts or attempts == [status] or status is None:
            yield self._exchange(self._service, Direction.INBOUND, status if failure is None else None, failure)
            return
        for left, each in zip(range(len(attempts), 0, -1), attempts, strict=True):
            # The line does not say when each ended, but in which order.
            call = self._exchange(self._service, Direction.OUTBOUND, each, None)
            yield replace(call, ended=call.started + max(0.0, self._took - left * 1e-6))
        yield self._exchange(self._dialect.name, Direction.INBOUND, status, None)

    def _exchange(self, service: str, direction: Direction, status: int | None, failure: Failure | None) -> Exchange:
        answer = None
        if status is not None:
            answer = Response(status=status, headers=Headers.of(*self._sides[1]), body=NOT_CAPTURED)
        made = exchange_of(
            self._origin,
            self._request,
            answer,
            service,
            failure=failure,
            at=self._at,
            took=self._took,
            client=_text(self._line, self._dialect.client),
        )
        made = replace(made, direction=direction)
        return made if self._dialect.heads else without_all_fields(made)

    def _requested(self) -> Request:
        line, dialect = self._line, self._dialect
        whole = _request_line.fullmatch(_text(line, ("request", "request_line")))
        method, target, version = whole.groups() if whole else (_text(line, dialect.method), "", "HTTP/1.1")
        target = target or _text(line, dialect.target)
        if not target.startswith("/"):
            target = "/" + target.partition("://")[2].partition("/")[2]
        fields = self._sides[0]
        if not dialect.heads:
            # An id joins the calls of a line with its answer.
            known = _text(line, dialect.id) or str(uuid5(NAMESPACE_URL, f"{self._origin.file}#{self._origin.index}"))
            fields = [("x-request-id", known), ("user-agent", _text(line, dialect.agent))]
        return Request(
            method=method,
            target=target,
            authority=_text(line, dialect.host),
            http_version=version,
            headers=Headers.of(*((name, value) for name, value in fields if value)),
            body=EMPTY if method in BODILESS else NOT_CAPTURED,
        )

    def _failure(self) -> Failure | None:
        """Return what Envoy and HAProxy say of calls without an answer."""
        flags = _text(self._line, ("response_flags",)).split(",")
        for flag, kind, message in FLAGS:
            if flag in flags:
                return Failure(kind, message)
        state = _text(self._line, ("termination_state", "term_state"))[:2]
        if state[1:] == "D":  # during the content: the response had begun
            return None
        found = TERMINATIONS.get(state) or TERMINATIONS.get(state[:1])
        return Failure(*found) if found else None

    def _first(self, names: Iterable[str]) -> Any:
        return next((self._line[name] for name in names if self._line.get(name) not in (None, "", "-")), None)


def _members(octets: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(octets)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise UnfitError("not JSON") from error
    if not isinstance(value, dict):
        raise UnfitError("not a JSON object")
    found: dict[str, Any] = {}
    _flatten(value, "", _MOST_DEPTH, found)
    return found


def _flatten(value: Mapping[str, Any], prefix: str, depth: int, found: dict[str, Any]) -> None:
    for name, each in value.items():
        key = prefix + name.lower().replace("-", "_")
        if isinstance(each, dict):
            if depth:
                _flatten(each, f"{key}.", depth - 1, found)
        else:
            found[key] = each


def _dialect(line: _Line) -> Dialect | None:
    for dialect in DIALECTS:
        if any(mark in line for mark in dialect.marks):
            break
    else:
        return None
    asked = _request_line.fullmatch(_text(line, ("request", "request_line"))) is not None or (
        is_method(_text(line, dialect.method)) and _text(line, dialect.target) != ""
    )
    return dialect if asked and any(name in line for name in dialect.status) else None


def _fields(line: _Line, *places: str) -> list[tuple[str, str]]:
    """Return the fields of a head: an object ``headers`` within a side, or ``resp_headers``."""
    found = []
    for place in places:
        prefix = f"{place}headers." if place.endswith("_") else f"{place}.headers."
        for key, value in line.items():
            if key.startswith(prefix):
                name = key[len(prefix) :].replace("_", "-")
                values = value if isinstance(value, list) else [value]
                found += [(name, str(each)) for each in values if isinstance(each, str | int)]
    return found


def _text(line: _Line, names: Iterable[str]) -> str:
    for name in names:
        value = line.get(name)
        if isinstance(value, str) and value not in ("", "-"):
            return value
    return ""


def _number(line: _Line, names: Iterable[str]) -> float | None:
    for name in names:
        value = line.get(name)
        try:
            number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else -1.0
        except ValueError:
            continue
        if math.isfinite(number) and number >= 0:
            return number
    return None


def _status(value: object) -> int | None:
    text = str(value).strip(string.whitespace)
    if not (text.isascii() and text.isdigit()) or not 100 <= int(text) <= 999:
        return None
    return int(text)


def _moment(line: _Line, names: Iterable[str]) -> float | None:
    """Return a time in Unix seconds: ISO 8601, the common log format's, or seconds, milliseconds, … since 1970."""
    for name in names:
        value = line.get(name)
        if isinstance(value, str):
            if (found := moment(value)) is not None:
                return found
            for parse in (_clf, _epoch):
                try:
                    return parse(value)
                except (ValueError, OverflowError):
                    continue
        elif isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e20:
            return _seconds(float(value))
    return None


def _seconds(number: float) -> float:
    while number > 1e11:  # the year 5138 in seconds
        number /= 1000
    return number


def _clf(text: str) -> float:
    match = _clf_time.search(text)
    if match is None:
        raise ValueError(text)
    return datetime.strptime(match[0], "%d/%b/%Y:%H:%M:%S %z").timestamp()


def _epoch(text: str) -> float:
    number = float(text)
    if not 0 < number < 1e20:
        raise ValueError(text)
    return _seconds(number)
