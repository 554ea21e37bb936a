"""The wall clock jumps while exchanges are going on: they end as they would have, and no count goes backwards."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

import support
from lab.mitm import HOST, Peer, Proxy, Service, connect, get, read_all, talk
from wirelint.core.engine import Engine
from wirelint.live import Live
from wirelint.rules import catalogue
from wirelint.sources.mitm.settings import ServiceSpec

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
DAY = 86400.0


@pytest.mark.parametrize("jump", [DAY, -DAY, 365 * DAY, -365 * DAY])
def test_the_clock_jumps(service: Service, confdir: Path, monkeypatch: pytest.MonkeyPatch, jump: float) -> None:
    gate = threading.Event()

    def slow(peer: Peer) -> None:
        gate.wait(10)
        peer.send(OK)

    service.on("/over", slow)
    service.on("/after", OK)
    live = Live(Engine(catalogue()))
    spec = ServiceSpec(url=f"http://{HOST}:{service.port}", name="orders", listen_port=0)
    proxy = Proxy(spec, confdir=confdir, consume=live.consume)
    real = time.time
    try:
        assert talk(proxy.port(), get("/after")) == OK
        with connect(proxy.port()) as client:
            client.sendall(get("/over"))
            support.wait_until(lambda: "/over" in service.heads, "the request")
            monkeypatch.setattr(time, "time", lambda: real() + jump)
            assert talk(proxy.port(), get("/after")) == OK
            time.sleep(0.6)  # what looks after exchanges in flight comes by every half second
            gate.set()
            assert read_all(client) == OK
        over = proxy.exchange("/over")
        assert over.failure is None
        assert talk(proxy.port(), get("/after")) == OK
        support.wait_until(lambda: len(proxy.exchanges) == 4, "all to be audited")
    finally:
        proxy.stop()
    assert not any(proxy.stats.dropped.values())
    assert not any(proxy.stats.faults.values())
    assert proxy.stats.hung <= 1  # that one seems to have waited for a day
    text = live.metrics.render()[1].decode()
    sums = [line for line in text.splitlines() if line.startswith("wirelint_exchange_duration_seconds_sum")]
    assert len(sums) == 1
    assert 0 <= float(sums[0].split()[-1]) <= max(jump, 0) + 60
    assert "wirelint_exchanges_total" in text
