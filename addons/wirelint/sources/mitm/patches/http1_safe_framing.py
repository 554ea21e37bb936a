"""Forward HTTP/1.1 messages whose framing is faulty, but means one thing (RFC 9112 §6.3)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from mitmproxy import http
from mitmproxy.net.http import http1, validate
from mitmproxy.proxy import commands
from mitmproxy.proxy.layers.http import _http1

from wirelint.sources.heads import Fields
from wirelint.sources.mitm.patches.patch import Commands, Patch, Replace

PATCH: Final = Patch(
    reason="mitmproxy answers 502 or 400 to messages that all clients and services understand: equal Content-Length"
    " fields, Content-Length beside a chunked or identity coding, a coding with 204, field names such as X-A[0],"
    " targets such as ?x=1. They are forwarded with the framing of RFC 9112 section 6.3 and no other. After such a"
    " response no other one is read from the connection, so no octet of it can become part of one. Whatever has two"
    " meanings is still refused: other lengths, unknown or doubled codings, a request with coding and length",
    replaces=(
        "mitmproxy.net.http.http1.read_request_head",
        "mitmproxy.net.http.http1.read_response_head",
        "mitmproxy.net.http.validate._valid_header_name",
        "mitmproxy.proxy.layers.http._http1.Http1Connection.mark_done",
    ),
    test="tests/sources/mitm/test_sloppy_services.py::test_good_answers_pass",
    option="wirelint_compat",
)
_NAME: Final = re.compile(rb"[!-9;-~]+\Z")
"""Any visible ASCII but the colon, as HTTP/2 permits (RFC 9113 §8.2.1)."""
_TOKEN: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-zA-Z]+\Z")
_LENGTH: Final = b"content-length"
_CODING: Final = b"transfer-encoding"
_FRAMING: Final = (_LENGTH, _CODING)
_CODED: Final = frozenset((b"chunked", b"gzip,chunked", b"deflate,chunked", b"compress,chunked"))


def apply(replace: Replace) -> None:
    """Apply the change."""
    replace(validate, "_valid_header_name", lambda _pattern: _NAME)
    replace(http1, "read_request_head", _read_request_head)
    replace(http1, "read_response_head", _read_response_head)
    replace(_http1.Http1Connection, "mark_done", _mark_done)


def received(message: http.Message) -> Fields:
    """Return the fields of a message as they came, before its framing was repaired."""
    fields: Fields = vars(message).get("wirelint_received") or message.data.headers.fields
    return fields


def _read_request_head(original: Callable[[list[bytes]], http.Request]) -> Callable[[list[bytes]], http.Request]:
    def read_request_head(lines: list[bytes]) -> http.Request:
        first = lines[0].split()
        if len(first) == 3 and first[1].startswith(b"?"):
            # No form of target begins so (RFC 9112 §3.2). Servers take it for the root's query.
            request = original([b" ".join((first[0], b"/" + first[1], first[2])), *lines[1:]])
            request.data.path = first[1]
        else:
            request = original(lines)
        if _is_framed_twice(request.data.headers.fields):
            _repair(request, _one_length(request.data.headers.fields))
        return request

    return read_request_head


def _read_response_head(original: Callable[[list[bytes]], http.Response]) -> Callable[[list[bytes]], http.Response]:
    def read_response_head(lines: list[bytes]) -> http.Response:
        response = original(lines)
        data = response.data
        fields = data.headers.fields
        if (
            data.status_code in {204, 304}
            or _is_framed_twice(fields)
            or not all(map(_TOKEN.match, (n for n, _ in fields)))
        ) and data.status_code != 101:
            _repair(response, _framed(fields, data.status_code))
            if data.status_code == 204 and any(value != b"0" for value in _values(fields, _LENGTH)):
                vars(response).setdefault("wirelint_received", fields)  # content may follow, and is dropped
        return response

    return read_response_head


def _mark_done(original: Callable[..., Commands]) -> Callable[..., Commands]:
    def mark_done(self: _http1.Http1Connection, *, request: bool = False, response: bool = False) -> Commands:
        if (
            self.response is not None
            and "wirelint_received" in vars(self.response)
            and isinstance(self, _http1.Http1Client)
            and (request or self.request_done)
            and (response or self.response_done)
        ):
            return _leave(self)
        return original(self, request=request, response=response)

    return mark_done


def _leave(client: _http1.Http1Client) -> Commands:
    client.request_done = client.response_done = True
    yield commands.CloseConnection(client.conn)
    client.state = client.done


def _repair(message: http.Message, fields: Fields) -> None:
    came = message.data.headers.fields
    if fields != came:
        message.data.headers = http.Headers(fields)
        vars(message)["wirelint_received"] = came


def _is_framed_twice(fields: Fields) -> bool:
    """Return whether there is more than one field, or value, that frames the content."""
    framing = [value for name, value in fields if len(name) in (14, 17) and name.lower() in _FRAMING]
    return len(framing) > 1 or (len(framing) == 1 and (b"," in framing[0] or framing[0].lower() == b"identity"))


def _framed(fields: Fields, status: int) -> Fields:
    """Return the fields of a response with a single framing, where it has one."""
    # A proxy has to remove white space behind names (RFC 9112 §5.1).
    fields = tuple((name.rstrip(b" \t"), value) for name, value in fields)
    codings = _values(fields, _CODING)
    if not codings:
        return _one_length(fields)
    if status == 204:
        return _without(fields, _CODING, _LENGTH)
    if status == 304:
        return _without(fields, _CODING)  # mitmproxy writes a last chunk behind it
    coding = re.sub(rb"[ \t]*,[ \t]*", b",", codings[0].lower())
    if len(codings) == 1 and coding in _CODED:
        return _without(fields, _LENGTH)
    if len(codings) == 1 and coding == b"identity" and _values(fields, _LENGTH):
        return _one_length(_without(fields, _CODING))
    return fields


def _one_length(fields: Fields) -> Fields:
    """Return the fields with one length in place of several equal ones."""
    lengths = [each.strip(b" \t") for value in _values(fields, _LENGTH) for each in value.split(b",")]
    if len(lengths) < 2 or len(set(lengths)) > 1:
        return fields
    at = next(number for number, (name, _) in enumerate(fields) if name.lower() == _LENGTH)
    return (*_without(fields[:at], _LENGTH), (fields[at][0], lengths[0]), *_without(fields[at + 1 :], _LENGTH))


def _values(fields: Iterable[tuple[bytes, bytes]], name: bytes) -> list[bytes]:
    return [value for known, value in fields if known.lower() == name]


def _without(fields: Fields, *names: bytes) -> Fields:
    return tuple(each for each in fields if each[0].lower() not in names)


def is_token(text: Any) -> bool:
    """Return whether octets are a token (RFC 9110 §5.6.2)."""
    return _TOKEN.match(text) is not None
