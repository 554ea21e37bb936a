"""Read what ``wirelint.sinks.har`` adds to the entries of a HAR file: what HAR itself has no place for."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec
from msgspec.structs import replace

from wirelint.core.body import EMPTY, Body
from wirelint.core.exchange import Direction, Exchange, Failure, FailureKind, Request, Response
from wirelint.core.headers import Headers
from wirelint.sources.parts import UnfitError


class _Stored(msgspec.Struct, frozen=True):
    text: str = ""
    encoding: str = ""


class _OwnBody(msgspec.Struct):
    unknown: str | None = None
    complete: bool = True
    size: int | None = None
    coded: bool = False


class _Own(msgspec.Struct):
    service: str
    direction: Direction
    client: str
    authority: str
    target: str
    request: _OwnBody
    response: _OwnBody | None = None
    trailers: list[tuple[str, str]] | None = None
    failure: tuple[FailureKind, str, str, bool] | None = None


class _Request(msgspec.Struct):
    postData: _Stored = _Stored()  # noqa: N815 - the name in HAR


class _Response(msgspec.Struct):
    content: _Stored = _Stored()


class _Entry(msgspec.Struct):
    request: _Request
    response: _Response
    own: _Own = msgspec.field(name="_wirelint")


def restore(exchange: Exchange, entry: object) -> Exchange:
    """Return an exchange as it was when it was saved.

    :param exchange: as read from the entry's members that all recorders write.
    :param entry: the entry, with a member ``_wirelint``.
    :raises UnfitError: it is not what wirelint writes.
    """
    try:
        saved = msgspec.convert(entry, _Entry)
    except msgspec.ValidationError as error:
        raise UnfitError("broken entry: its _wirelint is not what wirelint writes") from error
    own, request = saved.own, exchange.request
    asked = replace(
        request,
        target=own.target,
        authority=own.authority,
        body=_body(saved.request.postData, own.request, request),
    )
    answered = exchange.response
    if answered is not None and own.response is not None:
        trailers = None if own.trailers is None else Headers.of(*own.trailers)
        answered = replace(answered, body=_body(saved.response.content, own.response, answered), trailers=trailers)
    changed: dict[str, Any] = {"service": own.service, "direction": own.direction, "client": own.client}
    failure = None if own.failure is None else Failure(*own.failure)
    return replace(exchange, request=asked, response=answered, failure=failure, **changed)


def _body(stored: _Stored, own: _OwnBody, message: Request | Response) -> Body:
    if own.unknown is not None:
        return Body.unknown(own.unknown, size=own.size)
    try:
        octets = base64.b64decode(stored.text) if stored.encoding == "base64" else stored.text.encode()
    except (binascii.Error, ValueError) as error:
        raise UnfitError("broken entry: its content is not base64") from error
    if not octets and own.complete:
        return EMPTY
    media = message.headers.media_type
    if stored.encoding != "base64":
        media = media._replace(charset="utf-8")
    coding = message.headers.get("content-encoding") or "" if own.coded else ""
    return Body(octets, complete=own.complete, size=own.size, coding=coding, media=media)
