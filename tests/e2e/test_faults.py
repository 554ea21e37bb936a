"""Faults of services and clients around ``wirelint proxy``: others see the same as without it; metrics show them."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.load import Load, origin
from lab.mitm import HOST, Behaviour, Peer, Service, connect, get, read_all, read_until, talk
from lab.proxy import Audited
from lab.team import OK, failures, orders, port, still_fine
from support import free_port, listening, wait_until

MIB = 1 << 20


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    yield from orders()


@pytest.fixture(scope="module")
def proxy(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audited]:
    services = {"orders": f"http://{HOST}:{service.port}"}
    with Audited(services, tmp_path_factory.mktemp("faults")) as running:
        yield running


@contextlib.contextmanager
def one_more(proxy: Audited, kind: str) -> Iterator[None]:
    """Check that the block adds one failure of a kind, and none of another."""
    before = failures(proxy)
    yield
    wait_until(lambda: failures(proxy) != before, f"a failure of kind {kind}, after {before}")
    assert failures(proxy) == {**before, kind: before.get(kind, 0.0) + 1}


@contextlib.contextmanager
def one_given_up(proxy: Audited, code: str, verdict: str) -> Iterator[None]:
    """Check that the block adds one exchange that its client abandoned, and no failure."""
    known = failures(proxy)

    def given_up() -> int:
        return proxy.outcomes()["orders", code, verdict]

    before = given_up()
    yield
    wait_until(lambda: given_up() > before, f"an exchange that was given up, with the code {code}")
    assert given_up() == before + 1
    assert failures(proxy) == known


# Services


def cut(head: bytes) -> Behaviour:
    def behave(peer: Peer) -> None:
        peer.send(head)
        time.sleep(0.05)  # so that the head is read before the reset overtakes it
        peer.reset()

    return behave


@pytest.mark.parametrize(
    ("path", "head"),
    [
        ("/reset/length", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 400),
        ("/reset/chunked", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
    ],
)
def test_a_service_resets_in_the_middle_of_a_body(proxy: Audited, service: Service, path: str, head: bytes) -> None:
    service.on(path, cut(head))
    with one_more(proxy, "reset"):
        seen = talk(port(proxy), get(path))
    assert seen == talk(service.port, get(path)) == head
    still_fine(proxy)


@pytest.mark.parametrize("words", [b"SSH-2.0-OpenSSH_10.0\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 9])
def test_a_service_answers_garbage(proxy: Audited, service: Service, words: bytes) -> None:
    """A client could make nothing of it either; mitmproxy spares it the attempt."""
    path = f"/garbage/{len(words)}"

    def speak(peer: Peer) -> None:
        peer.send(words)
        peer.sock.shutdown(socket.SHUT_RDWR)

    service.on(path, speak)
    with one_more(proxy, "protocol"):
        assert talk(port(proxy), get(path)).startswith(b"HTTP/1.1 502 ")
    still_fine(proxy)


def test_a_service_hangs_until_its_client_has_enough(proxy: Audited, service: Service) -> None:
    service.on("/hang", Peer.wait)
    with one_given_up(proxy, "none", "unknown"), connect(port(proxy)) as impatient:
        impatient.sendall(get("/hang"))
        wait_until(lambda: "/hang" in service.heads, "the request")
        still_fine(proxy)
        impatient.settimeout(0.2)
        with pytest.raises(TimeoutError):
            impatient.recv(1)
        impatient.close()
    still_fine(proxy)


def test_a_service_dies_and_returns(tmp_path: Path) -> None:
    place = free_port()
    with Audited({"orders": f"http://{HOST}:{place}"}, tmp_path) as proxy:  # a dead service is no reason not to start
        with one_more(proxy, "connect"):
            assert talk(port(proxy), get("/fine")).startswith(b"HTTP/1.1 502 ")
        for _ in range(2):
            service = Service(port=place)
            service.on("/fine", OK)
            still_fine(proxy)
            with connect(port(proxy)) as lasting:
                lasting.sendall(get("/fine").replace(b"Connection: close\r\n", b""))
                assert read_until(lasting, b"hi") == OK
                service.close()
                wait_until(lambda: not listening(place), "the service to be gone")
                with one_more(proxy, "connect"):
                    assert talk(port(proxy), get("/fine")).startswith(b"HTTP/1.1 502 ")
        assert proxy.get("/readyz") == "ok\n"


def test_a_service_is_killed_under_load(tmp_path: Path) -> None:
    place = free_port()
    with (
        origin(place, tmp_path) as first,
        Audited({"orders": f"http://{HOST}:{place}"}, tmp_path / "wirelint") as proxy,
        Load(port(proxy)) as load,
    ):
        load.more(50)
        os.kill(first.pid, signal.SIGKILL)
        wait_until(lambda: len(load.failed) >= 20, "failures")
        with origin(place, tmp_path):
            load.more(50)
            said = set(load.failed)
            assert not load.refused, "the proxy stands"
        assert said <= {"HTTP/1.1 502 Bad Gateway", "closed without a word", "ConnectionResetError"}
        assert failures(proxy)["connect"] > 0
        assert "Traceback" not in proxy.output()


# Clients


def test_slow_clients_hold_up_nobody(proxy: Audited) -> None:
    with contextlib.ExitStack() as slow:
        clients = [slow.enter_context(connect(port(proxy))) for _ in range(100)]
        for piece in (b"GET /fine HT", b"TP/1.1\r\nHo", b"st: example.test\r\n", b"X-A: b\r\n"):
            for client in clients:
                client.sendall(piece)
            begun = time.monotonic()
            still_fine(proxy)
            assert time.monotonic() - begun < 5
        wait_until(lambda: proxy.samples("wirelint_in_flight_exchanges")[()] == 0, "what went on before to be over")
        # A client that connects in time is served.
        clients[0].sendall(b"Connection: close\r\n\r\n")
        assert read_all(clients[0]) == OK


def test_a_client_leaves_in_the_middle_of_a_response(proxy: Audited, service: Service) -> None:
    noticed = threading.Event()

    def long(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (1 << 40))
        try:
            while True:
                peer.send(b"x" * MIB)
        except OSError:
            noticed.set()
            raise

    service.on("/long", long)
    with one_given_up(proxy, "200", "ok"), connect(port(proxy)) as client:
        client.sendall(get("/long"))
        assert len(client.recv(MIB)) > 0
        client.close()
    assert noticed.wait(10), "the service is told, as it would have been"
    wait_until(lambda: proxy.samples("wirelint_held_body_bytes")[()] == 0, "what was held to be let go")
    still_fine(proxy)


def test_all_that_was_no_fault_of_ours(proxy: Audited) -> None:
    assert not any(proxy.samples("wirelint_faults_total").values())
    assert not any(proxy.samples("wirelint_dropped_total").values())
    assert not any(proxy.samples("wirelint_rule_errors_total").values())
    assert "Traceback" not in proxy.output()
