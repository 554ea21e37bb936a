"""Saved flows give the exchanges that they gave live, and a broken record costs itself alone."""

from __future__ import annotations

import gzip
import io
import operator
from collections.abc import Sequence
from pathlib import Path

import pytest
from mitmproxy import flow as mitm_flow
from mitmproxy import http
from mitmproxy.io import FlowWriter
from mitmproxy.test import tflow

import support
from lab.mitm import HOST, Peer, Proxy, Service, connect, get, talk
from wirelint.core.body import Body
from wirelint.core.exchange import Exchange, FailureKind
from wirelint.core.origin import Origin
from wirelint.sources import Skipped, UnreadableError, flow_file
from wirelint.sources.flow_file import looks_like_flows, read_stream
from wirelint.sources.mitm.adapter import Naming
from wirelint.sources.mitm.settings import ServiceSpec


def body(value: Body) -> tuple[object, ...]:
    return value.raw, value.complete, value.size, value.coding, value.media, value.unavailable


def facts(exchange: Exchange) -> dict[str, object]:
    """Return all of an exchange in a form that compares by value, but where it was read from."""
    kept = {name: getattr(exchange, name) for name in Exchange.__struct_fields__ if name != "origin"}
    for part in ("request", "response"):
        message = kept[part]
        if message is not None:
            fields = {name: getattr(message, name) for name in type(message).__struct_fields__}
            kept[part] = fields | {"body": body(message.body)}
    return kept


def save(flows: Sequence[mitm_flow.Flow]) -> bytes:
    out = io.BytesIO()
    writer = FlowWriter(out)
    for each in flows:
        writer.add(each)
    return out.getvalue()


def read(path: Path, naming: Naming | None = None) -> list[Exchange | Skipped]:
    with path.open("rb") as file:
        return list(read_stream(file, name=str(path), naming=naming))


def parse(octets: bytes) -> list[Exchange | Skipped]:
    return list(read_stream(io.BytesIO(octets), name="flows"))


def flow(path: str) -> http.HTTPFlow:
    each = tflow.tflow(resp=True)
    each.request.path = path
    return each


def test_live_and_saved_are_the_same(service: Service, confdir: Path, tmp_path: Path) -> None:
    packed = gzip.compress(b"[1]")
    service.on("/plain", b"HTTP/1.1 201 Made\r\nContent-Length: 2\r\nA: 1\r\na: 2\r\n\r\nhi")
    service.on(
        "/gzip", b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed
    )
    service.on("/trailers", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n")
    service.on("/none", b"HTTP/1.1 204 No Content\r\n\r\n")
    service.on("/close", lambda peer: peer.sock.close())

    def upload(peer: Peer) -> None:
        peer.read_body(5)
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    service.on("/upload", upload)
    saved = tmp_path / "flows"
    proxy = Proxy(
        ServiceSpec(url=f"http://{HOST}:{service.port}", name="orders", listen_port=0),
        ServiceSpec(url=f"http://{HOST}:{support.free_port()}", name="refusing", listen_port=0),
        confdir=confdir,
        forward_port=0,
        options={"save_stream_file": str(saved)},
    )
    paths = ["/plain", "/gzip", "/trailers", "/none", "/close"]
    for path in paths:
        talk(proxy.port("orders"), get(path))
    talk(
        proxy.port("orders"), b"POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
    )
    talk(proxy.port("refusing"), get("/refused"))
    target = f"{HOST}:{service.port}"
    talk(
        proxy.port("forward"),
        f"GET http://{target}/none?f HTTP/1.1\r\nHost: {target}\r\nConnection: close\r\n\r\n".encode(),
    )
    paths += ["/upload", "/refused", "/none?f"]
    live = [proxy.exchange(path) for path in paths]
    assert proxy.running is not None
    ports = {each.name: each.port for each in proxy.running.listeners}
    proxy.stop()

    names = {f"reverse:http://{target}@{HOST}:{ports['orders']}": "orders"}
    stored = [each for each in read(saved, naming=Naming(names)) if isinstance(each, Exchange)]
    assert [each.origin for each in stored] == [Origin(str(saved), index) for index in range(len(paths))]
    for one, other in zip(live, sorted(stored, key=lambda each: paths.index(each.request.target)), strict=True):
        if one.service == "refusing":
            assert other.service.startswith(HOST)
            assert other.failure == one.failure
        else:
            assert facts(one) == facts(other)


def test_cut_short_by_the_service(service: Service, confdir: Path, tmp_path: Path) -> None:
    def cut(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
        peer.sock.close()

    service.on("/cut", cut)
    saved = tmp_path / "flows"
    spec = ServiceSpec(url=f"http://{HOST}:{service.port}", name="orders", listen_port=0)
    proxy = Proxy(spec, confdir=confdir, options={"save_stream_file": str(saved)})
    talk(proxy.port(), get("/cut"))
    live = proxy.exchange("/cut")
    proxy.stop()
    (stored,) = read(saved)
    assert isinstance(stored, Exchange)
    assert stored.failure == live.failure
    assert stored.response is not None
    assert stored.response.body.unavailable == "not_captured"


def test_client_that_left_is_known_from_the_file(service: Service, confdir: Path, tmp_path: Path) -> None:
    service.on("/left", Peer.wait)
    saved = tmp_path / "flows"
    spec = ServiceSpec(url=f"http://{HOST}:{service.port}", name="orders", listen_port=0)
    proxy = Proxy(spec, confdir=confdir, options={"save_stream_file": str(saved)})
    with connect(proxy.port()) as client:
        client.sendall(get("/left"))
        support.wait_until(lambda: "/left" in service.heads, "the request")
    proxy.exchange("/left")
    proxy.stop()
    (stored,) = read(saved)
    assert isinstance(stored, Exchange)
    assert stored.failure is not None
    assert stored.failure.kind is FailureKind.CLIENT_GONE


def test_streamed_bodies_are_unknown_not_empty() -> None:
    each = flow("/streamed")
    assert each.response is not None
    each.response.raw_content = None
    each.response.headers["content-length"] = "7"
    (exchange,) = parse(save([each]))
    assert isinstance(exchange, Exchange)
    assert exchange.response is not None
    assert exchange.response.body.unavailable == "streamed"
    assert not exchange.response.body.empty
    assert exchange.response.body.size == 7


def test_what_is_no_exchange_is_skipped_and_said() -> None:
    tunnel = flow("/")
    tunnel.request.method = "CONNECT"
    unfinished = tflow.tflow()
    killed = tflow.tflow(err=mitm_flow.Error("Connection killed."))
    socket = tflow.twebsocketflow()
    records = parse(
        save([flow("/a"), tflow.ttcpflow(), tflow.tdnsflow(), tunnel, unfinished, killed, socket, flow("/b")])
    )
    exchanges = [each for each in records if isinstance(each, Exchange)]
    skipped = [each for each in records if isinstance(each, Skipped)]
    assert [each.request.path for each in exchanges] == ["/a", "/b"]
    assert [each.index for each in skipped] == [1, 2, 3, 4, 5, 6]
    assert [each.origin and each.origin.index for each in exchanges] == [0, 7]
    assert "TCP" in skipped[0].why
    assert "DNS" in skipped[1].why


def test_broken_records_cost_themselves_alone() -> None:
    good = [save([flow(f"/{number}")]) for number in range(4)]
    broken_inside = good[1].replace(b"4:host", b"4:hxst", 1)
    wrong_length = b"9" + good[2]
    records = parse(good[0] + broken_inside + wrong_length + b"\x00garbage\n" + good[3] + good[0])
    found = [each.request.path if isinstance(each, Exchange) else "-" for each in records]
    assert found == ["/0", "-", "-", "/2", "-", "/3", "/0"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("id", 7), ("id", b"7"), ("response.timestamp_end", float("nan")), ("request.timestamp_start", float("inf"))],
)
def test_values_that_are_none_of_their_kind(field: str, value: object) -> None:
    broken = flow("/1")
    path, _, name = field.rpartition(".")
    setattr(operator.attrgetter(path)(broken) if path else broken, name, value)
    first, other, last = parse(save([flow("/0"), broken, flow("/2")]))
    assert isinstance(first, Exchange)
    assert other == Skipped(1, "broken flow")
    assert isinstance(last, Exchange)


def test_overwritten_octets() -> None:
    """Whatever is overwritten, the rest is found."""
    octets = b"".join(save([flow(f"/{number}")]) for number in range(5))
    length = len(octets) // 5
    for at in range(2 * length + 1, 3 * length - 1, 97):
        records = parse(octets[:at] + b"\xff" * 40 + octets[at + 40 :])
        paths = [each.request.path for each in records if isinstance(each, Exchange)]
        assert paths[:2] == ["/0", "/1"]
        assert paths[-1] == "/4"


@pytest.mark.parametrize("cut", [1, 5, 300])
def test_cut_off_tail(cut: int) -> None:
    octets = save([flow("/a"), flow("/b")])
    first, last = parse(octets[:-cut])
    assert isinstance(first, Exchange)
    assert isinstance(last, Skipped)
    assert last.index == 1
    assert last.why.startswith("truncated")


def test_not_a_flow_file() -> None:
    assert not looks_like_flows(b'{"log": {}}')
    assert looks_like_flows(save([flow("/")])[:64])
    with pytest.raises(UnreadableError, match="not a file of mitmproxy flows"):
        parse(b'{"log": {}}')
    assert parse(b"") == []


def test_records_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_file, "RECORD_LIMIT", 5000)
    large = flow("/large")
    large.request.raw_content = bytes(10_000)
    first, last = parse(save([large, flow("/small")]))
    assert isinstance(first, Skipped)
    assert "too large" in first.why
    assert isinstance(last, Exchange)
