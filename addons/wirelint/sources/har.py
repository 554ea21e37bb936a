"""Read HAR 1.2 as exchanges, as the recorder saw them on the wire.

Fields keep their order, case and repetitions; reason phrase, HTTP version and query stay as recorded. Recorders also
write entries for events that did not happen on the wire, in forms of their own: these are skipped, with a reason.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from wirelint.core.exchange import Exchange, Failure, Request, Response
from wirelint.core.origin import Origin
from wirelint.sources import FileContent, Recording, Skipped, Source, UnreadableError, har_stream
from wirelint.sources.har_content import cut_short, request_body, response_body
from wirelint.sources.har_failure import failure, failure_text, never_sent
from wirelint.sources.har_own import restore
from wirelint.sources.parts import (
    TOKEN,
    UnfitError,
    each_record,
    exchange_of,
    headers_of,
    is_method,
    moment,
    object_of,
    text_of,
    url_parts,
    utf8,
)


class _Log(msgspec.Struct):
    entries: list[msgspec.Raw]


class _Document(msgspec.Struct):
    log: _Log


_document: Final = msgspec.json.Decoder(_Document)
_version: Final = re.compile(r"(?:http/)?(\d(?:\.\d)?)|h([23])(?:-\d+)?|http/([23])\+?.*", re.IGNORECASE)
# Every escape, so that an escaped backslash does not look like the beginning of one.
_escape: Final = re.compile(
    rb"\\(?:u[dD][89aAbB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
# Strings are matched in order to skip them; a string without an end takes the rest.
_no_number: Final = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|-?\b(NaN|Infinity)\b', re.DOTALL)
_chromium: Final = re.compile(rb'"creator"\s*:\s*\{\s*"name"\s*:\s*"WebInspector"')
_credential: Final = re.compile(rb'"name"\s*:\s*"(?:authorization|cookie)"', re.IGNORECASE)
_CREATOR: Final = 4096
_PIECE: Final = 1024 * 1024
_OVERLAP: Final = 64
_PHASES: Final = ("blocked", "dns", "connect", "send", "wait")


def looks_like_har(head: bytes) -> bool:
    """Return whether a file that begins with these octets is HAR: an object whose member ``log`` is an object.

    True as well if the beginning is too short to decide.
    """
    depth = 0
    name = b""
    for match in TOKEN.finditer(head):
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
    data = utf8(data)
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
    streamed = har_stream.each_entry(content) if har_stream.is_large(content) else None
    if streamed is not None:
        found = exchanges(streamed, content.name)
        return Recording(content.name, _without_credentials(found) if _is_sanitized_file(content) else found)
    data = content.whole()
    raw = entries(data, content.name)
    found = exchanges(raw, content.name)
    return Recording(content.name, _without_credentials(found) if _is_sanitized(data) else found, len(raw))


def _without_credentials(found: Iterator[Exchange | Skipped]) -> Iterator[Exchange | Skipped]:
    """Yield exchanges of a recorder that removes credentials."""
    return (replace(each, credentials_hidden=True) if isinstance(each, Exchange) else each for each in found)


def _is_sanitized(data: bytes | bytearray) -> bool:
    """Return whether it may be what Chrome and Edge export by default, without credentials and cookies."""
    return _chromium.search(data, 0, _CREATOR) is not None and _credential.search(data) is None


def _is_sanitized_file(content: FileContent) -> bool:
    """Return the same of a file that is read piece by piece."""
    with closing(content.open()) as file:
        window = file.read(_CREATOR)
        if _chromium.search(window) is None:
            return False
        while _credential.search(window) is None:
            data = file.read(_PIECE)
            if not data:
                return True
            window = window[-_OVERLAP:] + data
    return False


SOURCE: Final = Source(name="HAR", recognises=looks_like_har, read=_read)


def exchanges(raw: Iterable[msgspec.Raw | bytes], name: str) -> Iterator[Exchange | Skipped]:
    """Yield the exchange of each entry, or the reason to skip it. Never raises for any content of an entry."""
    return each_record(raw, name, lambda octets, origin: _exchange(_parsed(octets), origin))


def _repaired(data: bytes | bytearray) -> bytes:
    """Replace values that JavaScript and Python write and JSON forbids: lone surrogates, NaN and infinity."""
    text = data.decode("utf-8", "replace").encode()
    text = _escape.sub(lambda match: b"\\ufffd" if match[1] else match[0], text)
    return _no_number.sub(lambda match: b"null" if match[1] else match[0], text)


def _parsed(octets: msgspec.Raw | bytes) -> dict[str, Any]:
    try:
        entry = msgspec.json.decode(octets)
    except (msgspec.DecodeError, UnicodeError):
        # Octets that are not UTF-8 pass in parts that are not read.
        entry = json.loads(_repaired(bytes(octets)))
    return object_of(entry, "the entry")


def _exchange(entry: dict[str, Any], origin: Origin) -> Exchange:
    asked = object_of(entry.get("request"), "its request")
    answered = entry.get("response")
    answered = object_of(answered, "its response") if answered is not None else {}
    request, service = _request(asked)
    response, fault = _response(entry, answered, request.method)
    at, took = moment(entry.get("startedDateTime")), _seconds(entry.get("time"))
    made = exchange_of(origin, request, response, service, failure=fault, at=at, took=took)
    made = replace(made, first_byte=_first_byte(entry.get("timings"), made.started))
    return restore(made, entry) if "_wirelint" in entry else made


def _request(asked: dict[str, Any]) -> tuple[Request, str]:
    """Return the request, and the name of its service."""
    method = asked.get("method")
    if not isinstance(method, str) or not is_method(method):
        raise UnfitError("not an exchange: its request has no method")
    if method == "CONNECT":  # Fiddler and Charles record tunnels
        raise UnfitError("not an exchange: a tunnel was opened")
    scheme, host, target = url_parts(asked.get("url"))
    fields = _fields(asked)
    authority = next((value for name, value in fields if name == ":authority"), None)
    headers = headers_of(fields)
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


def _response(entry: dict[str, Any], answered: dict[str, Any], method: str) -> tuple[Response | None, Failure | None]:
    fault = failure_text(entry, answered)
    status = _status(answered.get("status"))
    if status == 0:
        # Recorders write a missing response like this. Only some of them say why.
        reason = fault or " ".join(text_of(answered.get("statusText")).split())[:200]
        if never_sent(reason):
            raise UnfitError("never sent: the client kept it from the network")
        if (kind := failure(reason)) is None:
            raise UnfitError("no response, and no word why")
        return None, kind
    headers = headers_of(_fields(answered))
    body = response_body(answered, status, method, headers)
    cut = failure(fault) if fault and not never_sent(fault) else None
    response = Response(
        status=status,
        reason=text_of(answered.get("statusText")),
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
        raise UnfitError("broken entry: its status is not a number")
    status = int(value)
    if status in (0, -1):
        return 0
    if not 100 <= status <= 999:
        raise UnfitError("broken entry: its status is not an HTTP status")
    return status


def _fields(message: dict[str, Any]) -> list[tuple[str, str]]:
    found = message.get("headers")
    if found is None:
        return []
    if not isinstance(found, list):
        raise UnfitError("broken entry: its headers are not a list")
    pairs = []
    for field in found:
        if not isinstance(field, dict) or not isinstance(name := field.get("name"), str) or not name:
            raise UnfitError("broken entry: a header without a name")
        # Chrome, Edge and Firefox join the lines of a repeated field, such as Set-Cookie, by line feeds.
        pairs += [(name, line.strip("\r")) for line in text_of(field.get("value")).split("\n")]
    return pairs


def _http_version(message: dict[str, Any]) -> str:
    """Return the version in one spelling: Chrome writes h2, Firefox HTTP/2, Edge http/2.0. Empty if not recorded."""
    text = text_of(message.get("httpVersion")).strip()
    match = _version.fullmatch(text)
    if match is None:
        return ""
    number = match[1] or match[2] or match[3]
    return f"HTTP/{number.removesuffix('.0') if number[0] in '23' else number}"


def _first_byte(timings: object, started: float) -> float | None:
    """Return when the response began. ``ssl`` is part of ``connect``, and -1 means that a phase did not occur."""
    if not isinstance(timings, dict) or _seconds(timings.get("wait")) is None:
        return None
    return started + sum(_seconds(timings.get(phase)) or 0.0 for phase in _PHASES)


def _seconds(milliseconds: object) -> float | None:
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int | float):
        return None
    return milliseconds / 1000 if 0 <= milliseconds < 1e12 and math.isfinite(milliseconds) else None
