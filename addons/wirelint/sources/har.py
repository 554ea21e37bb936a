"""Read HAR 1.2 as exchanges, as the recorder saw them on the wire.

Fields keep their order, case and repetitions; reason phrase, HTTP version and query stay as recorded. Recorders also
write entries for events that did not happen on the wire, in forms of their own: these are skipped, with a reason.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

import msgspec

from wirelint.core.exchange import Direction, Exchange, Failure, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.origin import Origin
from wirelint.sources import FileContent, Recording, Skipped, Source, UnreadableError
from wirelint.sources.har_content import cut_short, request_body, response_body
from wirelint.sources.har_failure import failure, failure_text, never_sent


class _Log(msgspec.Struct):
    entries: list[msgspec.Raw]


class _Document(msgspec.Struct):
    log: _Log


_document: Final = msgspec.json.Decoder(_Document)
_url: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?://([^/?#]*)([^#]*))?")
_host: Final = re.compile(r"(\[[0-9A-Fa-f:.%]{2,64}\]|[^\s:@\[\]\x00-\x1f\x7f]{1,253})(?::(\d{0,5}))?")
_version: Final = re.compile(r"(?:http/)?(\d(?:\.\d)?)|h([23])(?:-\d+)?|http/([23])\+?.*", re.IGNORECASE)
_method: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}")  # RFC 9110 §5.6.2, token
# Every escape, so that an escaped backslash does not look like the beginning of one.
_escape: Final = re.compile(
    rb"\\(?:u[dD][89aAbB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
# A bracket, or a string with a colon after it if it is a name. A string without an end takes the rest.
_token: Final = re.compile(rb'"((?:[^"\\]|\\.)*+)(?:"\s*+(:)?|\\?\Z)|[{}\[\]]', re.DOTALL)
# Strings are matched in order to skip them; a string without an end takes the rest.
_no_number: Final = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|-?\b(NaN|Infinity)\b', re.DOTALL)
_DEFAULT_PORTS: Final = {"http": "80", "https": "443"}
_PHASES: Final = ("blocked", "dns", "connect", "send", "wait")


class _UnfitError(Exception):
    """The entry is not an HTTP exchange; the message says why, without quoting the entry."""


def looks_like_har(head: bytes) -> bool:
    """Return whether a file that begins with these octets is HAR: an object whose member ``log`` is an object.

    True as well if the beginning is too short to decide.
    """
    depth = 0
    name = b""
    for match in _token.finditer(head):
        token = match[0]
        if match[2] and depth == 1:
            name = match[1]
        elif token in b"{[":
            if depth == 1 and name == b"log":
                return token == b"{"
            depth += 1
        elif token in b"]}":
            depth -= 1
    return head[:1] == b"{" and name in (b"", b"log") and depth > 0


def entries(data: bytes | bytearray, name: str) -> list[msgspec.Raw]:
    """Return the entries of a HAR document, unparsed.

    :param data: the document in UTF-8 or, with a byte order mark, in UTF-16, as written by PowerShell.
    :param name: the name of the file in the error.
    :raises UnreadableError: it is not a HAR document, or is broken as a whole.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data = data.decode("utf-16", "replace").encode("utf-8", "replace")
    elif data[:3] == b"\xef\xbb\xbf":
        data = data[3:]
    try:
        try:
            return _document.decode(data).log.entries
        except msgspec.ValidationError:
            raise
        except (msgspec.DecodeError, UnicodeError):
            return _document.decode(_repaired(data)).log.entries
    except msgspec.ValidationError as error:
        raise UnreadableError(f"{name}: JSON, but not HAR: there is no list at log.entries") from error
    except msgspec.DecodeError as error:
        text = str(error).removeprefix("JSON is malformed: ")
        raise UnreadableError(
            f"{name}: truncated: the JSON text does not end" if "truncated" in text else f"{name}: broken JSON: {text}"
        ) from error
    except RecursionError as error:
        raise UnreadableError(f"{name}: JSON nested too deeply") from error


def _read(content: FileContent) -> Recording:
    raw = entries(content.whole(), content.name)
    return Recording(content.name, exchanges(raw, content.name), len(raw))


SOURCE: Final = Source(name="HAR", recognises=looks_like_har, read=_read)


def exchanges(raw: list[msgspec.Raw], name: str) -> Iterator[Exchange | Skipped]:
    """Yield the exchange of each entry, or the reason to skip it. Never raises for any content of an entry."""
    for index, octets in enumerate(raw):
        try:
            yield _exchange(_parsed(octets), Origin(name, index))
        except _UnfitError as error:
            yield Skipped(index, str(error))
        except RecursionError:
            yield Skipped(index, "broken entry: nested too deeply")
        except Exception as error:  # noqa: BLE001 - entries come from anywhere, and one must not hide the others
            yield Skipped(index, f"broken entry ({type(error).__name__})")


def _repaired(data: bytes | bytearray) -> bytes:
    """Replace values that JavaScript and Python write and JSON forbids: lone surrogates, NaN and infinity."""
    text = data.decode("utf-8", "replace").encode()
    text = _escape.sub(lambda match: b"\\ufffd" if match[1] else match[0], text)
    return _no_number.sub(lambda match: b"null" if match[1] else match[0], text)


def _parsed(octets: msgspec.Raw) -> dict[str, Any]:
    try:
        entry = msgspec.json.decode(octets)
    except (msgspec.DecodeError, UnicodeError):
        # Octets that are not UTF-8 pass in parts that are not read.
        entry = json.loads(bytes(octets).decode("utf-8", "replace"))
    return _object(entry, "the entry")


def _exchange(entry: dict[str, Any], origin: Origin) -> Exchange:
    asked = _object(entry.get("request"), "its request")
    answered = entry.get("response")
    answered = _object(answered, "its response") if answered is not None else {}
    request, service = _request(asked)
    response, fault = _response(entry, answered, request.method)
    timestamp = _timestamp(entry.get("startedDateTime"))
    started = timestamp or 0.0
    took = _seconds(entry.get("time"))
    return Exchange(
        request=request,
        response=response,
        failure=fault,
        service=service,
        # Seen from the recorder, each is a call to another service.
        direction=Direction.OUTBOUND,
        id=f"{origin.file}#{origin.index}",
        started=started,
        first_byte=_first_byte(entry.get("timings"), started),
        ended=None if took is None else started + took,
        timestamp=timestamp,
        origin=origin,
    )


def _request(asked: dict[str, Any]) -> tuple[Request, str]:
    """Return the request, and the name of its service."""
    method = asked.get("method")
    if not isinstance(method, str) or not _method.fullmatch(method):
        raise _UnfitError("not an exchange: its request has no method")
    if method == "CONNECT":  # Fiddler and Charles record tunnels
        raise _UnfitError("not an exchange: a tunnel was opened")
    scheme, host, target = _parts(asked.get("url"))
    fields = _fields(asked)
    authority = next((value for name, value in fields if name == ":authority"), None)
    headers = _headers(fields)
    request = Request(
        method=method,
        target=target,
        scheme=scheme,
        authority=authority or headers.get("host") or host,
        http_version=_http_version(asked),
        headers=headers,
        body=request_body(asked, method, headers),
    )
    return request, host


def _parts(url: object) -> tuple[str, str, str]:
    """Return scheme, host (with a port that the scheme does not imply) and request target of a URL."""
    match = _url.match(url) if isinstance(url, str) else None
    if match is None:
        raise _UnfitError("not an exchange: its request has no URL")
    scheme = match[1].lower()
    if scheme not in _DEFAULT_PORTS:
        # data:, blob:, about:, file:, chrome-extension:, moz-extension: never touch the network.
        known = scheme in ("ws", "wss")
        raise _UnfitError("not HTTP any more: WebSocket" if known else f"not HTTP: {scheme[:24]}: URL")
    place = _host.fullmatch((match[2] or "").rpartition("@")[2])
    if place is None or not place[1].isprintable():
        raise _UnfitError("not an exchange: its URL names no host")
    host, port = place[1].lower(), place[2]
    if port and port != _DEFAULT_PORTS[scheme]:
        host = f"{host}:{port}"
    target = match[3] or "/"
    if target[0] != "/":
        target = f"/{target}"
    # Recorders that display URLs decode escapes that a request line needs.
    if not (target.isascii() and target.isprintable()) or " " in target:
        target = quote(target, safe="!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", errors="replace")
    return scheme, host, target


def _response(entry: dict[str, Any], answered: dict[str, Any], method: str) -> tuple[Response | None, Failure | None]:
    fault = failure_text(entry, answered)
    status = _status(answered.get("status"))
    if status == 0:
        # Recorders write a missing response like this. Only some of them say why.
        reason = fault or " ".join(_text(answered.get("statusText")).split())[:200]
        if never_sent(reason):
            raise _UnfitError("never sent: the client kept it from the network")
        if (kind := failure(reason)) is None:
            raise _UnfitError("no response, and no word why")
        return None, kind
    headers = _headers(_fields(answered))
    body = response_body(answered, status, method, headers)
    cut = failure(fault) if fault and not never_sent(fault) else None
    response = Response(
        status=status,
        reason=_text(answered.get("statusText")),
        http_version=_http_version(answered),
        headers=headers,
        body=cut_short(body, headers) if cut else body,
    )
    return response, cut


def _status(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 3:
        value = int(value)
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int | float) or int(value) != value:
        raise _UnfitError("broken entry: its status is not a number")
    status = int(value)
    if status in (0, -1):
        return 0
    if not 100 <= status <= 999:
        raise _UnfitError("broken entry: its status is not an HTTP status")
    return status


def _fields(message: dict[str, Any]) -> list[tuple[str, str]]:
    found = message.get("headers")
    if found is None:
        return []
    if not isinstance(found, list):
        raise _UnfitError("broken entry: its headers are not a list")
    pairs = []
    for field in found:
        if not isinstance(field, dict) or not isinstance(name := field.get("name"), str) or not name:
            raise _UnfitError("broken entry: a header without a name")
        # Chrome, Edge and Firefox join the lines of a repeated field, such as Set-Cookie, by line feeds.
        pairs += [(name, line.strip("\r")) for line in _text(field.get("value")).split("\n")]
    return pairs


def _headers(fields: list[tuple[str, str]]) -> Headers:
    # A name that begins with a colon is control data of HTTP/2 and 3 (RFC 9113 §8.3), not a field.
    return Headers.of(*((name.encode("utf-8", "replace").decode(), value) for name, value in fields if name[0] != ":"))


def _http_version(message: dict[str, Any]) -> str:
    """Return the version in one spelling: Chrome writes h2, Firefox HTTP/2, Edge http/2.0. Empty if not recorded."""
    text = _text(message.get("httpVersion")).strip()
    match = _version.fullmatch(text)
    if match is None:
        return ""
    number = match[1] or match[2] or match[3]
    return f"HTTP/{number.removesuffix('.0') if number[0] in '23' else number}"


def _timestamp(value: object) -> float | None:
    try:
        moment = datetime.fromisoformat(_text(value))
        # The zone is required; recorders that omit it usually mean UTC.
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _first_byte(timings: object, started: float) -> float | None:
    """Return when the response began. ``ssl`` is part of ``connect``, and -1 means that a phase did not occur."""
    if not isinstance(timings, dict) or _seconds(timings.get("wait")) is None:
        return None
    return started + sum(_seconds(timings.get(phase)) or 0.0 for phase in _PHASES)


def _seconds(milliseconds: object) -> float | None:
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int | float):
        return None
    return milliseconds / 1000 if 0 <= milliseconds < 1e12 and math.isfinite(milliseconds) else None


def _object(value: object, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _UnfitError(f"broken entry: {what} is not an object")
    return value


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
