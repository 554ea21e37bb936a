"""Run one script many times against a loaded proxy: the same must be found every time.

``cd tests && ../.venv/bin/python -m lab.repeats --runs 100 --workers 2`` prints how often each rule was found. It fails
if one was missed. Each run has a service of its own behind one proxy, so no run knows of another; clients of one more
service keep the proxy busy meanwhile. Every other run opens a connection for each request.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import itertools
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from lab.proxy import Audited
from support import HOST, wait_until

EXPECTED = frozenset({"allow-header-lies", "head-get-divergence", "repeated-delete-5xx"})
SCRIPT = (
    *(("GET", "/orders/42"), ("OPTIONS", "/orders/42"), ("GET", "/orders/42"), ("PATCH", "/orders/42")),
    *(("GET", "/reports/7"), ("HEAD", "/reports/7"), ("GET", "/reports/7"), ("HEAD", "/reports/7")),
    *(("GET", "/orders/42"), ("DELETE", "/orders/42"), ("DELETE", "/orders/42"), ("GET", "/orders/7")),
)
"""Methods and paths; each success that looks like a repetition matters for what follows."""

LOADED_BY = 4
AT_ONCE = 4
AT_ONE_PROXY = 50
_FIELDS = {"Content-Type": "application/json"}


class _Service(BaseHTTPRequestHandler):
    """Lists methods that it refuses, leaves out methods that work, and fails to delete twice."""

    protocol_version = "HTTP/1.1"
    deleted: set[tuple[str, str]]

    def do_GET(self) -> None:
        self._reply(200, b'{"item": "tea"}')

    def do_HEAD(self) -> None:
        self._reply(404)

    def do_OPTIONS(self) -> None:
        self._reply(204, allow="PUT, PATCH, DELETE")

    def do_PATCH(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._reply(405, b'{"error": "method not allowed"}', allow="GET, PUT")

    def do_DELETE(self) -> None:
        what = (self.headers["X-Run"], self.path)
        if what in self.deleted:
            self._reply(500, b'{"error": "internal error"}')
        else:
            self.deleted.add(what)
            self._reply(204)

    def _reply(self, status: int, content: bytes = b"", allow: str = "") -> None:
        self.send_response(status)
        if allow:
            self.send_header("Allow", allow)
        if status != 204:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the class above
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


def repeat(runs: int, folder: Path, *arguments: str) -> Counter[str]:
    """Return in how many runs each rule was found.

    :param arguments: more words for the command line of the proxy.
    """
    _Service.deleted = set()
    with _serving() as url:
        names = [f"run-{number}" for number in range(runs)]
        with Audited(dict.fromkeys((*names, "busy"), url), folder, *arguments) as proxy:
            with _busy(proxy.ports["busy"]), ThreadPoolExecutor(AT_ONCE) as pool:
                for done in [
                    pool.submit(_run, proxy.ports[name], name, keep=at % 2 == 0) for at, name in enumerate(names)
                ]:
                    done.result()
            wait_until(lambda: _audited(proxy) == runs * len(SCRIPT), "all exchanges to be audited", 60.0)
            # By the names of the labels: method, route, rule, service, side.
            found = {
                (labels[2], labels[3])
                for labels, number in proxy.samples("wirelint_findings_total").items()
                if number and labels[3] != "busy"
            }
    return Counter(rule for rule, _ in found)


def _audited(proxy: Audited) -> int:
    """Return the number of exchanges of all runs. Labels: code, direction, method, protocol, service, verdict."""
    return int(sum(count for labels, count in proxy.samples("wirelint_exchanges_total").items() if labels[4] != "busy"))


@contextlib.contextmanager
def _serving() -> Iterator[str]:
    server = _Server((HOST, 0), _Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://{HOST}:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def _run(port: int, name: str, *, keep: bool) -> None:
    client: http.client.HTTPConnection | None = None
    for method, path in SCRIPT:
        if client is None or not keep:
            if client is not None:
                client.close()
            client = http.client.HTTPConnection(HOST, port, timeout=60)
        client.request(method, path, '{"item": "x"}' if method == "PATCH" else None, {**_FIELDS, "X-Run": name})
        client.getresponse().read()
    if client is not None:
        client.close()


@contextlib.contextmanager
def _busy(port: int) -> Iterator[None]:
    stop = threading.Event()

    def ask() -> None:
        client = http.client.HTTPConnection(HOST, port, timeout=60)
        for number in itertools.count():
            if stop.is_set():
                break
            client.request("GET", f"/orders/{number % 50}")
            client.getresponse().read()
        client.close()

    threads = [threading.Thread(target=ask) for _ in range(LOADED_BY)]
    for each in threads:
        each.start()
    try:
        yield
    finally:
        stop.set()
        for each in threads:
            each.join()


def main(words: Sequence[str] | None = None, write: Callable[[str], object] = print) -> int:
    """Run the script, and return the exit code: 0 if all of it was found every time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--workers", type=int, default=1)
    chosen = parser.parse_args(words)
    found: Counter[str] = Counter()
    for first in range(0, chosen.runs, AT_ONE_PROXY):
        with tempfile.TemporaryDirectory() as folder:
            runs = min(AT_ONE_PROXY, chosen.runs - first)
            found += repeat(runs, Path(folder), "--workers", str(chosen.workers))
    for rule in sorted(EXPECTED):
        write(f"{rule}: found in {found[rule]} of {chosen.runs} runs")
    return int(any(found[rule] != chosen.runs for rule in EXPECTED))


if __name__ == "__main__":
    sys.exit(main())
