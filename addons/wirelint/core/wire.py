"""Read exchanges from HTTP/1.1 text, the form of rules' examples.

A text has any number of pairs of request and response. Lines that begin with ``#`` are not on the wire: ``# failure:
reset peer closed`` is a failure in place of the response (or one that truncated the response above), ``# +5s`` lets
time pass, ``# outbound payments`` makes the next pair a call from the service to ``payments``, ``# 30 times, every 5s``
repeats the next pair, with ``{n}`` in its target as the number. Exchanges are in the order of their ends: calls of a
service come before their exchange, and take place during it. After a response, ``# probe: without 200 same`` is the
answer to the request repeated without credentials.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from wirelint.core.body import Body
from wirelint.core.exchange import Direction, Exchange, Failure, FailureKind, Probe, ProbeKind, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.media import media_type

_request_line: Final = re.compile(r"([A-Z]+) (\S+) (HTTP/[\d.]+)")
_status_line: Final = re.compile(r"(HTTP/[\d.]+) (\d{3})(?: (.*))?")
_failure: Final = re.compile(r"# failure: (\w+) ?(.*)")
_probe: Final = re.compile(r"# probe: (without|broken|options|read|again|plain) (\d{3})( same)?(?: allow ([A-Z, ]+))?")
_pause: Final = re.compile(r"# \+([\d.]+)s")
_outbound: Final = re.compile(r"# outbound (\S+)")
_repeated: Final = re.compile(r"# (\d{1,3}) times, every ([\d.]+)s")


_STARTS: Final = (_request_line, _status_line, _failure, _probe, _pause, _outbound, _repeated)


class WireTextError(ValueError):
    """The text is not a sequence of HTTP messages."""


def exchanges(text: str, *, service: str = "example") -> Iterator[Exchange]:
    """Parse examples.

    :param text: HTTP messages as text, lines ending in LF.
    :param service: the service's name in the exchanges.
    :raises WireTextError: a pair has no request or no answer.
    """
    reader = _Reader(service)
    for block in _blocks(text):
        yield from reader.read(block)
    yield from reader.finish()


class _Reader:
    """Combines messages to exchanges, at intervals of one second."""

    def __init__(self, service: str) -> None:
        self._own = service
        self._clock = 1000.0
        self._first_call: float | None = None
        self._begin()

    def _begin(self) -> None:
        self._request: Request | None = None
        self._response: Response | None = None
        self._failure: Failure | None = None
        self._probes: tuple[Probe, ...] = ()
        self._direction, self._service = Direction.INBOUND, self._own
        self._times, self._every = 1, 1.0

    def read(self, block: list[str]) -> Iterator[Exchange]:
        """Take a message, or a line about the exchange; yield exchanges that are complete."""
        first = block[0]
        if match := _status_line.fullmatch(first):
            headers, body = _message(block[1:])
            self._response = Response(
                status=int(match[2]), reason=match[3] or "", http_version=match[1], headers=headers, body=body
            )
        elif match := _failure.fullmatch(first):
            self._failure = Failure(kind=FailureKind(match[1]), message=match[2])
            if self._response is not None:
                cut = Body(self._response.body.raw, complete=False, media=self._response.headers.media_type)
                self._response = replace(self._response, body=cut)
        elif match := _probe.fullmatch(first):
            kind: ProbeKind = match[1]  # type: ignore[assignment]  # one of those that the pattern lists
            self._probes = (*self._probes, Probe(kind, int(match[2]), bool(match[3]), match[4] or ""))
        else:
            yield from self.finish()
            if match := _request_line.fullmatch(first):
                self._request = self._read_request(match, block[1:])
            elif match := _pause.fullmatch(first):
                self._clock += float(match[1])
            elif match := _outbound.fullmatch(first):
                self._direction, self._service = Direction.OUTBOUND, match[1]
            elif match := _repeated.fullmatch(first):
                self._times, self._every = int(match[1]), float(match[2])

    def _read_request(self, line: re.Match[str], lines: list[str]) -> Request:
        headers, body = _message(lines)
        return Request(
            method=line[1],
            target=line[2],
            http_version=line[3],
            authority=headers.get("host") or self._own,
            headers=headers,
            body=body,
        )

    def finish(self) -> Iterator[Exchange]:
        """Return the exchange read so far, if there is one."""
        if self._request is None:
            if self._response is not None or self._failure is not None:
                raise WireTextError("an answer without a request")
            return
        if self._response is None and self._failure is None:
            raise WireTextError("a request without an answer")
        for number in range(1, self._times + 1):
            target = self._request.target.replace("{n}", str(number)) if self._times > 1 else self._request.target
            yield self._exchange(replace(self._request, target=target))
            self._clock += self._every
        self._begin()

    def _exchange(self, request: Request) -> Exchange:
        outbound = self._direction is Direction.OUTBOUND
        started = self._clock
        if outbound and self._first_call is None:
            self._first_call = started
        elif not outbound and self._first_call is not None:
            started, self._first_call = self._first_call - 0.1, None
        return Exchange(
            request=request,
            response=self._response,
            failure=self._failure,
            probes=self._probes,
            service=self._service,
            direction=self._direction,
            id=f"example-{self._clock:.0f}",
            client="service" if outbound else "client",
            started=started,
            ended=self._clock + 0.05,
            timestamp=started,
        )


def _blocks(text: str) -> Iterator[list[str]]:
    block: list[str] = []
    for line in text.strip("\n").split("\n"):
        starts = any(each.fullmatch(line) for each in _STARTS)
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
