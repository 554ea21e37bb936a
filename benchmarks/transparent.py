"""Compare raw HTTP/1.1 exchanges: direct, through wirelint, and through mitmdump.

    python -m benchmarks.transparent [--write FILE] [--only WORD]

Each case sends the same octets three ways and compares what arrives at both ends, and how the connection ends.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import itertools
import socket
import struct
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.machine import machine
from benchmarks.processes import HOST, Server, beside_python

_SETTLE: Final = 0.08
"""Seconds of silence after which a service takes a request for whole."""
_SILENCE: Final = 0.6
"""Seconds of silence after which a client takes a response for whole."""
_LANES: Final = 6
_WAYS: Final = ("wirelint", "mitmdump")
_OK: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
_CHUNKS: Final = b"2\r\nok\r\n0\r\n\r\n"


class Case(NamedTuple):
    """One exchange.

    Attributes:
        name: unique.
        request: octets of the client.
        response: octets of the service.
        end: what the service does then: ``keep``, ``close`` or ``reset`` the connection.
        half_close: whether the client closes its side after the request.
        then: what the client sends once something of the response has arrived.
        later: what the service sends once that has arrived.
    """

    name: str
    request: bytes
    response: bytes = _OK
    end: str = "keep"
    half_close: bool = False
    then: bytes = b""
    later: bytes = b""


class Outcome(NamedTuple):
    """What arrived: octets at the service and at the client, and how the client's connection ended."""

    service: bytes
    client: bytes
    end: str


def cases() -> list[Case]:
    """Return all cases."""
    return [
        *_targets(),
        *_request_fields(),
        *_request_framing(),
        *_responses(),
        *_response_framing(),
        *_ends(),
        *_talks(),
    ]


def _get(target: str = "/x", *fields: str, method: str = "GET", version: str = "HTTP/1.1") -> bytes:
    return "\r\n".join((f"{method} {target} {version}", "Host: shop.test", *fields, "", "")).encode("latin-1")


def _targets() -> Iterator[Case]:
    targets = [
        "/",
        "/a%2Fb",
        "/%7euser",
        "/%zz",
        "/%",
        "/a+b?x=%20",
        "/a/../b",
        "/./c",
        "//d",
        "/..//?",
        "/a#frag",
        "/café",
        "/a|b",
        "/{c}",
        '/"q"',
        "/<e>",
        "/^`",
        "/\\s",
        "/?[x]={y}|",
        "?x=1",
        "?",
        "*",
        "http://shop.test/abs",
        "http://evil.test/abs",
        "http://u:p@shop.test/x",
        "HTTP://shop.test/up",
        "/?q=http://a/",
        "/;p=1",
        "/:80",
        "/@a",
        "/~",
        "/''",
        "/%00",
        "/%0d%0a",
        "/a?b?c",
        "/?&&=",
        "shop.test",
        "/\x7f",
        "/ÿ",
    ]
    for target in targets:
        yield Case(f"target {target!r}", _get(target))
    for method in ("HEAD", "OPTIONS", "DELETE", "PROPFIND", "get", "M-SEARCH", "TRACE", "A!#$%&'*+.^_`|~", "PUT", "X"):
        bare = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" if method == "HEAD" else _OK
        yield Case(f"method {method}", _get(method=method), bare)
    for version in ("HTTP/1.0", "HTTP/1.2", "http/1.1", "HTTP/2.0", "HTTP/1.11", "HTTP/0.9", "HTTX/1.1", ""):
        yield Case(f"version {version!r}", _get(version=version))
    for lines in (b"\r\n", b"\r\n\r\n", b"\n", b" "):
        yield Case(f"before the request {lines!r}", lines + _get())


def _request_fields() -> Iterator[Case]:
    fields = [
        "X-fOO: a",
        "x-Foo: b",
        "COOKIE: a=1",
        "X-Empty:",
        "X-Trail: v  ",
        "X-Tab:\tv",
        "X-L: café",
        "X-Fold: a\r\n b",
        "X-A[0]: 1",
        "@id: 2",
        "X(a): 1",
        "X/a: 1",
        "X A: 1",
        "X-A : 1",
        ": v",
        "novalue",
        "X-N: a\x00b",
        "X-C: a\rb",
        "X-V: \x0bv",
        "X-ä: 1",
        "_u: 1",
        "X!#$%&'*+.^`",
        "~: v",
        "Connection: X-Hop",
        "Keep-Alive: timeout=5",
        "TE: trailers",
        "Proxy-Connection: keep-alive",
        "Upgrade: foo/1",
        "Proxy-Authorization: Basic YTpi",
        "Via: 1.1 x",
        "Forwarded: for=1",
        "X-Forwarded-For: 1.2.3.4",
        "Range: bytes=0-1",
        'If-None-Match: "a"',
        "Host: evil.test",
        "Max-Forwards: 0",
        "Accept-Encoding: gzip",
        "Expect: 200-ok",
        "Priority: u=1",
    ]
    for field in fields:
        yield Case(f"request field {field!r}", _get("/x", field))
    yield Case("request field of 64 KiB", _get("/x", "X-Big: " + "a" * 65536))
    yield Case("1000 request fields", _get("/x", *(f"X-{n}: v" for n in range(1000))))
    yield Case("target of 64 KiB", _get("/" + "a" * 65536))
    yield Case("no Host in HTTP/1.0", b"GET /x HTTP/1.0\r\n\r\n")
    yield Case("no Host in HTTP/1.1", b"GET /x HTTP/1.1\r\n\r\n")


def _request_framing() -> Iterator[Case]:
    for length in ("3", "+3", "-3", "0x3", "3, 3", "3,5", "03", "1_0", " 3 ", "\xb2", ""):
        yield Case(
            f"request Content-Length {length!r}", _get("/x", f"Content-Length: {length}", method="POST") + b"abc"
        )
    for first, second in itertools.product(("3", "5"), repeat=2):
        lines = (f"Content-Length: {first}", f"Content-Length: {second}")
        yield Case(f"request Content-Length {first} and {second}", _get("/x", *lines, method="POST") + b"abc")
    codings = (
        "chunked",
        "Chunked",
        "gzip, chunked",
        "identity",
        "xchunked",
        "chunked,",
        "\x0bchunked",
        "chunked, gzip",
    )
    for coding, extra in itertools.product(codings, ((), ("Content-Length: 3",), ("Transfer-Encoding: chunked",))):
        head = _get("/x", f"Transfer-Encoding: {coding}", *extra, method="POST")
        yield Case(f"request Transfer-Encoding {coding!r} {' '.join(extra)}".rstrip(), head + b"3\r\nabc\r\n0\r\n\r\n")
    chunked = _get("/x", "Transfer-Encoding: chunked", method="POST")
    bodies = (
        b"3\nabc\n0\n\n|-1\r\nabc\r\n0\r\n\r\n|0x3\r\nabc\r\n0\r\n\r\n|fffffffffffffffff\r\nabc|3 \r\nabc\r\n0\r\n\r\n"
        b"|3;a=b\r\nabc\r\n0;l\r\n\r\n|3\r\nabcXY0\r\n\r\n|3\r\nabc\r\n0\r\nX-T: v\r\n\r\n|003\r\nabc\r\n0\r\n\r\n"
        b"|3\r\nabc\r\n0\r\nX-A: b\nX-C: d\r\n\r\n|3\r\nabc\r\n0\r\nContent-Length: 50\r\n\r\n|0\r\n\r\n"
    )
    for body in bodies.split(b"|"):
        yield Case(f"request chunks {body!r}", chunked + body)
    yield Case("GET with content", _get("/x", "Content-Length: 3") + b"abc")
    yield Case("POST without length", _get(method="POST"))
    yield Case("three requests at once", _get("/1") + _get("/2") + _get("/3"), _OK * 3)


def _responses() -> Iterator[Case]:
    for line in (
        *(f"HTTP/1.1 {status} X" for status in (200, 201, 206, 226, 299, 301, 400, 404, 418, 429, 451, 500, 511, 599)),
        *(f"HTTP/1.1 {status} X" for status in (20, 600, 799, 999, 1000, 1031, 0)),
        *("HTTP/1.1 200", "HTTP/1.1 200 ", "HTTP/1.1  200 OK", "HTTP/1.1 200 Sch\xf6n", "HTTP/1.1 two OK"),
        *("HTTP/1.2 200 OK", "HTTP/2.0 200 OK", "http/1.1 200 OK", "ICY 200 OK", "HTTP/1.0 200 OK"),
    ):
        yield Case(f"status line {line!r}", _get(), f"{line}\r\nContent-Length: 2\r\n\r\nok".encode("latin-1"))
    fields = [
        "x-FOO: a",
        "X-Empty:",
        "X-Sp:  v ",
        "X-L: café",
        "X-F: a\r\n b",
        "X-A[0]: 1",
        "@id: 2",
        "X(a): 1",
        "X A: 1",
        "X-A : 1",
        ": v",
        "novalue",
        "X-N: a\x00b",
        "X-C: a\rb",
        "X-ä: 1",
        "Content-Encoding: gzip",
        "Content-Encoding: foo, bar",
        "Connection: X-Hop",
        "Keep-Alive: timeout=5",
        "Proxy-Connection: close",
        "Upgrade: h2c",
        'Alt-Svc: h3=":443"',
        "Set-Cookie: a=1",
        "Strict-Transport-Security: max-age=1",
        "Trailer: X-T",
        "Location: http://shop.test/",
        "Server: x",
        "Date: yesterday",
    ]
    for field in fields:
        head = f"HTTP/1.1 200 OK\r\n{field}\r\nContent-Length: 2\r\n\r\n"
        yield Case(f"response field {field!r}", _get(), head.encode("latin-1") + b"ok")
    for status in (100, 102, 103, 104, 199):
        yield Case(f"interim {status}", _get(), b"HTTP/1.1 %d X\r\nLink: <a>\r\n\r\n" % status + _OK)
    for count in (2, 50):
        yield Case(f"{count} interim responses", _get(), b"HTTP/1.1 103 Early Hints\r\n\r\n" * count + _OK)
    for before in (b"\r\n", b"\r\n\r\n", b"\n", b" "):
        yield Case(f"before the response {before!r}", _get(), before + _OK)
    for garbage in (b"\x00\x01\r\n\r\n", b"SSH-2.0-x\r\n", b"hello", b"<html>"):
        yield Case(f"response {garbage!r}", _get(), garbage, "close")


def _response_framing() -> Iterator[Case]:
    framings = [
        "Content-Length: 2",
        "Content-Length: 2, 2",
        "Content-Length: 2\r\nContent-Length: 2",
        "Content-Length: 2\r\nContent-Length: 5",
        "Content-Length: +2",
        "Content-Length: -2",
        "Content-Length: 02",
        "Content-Length:",
        "Transfer-Encoding: chunked",
        "TRANSFER-ENCODING: Chunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: identity\r\nContent-Length: 2",
        "Transfer-Encoding: chunked\r\nContent-Length: 99",
        "Content-Length: 2\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding : chunked",
        "X-None: 1",
    ]
    for framing, (method, status) in itertools.product(
        framings, (("GET", 200), ("HEAD", 200), ("GET", 204), ("GET", 304))
    ):
        bare = method == "HEAD" or status == 304
        chunked = "chunked" in framing.lower()
        content = b"" if bare else b"0\r\n\r\n" if chunked and status == 204 else _CHUNKS if chunked else b"ok"
        head = f"HTTP/1.1 {status} X\r\n{framing}\r\n\r\n".encode()
        yield Case(f"{status} to {method} with {framing!r}", _get(method=method), head + content, "close")
    chunked_head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    for chunks in (
        *(b"2;x=y\r\nok\r\n0\r\n\r\n", b"2\r\nok\r\n0\r\nX-T: v\r\nx-t2: w\r\n\r\n", b"2\nok\n0\n\n"),
        *(b"2\r\nok\r\n0\r\nX-T: a\nB: c\r\n\r\n", b"02\r\nok\r\n0\r\n\r\n", b"2 \r\nok\r\n0\r\n\r\n", b"zz\r\nok\r\n"),
    ):
        yield Case(f"response chunks {chunks!r}", _get(), chunked_head + chunks)
    yield Case("octets behind a response", _get(), _OK + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")
    yield Case("response field of 64 KiB", _get(), b"HTTP/1.1 200 OK\r\nX-B: %s\r\n\r\n" % (b"b" * 65536), "close")


def _ends() -> Iterator[Case]:
    heads = {
        "no length": b"HTTP/1.1 200 OK\r\n\r\n",
        "length": b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n",
        "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n",
        "part of a head": b"HTTP/1.1 200 OK\r\nContent-Le",
        "nothing": b"",
    }
    for (name, head), end in itertools.product(heads.items(), ("close", "reset")):
        content = b"ok" if head.endswith((b"\r\n\r\n", b"5\r\n")) else b""
        yield Case(f"{name}, then {end}", _get(), head + content, end)
    for method, content in (("GET", b""), ("POST", b"abc")):
        fields = (f"Content-Length: {len(content)}",) if content else ()
        yield Case(
            f"{method}, then the client half-closes", _get("/x", *fields, method=method) + content, half_close=True
        )


def _talks() -> Iterator[Case]:
    """Yield exchanges in which client and service wait for one another."""
    announced = _get("/x", "Content-Length: 3", "Expect: 100-continue", method="PUT")
    go_on = b"HTTP/1.1 100 Continue\r\n\r\n"
    yield Case("Expect, 100, content", announced, go_on, then=b"abc", later=_OK)
    yield Case("Expect, 100 and the response at once", announced, go_on + _OK)
    yield Case("Expect, response without 100", announced, _OK)
    for status in (401, 413, 417):
        refusal = b"HTTP/1.1 %d X\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno" % status
        yield Case(f"Expect, {status}, close", announced, refusal, "close")
        yield Case(f"Expect, {status}", announced, refusal.replace(b"Connection: close\r\n", b""))
    chunked = _get("/x", "Transfer-Encoding: chunked", "Expect: 100-continue", method="POST")
    yield Case("Expect with chunks, 100, content", chunked, go_on, then=b"3\r\nabc\r\n0\r\n\r\n", later=_OK)
    large = _get("/x", "Content-Length: 1000000", method="POST") + b"a" * 1000
    yield Case("413 before the content has ended", large, b"HTTP/1.1 413 X\r\nContent-Length: 2\r\n\r\nno", "close")
    asked = _get("/ws", "Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Key: {'A' * 22}==")
    switched = (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI=\r\n\r\n"
    )
    yield Case("WebSocket, refused", asked, _OK)
    yield Case("WebSocket, opened", asked, switched, then=b"\x81\x82\0\0\0\0hi", later=b"\x81\x02hi")
    yield Case(
        "h2c, ignored", _get("/x", "Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMA")
    )
    yield Case("HTTP/2 without TLS", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", b"\0\0\0\x04\0\0\0\0\0")
    stream = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n\r\n"
    yield Case("server-sent events", _get(), stream + b"id: 1\ndata: a\n\n: ping\n\ndata: b\n\n", "close")
    grpc = b"HTTP/1.1 200 OK\r\nContent-Type: application/grpc-web\r\nTransfer-Encoding: chunked\r\n\r\n"
    yield Case("gRPC-Web", _get("/s.S/M", "TE: trailers"), grpc + b"5\r\n\0\0\0\0\0\r\n0\r\ngrpc-status: 0\r\n\r\n")
    part = b"HTTP/1.1 206 X\r\nContent-Range: bytes 0-1/9\r\nContent-Length: 2\r\n\r\nok"
    yield Case("range", _get("/x", "Range: bytes=0-1", 'If-Range: "a"'), part)
    parts = b"--B\r\nContent-Range: bytes 0-0/9\r\n\r\no\r\n--B--\r\n"
    several = b"HTTP/1.1 206 X\r\nContent-Type: multipart/byteranges; boundary=B\r\nContent-Length: %d\r\n\r\n" % len(
        parts
    )
    yield Case("several ranges", _get("/x", "Range: bytes=0-0,2-2"), several + parts)
    yield Case(
        "range not satisfiable",
        _get("/x", "Range: bytes=99-"),
        b"HTTP/1.1 416 X\r\nContent-Range: bytes */9\r\nContent-Length: 0\r\n\r\n",
    )
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
    yield Case("Early Hints to HTTP/1.0", _get(version="HTTP/1.0"), hints + _OK, "close")
    yield Case("HTTP/1.0 with keep-alive", _get("/x", "Connection: keep-alive", version="HTTP/1.0"))
    yield Case("HTTP/1.0 response without length", _get(version="HTTP/1.0"), b"HTTP/1.0 200 OK\r\n\r\nok", "close")


class Lane:
    """A way to a service of its own.

    :param port: where clients connect; 0 for the service itself.
    """

    def __init__(self, port: int = 0) -> None:
        self._listener = socket.create_server((HOST, 0), backlog=64)
        self.service_port: int = self._listener.getsockname()[1]
        self.port = port or self.service_port
        self._case: Case | None = None
        self._seen = bytearray()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """End the service."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def run(self, case: Case) -> Outcome:
        """Send the case's octets, and return what arrived."""
        self._case, self._seen = case, bytearray()
        seen, got, end = self._seen, bytearray(), "open"
        with socket.create_connection((HOST, self.port), timeout=10) as client, contextlib.suppress(TimeoutError):
            client.settimeout(_SILENCE)
            try:
                client.sendall(case.request)
                if case.half_close:
                    client.shutdown(socket.SHUT_WR)
                while piece := client.recv(65536):
                    if case.then and not got:
                        client.sendall(case.then)
                    got += piece
                end = "closed"
            except (ConnectionResetError, BrokenPipeError):
                end = "reset"
        return Outcome(bytes(seen), bytes(got), end)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock, self._case, self._seen), daemon=True).start()

    def _serve(self, sock: socket.socket, case: Case | None, seen: bytearray) -> None:
        with sock, contextlib.suppress(OSError):
            if case is None or not (first := sock.recv(65536)):
                return
            seen += first
            sock.settimeout(_SETTLE)
            with contextlib.suppress(TimeoutError):
                while piece := sock.recv(65536):
                    seen += piece
            sock.sendall(case.response)
            if case.end == "keep":
                sock.settimeout(5)
                after = b""
                while piece := sock.recv(65536):
                    seen += piece
                    after += piece
                    if case.then and after == case.then:
                        sock.sendall(case.later)
            elif case.end == "reset":
                time.sleep(_SETTLE)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def cause(direct: Outcome, seen: Outcome) -> str:
    """Return in which way an outcome differs from the direct one; empty if it does not."""
    if seen == direct:
        return ""
    if b"mitmproxy" in seen.client:
        status = seen.client[9:12].decode("latin-1")
        return f"{'request' if status.startswith('4') else 'response'} refused with {status}"
    if direct.client and not seen.client:
        return "nothing arrives at the client"
    if direct.service != seen.service:
        return "request rewritten"
    if direct.client != seen.client:
        return "response rewritten"
    return f"connection {seen.end}, not {direct.end}"


def compare(ways: Mapping[str, Sequence[Lane]], chosen: Sequence[Case]) -> dict[str, dict[str, Outcome]]:
    """Return the outcome of each case each way; the lanes of a way share the cases."""
    found: dict[str, dict[str, Outcome]] = {name: {} for name in ways}

    def ride(name: str, lane: Lane, share: Sequence[Case]) -> None:
        for case in share:
            found[name][case.name] = lane.run(case)

    threads = [
        threading.Thread(target=ride, args=(name, lane, chosen[number :: len(lanes)]))
        for name, lanes in ways.items()
        for number, lane in enumerate(lanes)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return found


def document(found: Mapping[str, Mapping[str, Outcome]], chosen: Sequence[Case]) -> str:
    """Return the page with the differences by cause."""
    direct = found["direct"]
    causes = {way: {case.name: cause(direct[case.name], found[way][case.name]) for case in chosen} for way in _WAYS}
    counts = {way: Counter(each.values()) for way, each in causes.items()}
    about = (
        f"`make transparent` sends {len(chosen)} raw exchanges to a service: directly, through wirelint, and through"
        " mitmdump.\nIt compares the octets at both ends and how the client's connection ends. Messages that two"
        " receivers can read in two\nways are refused. Client and service each have a connection of their own, so one"
        " may stay open when the other ends."
    )
    dated = f"{datetime.datetime.now(tz=datetime.UTC):%Y-%m-%d}; {machine()}"
    lines = [
        "# What passes through the proxy",
        "",
        about,
        "",
        dated,
        "",
        "| | wirelint | mitmdump |",
        "|---|---:|---:|",
    ]
    lines += [
        f"| {each or 'as directly'} | {counts['wirelint'][each]} | {counts['mitmdump'][each]} |"
        for each in sorted(set().union(*counts.values()))
    ]
    lines += ["", "## Differences", "", "| case | wirelint | mitmdump |", "|---|---|---|"]
    for case in chosen:
        ours, theirs = causes["wirelint"][case.name], causes["mitmdump"][case.name]
        if ours or theirs:
            shown = case.name.replace("|", "\\|").replace("`", "'")
            lines.append(f"| `{shown}` | {ours} | {theirs} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    chosen = [case for case in cases() if options.only in case.name]
    ways = {name: [Lane() for _ in range(_LANES)] for name in ("direct", *_WAYS)}
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as running:
        for name in _WAYS:
            running.enter_context(_proxy(name, ways[name], Path(folder)))
        page = document(compare(ways, chosen), chosen)
    if options.write:
        options.write.write_text(page, encoding="utf-8")
    sys.stdout.write(page)


def _proxy(name: str, lanes: Sequence[Lane], folder: Path) -> Server:
    for lane in lanes:
        with socket.create_server((HOST, 0)) as probe:
            lane.port = probe.getsockname()[1]
    urls = [(f"http://{HOST}:{lane.service_port}", lane.port) for lane in lanes]
    words = [beside_python(name)]
    if name == "wirelint":
        words += ["proxy", "--metrics-port", "0", "--confdir", str(folder)]
        words += [f"s{port}={url}@{port}" for url, port in urls]
    else:
        words += ["-q", "--set", "keep_host_header=true", "--set", f"confdir={folder}"]
        words += [word for url, port in urls for word in ("--mode", f"reverse:{url}@{HOST}:{port}")]
    return Server(name, words, port=lanes[-1].port, folder=folder)


if __name__ == "__main__":
    main()
