"""What benchmarks see of the latency of requests."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from benchmarks import load, steady

STALL_SECONDS = 0.5


@contextmanager
def stalling(*, after: int) -> Iterator[int]:
    """Provide a service that stands still once, for all clients: it answers one at a time."""
    turn = threading.Lock()
    asked = 0

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            nonlocal asked
            with turn:
                asked += 1
                if asked == after:
                    time.sleep(STALL_SECONDS)
                if self.path == "/gone":
                    self.close_connection = True
                    return
                self.send_response(200)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    worker = threading.Thread(target=server.serve_forever, args=(0.01,))
    worker.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        worker.join()
        server.server_close()


def test_all_that_had_to_wait_is_seen_at_a_steady_rate() -> None:
    with stalling(after=20) as port:
        timed = steady.run(port, rate=100, seconds=1.2, connections=4, paths=["/"])
    assert len(timed.latencies) == 120
    assert timed.broken == 0
    # What was due in the first half of the pause waited for the other half at least, on whatever connection.
    waited = [each for each in timed.latencies if each >= STALL_SECONDS * 1e3 / 2]
    assert len(waited) >= 20


def test_requests_without_a_response_are_counted() -> None:
    with stalling(after=0) as port:
        timed = steady.run(port, rate=100, seconds=0.3, connections=2, paths=["/", "/gone"])
    assert len(timed.latencies) == 15
    assert timed.broken == 15


def test_percentiles() -> None:
    seen = load.summary([float(each) for each in range(100, 0, -1)], 10.0, 3)
    assert (seen.p50, seen.p90, seen.p99, seen.most, seen.broken, seen.rate) == (51, 91, 100, 100, 3, 10)
    assert load.summary([], 1.0, 2).requests == 0


def test_the_log_of_h2load() -> None:
    seen = load.seen_by_h2load("100\t200\t1500\n200\t200\t2500\n300\t-1\t10\n", 2.0)
    assert (seen.requests, seen.broken, seen.most, seen.rate) == (2, 1, 2.5, 1.0)


@pytest.mark.parametrize(("words", "scheme"), [({}, "http"), ({"tls": True}, "https")])
def test_wrk_speaks_tls_where_the_scenario_does(
    words: dict[str, bool], scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def run(command: list[str], cpu: int | None) -> str:
        asked.extend(command)
        return '\n{"requests":1,"seconds":1,"p50":1,"p90":1,"p99":1,"most":1,"broken":0}'

    monkeypatch.setattr(load, "tool", str)
    monkeypatch.setattr(load, "_run", run)
    load.load(load.Scenario("any", "", ("/small.json",), **words), 81, 1, None)
    assert f"{scheme}://127.0.0.1:81/small.json" in asked
