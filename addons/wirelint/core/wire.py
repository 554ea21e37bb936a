"""HTTP/1.1 text → Exchange: the form in which rules carry their examples.

A request and its response follow each other; any number of pairs may. Lines that do not stand on the wire begin
with ``#``: ``# failure: reset peer closed`` says what came instead of (or cut short) the response above,
``# +5s`` lets time pass, ``# outbound payments`` makes the next pair one from the service to ``payments``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from wirelint.core.body import Body
from wirelint.core.exchange import Direction, Exchange, Failure, FailureKind, Headers, Request, Response
from wirelint.core.media import media_type

_request_line: Final = re.compile(r"([A-Z]+) (\S+) (HTTP/[\d.]+)")
_status_line: Final = re.compile(r"(HTTP/[\d.]+) (\d{3})(?: (.*))?")
_failure: Final = re.compile(r"# failure: (\w+) ?(.*)")
_pause: Final = re.compile(r"# \+([\d.]+)s")
_outbound: Final = re.compile(r"# outbound (\S+)")


class WireTextError(ValueError):
    """The text is no sequence of HTTP messages."""


def exchanges(text: str, *, service: str = "example") -> Iterator[Exchange]:
    """Read examples.

    :param text: HTTP messages as text, lines ending in LF.
    :param service: the service's name in what comes out.
    :raises WireTextError: where a pair lacks its request, or its answer.
    """
    clock = 1000.0
    request: Request | None = None
    response: Response | None = None
    failure: Failure | None = None
    direction, name = Direction.INBOUND, service

    def pair() -> Exchange:
        if request is None or (response is None and failure is None):
            raise WireTextError("a request and its response, or a failure, must follow each other")
        return Exchange(
            request=request,
            response=response,
            failure=failure,
            service=name,
            direction=direction,
            id=f"example-{clock:.0f}",
            client="client",
            started=clock,
            ended=clock + 0.05,
            timestamp=clock,
        )

    for block in _blocks(text):
        first = block[0]
        if match := _request_line.fullmatch(first):
            if request is not None:
                yield pair()
                clock += 1
                direction, name = Direction.INBOUND, service
            headers, body = _message(block[1:])
            request = Request(
                method=match[1],
                target=match[2],
                http_version=match[3],
                authority=headers.get("host") or service,
                headers=headers,
                body=body,
            )
            response = failure = None
        elif match := _status_line.fullmatch(first):
            headers, body = _message(block[1:])
            response = Response(
                status=int(match[2]), reason=match[3] or "", http_version=match[1], headers=headers, body=body
            )
        elif match := _failure.fullmatch(first):
            failure = Failure(kind=FailureKind(match[1]), message=match[2])
            if response is not None:
                cut = Body(response.body.raw, complete=False, media=response.media_type)
                response = Response(
                    status=response.status,
                    reason=response.reason,
                    http_version=response.http_version,
                    headers=response.headers,
                    body=cut,
                )
        else:
            if request is not None:
                yield pair()
                request = None
                clock += 1
                direction, name = Direction.INBOUND, service
            if match := _pause.fullmatch(first):
                clock += float(match[1])
            elif match := _outbound.fullmatch(first):
                direction, name = Direction.OUTBOUND, match[1]
    if request is not None:
        yield pair()


def _blocks(text: str) -> Iterator[list[str]]:
    block: list[str] = []
    for line in text.strip("\n").split("\n"):
        starts = any(p.fullmatch(line) for p in (_request_line, _status_line, _failure, _pause, _outbound))
        if starts and block:
            yield block
            block = []
        if not starts and not block:
            raise WireTextError(f"not the start of a message: {line!r}")
        block.append(line)
    yield block


def _message(lines: list[str]) -> tuple[Headers, Body]:
    end = lines.index("") if "" in lines else len(lines)
    pairs = []
    for line in lines[:end]:
        name, colon, value = line.partition(":")
        if not colon:
            raise WireTextError(f"not a field: {line!r}")
        pairs.append((name, value.strip()))
    headers = Headers.of(*pairs)
    content = "\n".join(lines[end + 1 :]).rstrip("\n").encode()
    return headers, Body(content, media=media_type(headers.get("content-type")))
