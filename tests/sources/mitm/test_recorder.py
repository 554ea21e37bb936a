"""Faults of ours, and too much of anything, cost audits and never exchanges."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mitmproxy import http
from mitmproxy.test import tflow

import support
from lab.mitm import HOST, Proxy, Service, connect, get, read_until, talk
from wirelint.core.exchange import Direction, Exchange
from wirelint.core.finding import Finding
from wirelint.sources.heads import LINES_LIMIT, OCTETS_LIMIT
from wirelint.sources.mitm import recorder as recording
from wirelint.sources.mitm.adapter import Naming
from wirelint.sources.mitm.drain import Drain
from wirelint.sources.mitm.record import Pool, Record, Tee
from wirelint.sources.mitm.recorder import Recorder
from wirelint.sources.mitm.settings import ServiceSpec
from wirelint.sources.stats import Stats

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


def message() -> http.ResponseData:
    data = http.Response.make(200).data
    data.content = None  # as it is while the body is still to come
    return data


@given(st.lists(st.binary(max_size=40)), st.integers(0, 60), st.integers(0, 60))
def test_tee_passes_everything_on_and_keeps_a_prefix(pieces: list[bytes], limit: int, room: int) -> None:
    data, pool = message(), Pool(room)
    tee = Tee(data, limit, pool)
    for piece in [*pieces, b""]:
        assert tee(piece) is piece
    whole = b"".join(pieces)
    assert tee.size == len(whole)
    assert whole.startswith(bytes(tee.buffer))
    assert len(tee.buffer) <= min(limit, room)
    assert pool.free == room - len(tee.buffer)
    # Other addons see the body as if it had been buffered, or not at all.
    assert data.content in (whole, None) if whole else data.content == b""
    assert (tee.final is not None) == (len(tee.buffer) == len(whole))
    pool.free += tee.close()
    assert pool.free == room


def test_tee_never_raises() -> None:
    tee = Tee(message(), 100, Pool())
    tee.pool = None  # type: ignore[assignment]
    tee.message = None  # type: ignore[assignment]
    for piece in (b"abc", b"", b"def"):
        assert tee(piece) is piece


def test_empty_frame_in_the_middle() -> None:
    data = message()
    tee = Tee(data, 4, Pool())
    tee(b"ab")
    tee(b"")
    tee(b"cdef")
    assert data.content is None
    tee(b"")
    assert data.content is None
    assert bytes(tee.buffer) == b"abcd"


def record(flow: http.HTTPFlow) -> Record:
    return Record(flow, "orders", Direction.INBOUND)


def test_full_queue_drops_and_counts() -> None:
    stats = Stats()
    seen: list[Record] = []
    drain = Drain(seen.append, stats, Pool(), limit=3)

    async def fill() -> None:
        for _ in range(5):
            drain.add(record(tflow.tflow(resp=True)))
        assert len(drain) == 3
        async with asyncio.timeout(5):
            while len(drain):  # noqa: ASYNC110 - nobody tells when it is empty
                await asyncio.sleep(0.001)

    asyncio.run(fill())
    assert len(seen) == 3
    assert stats.dropped["queue_full"] == 2


def test_heads_take_room_too() -> None:
    stats, pool = Stats(), Pool(100)

    async def fill() -> None:
        drain = Drain(lambda _: None, stats, pool, limit=10)
        for _ in range(2):
            heavy = record(tflow.tflow(resp=True))
            heavy.request_fields = ((b"cookie", bytes(200)),)
            heavy.weigh(pool)
            drain.add(heavy)
        drain.empty(1.0)

    asyncio.run(fill())
    assert stats.dropped["queue_full"] == 2
    assert pool.free == 100


def test_slices_let_others_run() -> None:
    """With a backlog, the loop goes on serving between slices."""
    turns = 0
    audited = []

    def slow(_record: Record) -> None:
        audited.append(turns)
        end = asyncio.get_running_loop().time() + 0.001
        while asyncio.get_running_loop().time() < end:
            pass

    async def work() -> None:
        nonlocal turns
        drain = Drain(slow, Stats(), Pool(), limit=1000)
        for _ in range(50):
            drain.add(record(tflow.tflow(resp=True)))
        while len(drain):
            turns += 1
            await asyncio.sleep(0)

    asyncio.run(work())
    assert len(set(audited)) > 10


def test_what_is_left_at_the_end_is_counted() -> None:
    stats = Stats()

    async def fill() -> None:
        drain = Drain(lambda _: None, stats, Pool(), limit=10)
        drain.add(record(tflow.tflow(resp=True)))
        drain.add(record(tflow.tflow(resp=True)))
        drain.empty(0.0)

    asyncio.run(fill())
    assert stats.dropped["stopped"] == 1


def live() -> http.HTTPFlow:
    flow = tflow.tflow(resp=True)
    flow.live = True
    flow.response = None
    return flow


def test_in_flight_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "IN_FLIGHT_LIMIT", 2)
    stats, ended = Stats(), []
    capture = Recorder(stats, Naming(), lambda each, _flow: ended.append(each))
    flows = [live() for _ in range(3)]
    for flow in flows:
        capture.request_head(flow)
    assert len(capture) == 2
    assert stats.dropped["in_flight_full"] == 1
    for flow in flows:
        flow.response = http.Response.make(200, b"x")
        capture.response_head(flow)
        capture.response_end(flow)
        capture.response_end(flow)  # once is enough
    assert len(ended) == 2
    assert len(capture) == 0


def test_lost_connections_do_not_pile_up() -> None:
    """A connection that ends without any hook for its exchange, as after a crash inside mitmproxy."""
    stats = Stats()
    capture = Recorder(stats, Naming(), lambda *_: None)
    flow = live()
    capture.request_head(flow)
    flow.client_conn.timestamp_end = 1000.0
    capture.look(1001.0, 1e9)
    assert len(capture) == 1
    capture.look(1100.0, 1e9)
    assert len(capture) == 0
    assert stats.dropped["lost"] == 1


def test_answers_of_other_addons_are_not_the_services() -> None:
    stats = Stats()
    capture = Recorder(stats, Naming(), lambda *_: pytest.fail("must not be audited"))
    flow = live()
    capture.request_head(flow)
    flow.response = http.Response.make(407, b"")
    capture.request_end(flow)
    capture.response_head(flow)
    capture.response_end(flow)
    assert stats.skipped["proxy_made"] == 1


def test_no_streaming_where_another_addon_has_answered() -> None:
    """mitmproxy would raise, and the client would wait for ever."""
    capture = Recorder(Stats(), Naming(), lambda *_: None)
    capture.stream_all = True
    flow = live()
    flow.response = http.Response.make(407, b"")
    capture.request_head(flow)
    assert not flow.request.stream


@pytest.mark.parametrize("stream_all", [True, False])
def test_which_bodies_are_streamed(stream_all: bool) -> None:
    capture = Recorder(Stats(), Naming(), lambda *_: None)
    capture.stream_all = stream_all

    def streams(**fields: str) -> bool:
        flow = live()
        flow.request.headers = http.Headers(
            [(name.replace("_", "-").encode(), text.encode()) for name, text in fields.items()]
        )
        capture.request_head(flow)
        return bool(flow.request.stream)

    assert not streams()
    assert not streams(content_length="0")
    assert streams(content_length="10") is stream_all
    assert streams(content_length="65537")
    assert streams(content_length="10", content_type="text/event-stream; charset=utf-8")
    assert streams(transfer_encoding="chunked")


MANY = b"".join(b"X-A: %d\r\n" % number for number in range(LINES_LIMIT + 1))
LONG = b"X-A: " + b"a" * OCTETS_LIMIT + b"\r\n"


@pytest.mark.parametrize(
    ("request_fields", "answer"),
    [
        (MANY, OK),
        (LONG, OK),
        (b"", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + MANY + b"\r\nhi"),
        (b"", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + LONG + b"\r\nhi"),
        (b"", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n" + LONG + b"\r\n"),
    ],
    ids=["request lines", "request octets", "response lines", "response octets", "trailers"],
)
def test_heads_that_are_too_large_pass_unaudited(
    service: Service, confdir: Path, request_fields: bytes, answer: bytes
) -> None:
    service.on("/large", answer)
    service.on("/small", OK)
    proxy = Proxy(ServiceSpec(url=f"http://{HOST}:{service.port}", name="a", listen_port=0), confdir=confdir)
    try:
        assert (
            talk(proxy.port(), b"GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + request_fields + b"\r\n")
            == answer
        )
        assert service.heads["/large"].endswith(request_fields.removesuffix(b"\r\n"))
        assert talk(proxy.port(), get("/small")) == OK
        proxy.exchange("/small")
        support.wait_until(lambda: proxy.stats.dropped["head_too_large"] == 1, "the count")
        assert [each.request.target for each in proxy.exchanges] == ["/small"]
    finally:
        proxy.stop()
    assert proxy.stats.held_bytes == 0


def test_a_fault_in_the_audit_reaches_nobody(service: Service, confdir: Path) -> None:
    def broken(_exchange: Exchange) -> list[Finding]:
        raise ZeroDivisionError("secret")

    answer = b"HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 2\r\n\r\nhi"
    service.on("/fault", answer)
    proxy = Proxy(ServiceSpec(url=f"http://{HOST}:{service.port}", listen_port=0), confdir=confdir, consume=broken)
    try:
        for _ in range(3):
            assert talk(proxy.port(), get("/fault")) == answer
        support.wait_until(lambda: proxy.stats.faults["audit"] == 3, "three faults")
        assert proxy.faults == ["audit"] * 3
        assert proxy.stats.audited == 0
    finally:
        proxy.stop()


def test_a_fault_in_the_capture_reaches_nobody(
    service: Service, confdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object) -> None:
        raise ZeroDivisionError("secret")

    for name in ("request_head", "request_end", "response_head", "response_end"):
        monkeypatch.setattr(Recorder, name, broken)
    service.on("/fault", OK)
    proxy = Proxy(ServiceSpec(url=f"http://{HOST}:{service.port}", listen_port=0), confdir=confdir)
    try:
        assert talk(proxy.port(), get("/fault")) == OK
        assert proxy.stats.faults["capture"] == 4
    finally:
        proxy.stop()


def test_held_octets_are_given_back(service: Service, confdir: Path) -> None:
    service.on("/held", b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + bytes(200_000))
    proxy = Proxy(ServiceSpec(url=f"http://{HOST}:{service.port}", name="a", listen_port=0), confdir=confdir)
    with connect(proxy.port()) as client:
        client.sendall(b"POST /held HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
        read_until(client, b"\r\n\r\n")
        proxy.exchange("/held")
    proxy.stop()
    assert proxy.stats.held_bytes == 0
    assert proxy.stats.in_flight == 0
    assert proxy.stats.queue_depth == 0
