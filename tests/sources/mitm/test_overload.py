"""Too much to do costs audits, never traffic, and what is left out of a sample passes as it comes."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

import support
from lab.mitm import HOST, Peer, Proxy, Service, connect, get, read_all, read_until, talk
from wirelint.settings.sampling import Sampler, Shares
from wirelint.sources.mitm.settings import ServiceSpec, StartError
from wirelint.sources.overload import Overload

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


def states(overload: Overload, *lags: float) -> str:
    """Return the result of each tick, ``x`` for shedding."""
    return "".join("x" if overload.tick(lag) else "." for lag in lags)


def test_only_lag_again_and_again_counts() -> None:
    late, good = 0.3, 0.01
    assert states(Overload(0.25), *[late, late, good] * 4) == "." * 12
    assert states(Overload(0.25), *[late] * 5) == "..xxx"
    assert states(Overload(0.25), *[0.25] * 9) == "." * 9


def test_it_recovers_by_itself_once_the_loop_is_well_on_time() -> None:
    overload = Overload(0.25)
    assert states(overload, *[1.0] * 3) == "..x"
    # Almost on time is not enough, and each relapse restarts the wait.
    assert states(overload, *[0.2] * 20) == "x" * 20
    assert states(overload, *[0.01] * 5, 0.2, *[0.01] * 5) == "x" * 11
    assert states(overload, 0.01, 0.01) == ".."
    assert states(overload, *[1.0] * 3) == "..x"


def test_it_can_be_turned_off() -> None:
    overload = Overload(0.25)
    states(overload, *[1.0] * 3)
    overload.limit = 0
    assert states(overload, *[9.0] * 9) == "." * 9


def proxy_before(service: Service, confdir: Path, sampler: Sampler | None = None, **settings: Any) -> Proxy:
    spec = ServiceSpec(url=f"http://{HOST}:{service.port}", name="orders", listen_port=0)
    return Proxy(spec, confdir=confdir, sampler=sampler, **settings)


def test_what_is_not_in_the_sample_passes_unseen_and_at_once(service: Service, confdir: Path) -> None:
    """A body must not be held back only because it is not audited."""
    gate = threading.Event()

    def slow(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nab")
        gate.wait(10)
        peer.send(b"cd")

    service.on("/slow", slow)
    left_out: list[str] = []
    sampler = Sampler(Shares(0.0), left_out.append)
    proxy = proxy_before(service, confdir, sampler)
    with connect(proxy.port()) as client:
        client.sendall(get("/slow"))
        assert read_until(client, b"ab").endswith(b"ab")
        # It is followed far enough for the proxy to wait for its end.
        support.wait_until(lambda: proxy.stats.in_flight == 1, "the exchange to be counted")
        gate.set()
        assert read_all(client) == b"cd"
    support.wait_until(lambda: proxy.stats.in_flight == 0, "its end")
    sampler.shares = Shares()
    service.on("/seen", OK)
    assert talk(proxy.port(), get("/seen")) == OK
    proxy.exchange("/seen")
    proxy.stop()
    assert [each.request.target for each in proxy.exchanges] == ["/seen"]
    assert left_out == ["orders"]
    assert (proxy.stats.unsampled, proxy.stats.captured, proxy.stats.audited) == (1, 1, 1)


def test_a_proxy_that_stops_waits_for_what_is_not_in_the_sample(service: Service, confdir: Path) -> None:
    gate = threading.Event()

    def slow(peer: Peer) -> None:
        gate.wait(10)
        peer.send(OK)

    service.on("/unsampled", slow)
    proxy = proxy_before(service, confdir, Sampler(Shares(0.0)), grace=10.0)
    port = proxy.port()
    with connect(port) as client:
        client.sendall(get("/unsampled"))
        support.wait_until(lambda: "/unsampled" in service.heads, "the request")
        assert proxy.running is not None
        proxy.running.stop()
        support.wait_until(lambda: not support.listening(port), "the listener to close")
        gate.set()
        assert read_all(client).endswith(b"\r\n\r\nhi")
    proxy.stop()
    assert proxy.stats.dropped["stopped"] == 0


def test_exchanges_pass_while_audits_are_shed(service: Service, confdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    late = True
    monkeypatch.setattr(Overload, "tick", lambda _self, _lag: late)
    monkeypatch.setattr("wirelint.sources.mitm.addons.housekeeping._TICK", 0.02)
    service.on("/busy", OK)
    service.on("/calm", OK)
    proxy = proxy_before(service, confdir)
    support.wait_until(lambda: proxy.stats.overloaded, "the overload")
    for _ in range(3):
        assert talk(proxy.port(), get("/busy")) == OK
    assert proxy.stats.dropped["overload"] == 3
    late = False
    support.wait_until(lambda: not proxy.stats.overloaded, "its end")
    assert talk(proxy.port(), get("/calm")) == OK
    proxy.exchange("/calm")
    proxy.stop()
    assert [each.request.target for each in proxy.exchanges] == ["/calm"]
    assert proxy.stats.held_bytes == 0


def test_what_was_begun_before_is_shed_at_its_end(
    service: Service, confdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, late = threading.Event(), False

    def slow(peer: Peer) -> None:
        gate.wait(10)
        peer.send(OK)

    monkeypatch.setattr(Overload, "tick", lambda _self, _lag: late)
    monkeypatch.setattr("wirelint.sources.mitm.addons.housekeeping._TICK", 0.02)
    service.on("/begun", slow)
    proxy = proxy_before(service, confdir)
    with connect(proxy.port()) as client:
        client.sendall(get("/begun"))
        support.wait_until(lambda: "/begun" in service.heads, "the request")
        late = True
        support.wait_until(lambda: proxy.stats.overloaded, "the overload")
        gate.set()
        assert read_all(client) == OK
    proxy.stop()
    assert not proxy.exchanges
    assert proxy.stats.dropped["overload"] == 1
    assert proxy.stats.held_bytes == 0


def test_a_limit_below_zero(service: Service, confdir: Path) -> None:
    with pytest.raises(StartError, match="wirelint_overload_lag must not be negative"):
        proxy_before(service, confdir, overload_lag=-1)
