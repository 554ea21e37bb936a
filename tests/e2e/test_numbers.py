"""Each figure of docs/numbers.md, as a real Prometheus reckons it over traffic that is known."""

from __future__ import annotations

import http.client
import json
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lab.prom import Prometheus
from lab.proxy import Audited
from support import HOST, free_port, wait_until

pytestmark = pytest.mark.e2e

FIGURES = Path(__file__).parents[2] / "docs" / "numbers.md"
EXPECTED = {
    "Exchanges": 28,
    "Answered": 23,
    "Answers that lied": 6,
    "Hidden errors": 3,
    "Client errors as success": 3,
    "Server errors as success": 0,
    "Masked errors": 2,
    "Blamed errors": 1,
    "Server errors reported": 10,
    "Server errors that happened": 10,
    "No response": 5,
    "Unreachable": 3,
    "Abandoned": 2,
    "Protocol errors": 2,
    "Failed calls of an operation": 1,
    "Unknown outcomes": 2,
    "Findings": None,
    "Requests and latency of a route": 5,
}
"""None where the number changes with each new rule."""

SLOW = 3.0
PATIENCE = 0.5


class _Services(BaseHTTPRequestHandler):
    """A shop that lies, a service that takes its time, and one that speaks JSON-RPC."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path.startswith("/slow"):
            time.sleep(SLOW)
        if self.path.startswith("/users/"):
            self._reply(200, {"error": "User not found"})
        elif self.path == "/stock":
            self._reply(503, {"error": "maintenance"})
        else:
            self._reply(200, {"id": 7, "item": "tea"})

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/rpc":
            self._call(json.loads(content))
            return
        try:
            json.loads(content)
        except ValueError:
            self._reply(500, {"error": "Internal Server Error"})
        else:
            self._reply(400, {"error": "Internal error: connection to database refused"})

    def _call(self, asked: dict[str, object]) -> None:
        answer: dict[str, object] = {"jsonrpc": "2.0", "id": asked["id"]}
        if asked["method"] != "balance":
            self._reply(200, answer | {"error": {"code": -32601, "message": "Method not found"}})
        elif asked["id"] == 0:
            self._reply(200, answer | {"error": {"code": -32603, "message": "Internal error"}})
        else:
            self._reply(200, answer | {"result": 1})

    def _reply(self, status: int, value: object) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        if status == 503:
            self.send_header("Retry-After", "20")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the class above
        """Say nothing."""


def ask(port: int, method: str, path: str, content: str = "", patience: float = 20.0) -> None:
    client = http.client.HTTPConnection(HOST, port, timeout=patience)
    try:
        client.request(method, path, content or None, {"Content-Type": "application/json"} if content else {})
        client.getresponse().read()
    except TimeoutError:
        pass
    finally:
        client.close()


def rpc(number: int, method: str = "balance") -> str:
    return json.dumps({"jsonrpc": "2.0", "method": method, "id": number})


def figures() -> dict[str, str]:
    """The expression of each figure."""
    found = re.findall(r"^## (.+?)\n+```promql\n(.+?)\n```", FIGURES.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(found) == FIGURES.read_text(encoding="utf-8").count("\n## ")
    return dict(found)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Audited, Prometheus, int]]:
    server = ThreadingHTTPServer((HOST, 0), _Services)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    up, nowhere = f"http://{HOST}:{server.server_address[1]}", free_port()
    services = {"shop": up, "slow": up, "rpc": up, "dead": f"http://{HOST}:{nowhere}"}
    with (
        Audited(services, tmp_path_factory.mktemp("proxy")) as proxy,
        Prometheus(tmp_path_factory.mktemp("prometheus"), targets=[f"{HOST}:{proxy.metrics_port}"]) as prometheus,
    ):
        shop, calls = proxy.ports["shop"], proxy.ports["rpc"]
        for number in range(5):
            ask(shop, "GET", f"/orders/{number + 1}")
        for number in range(3):
            ask(shop, "GET", f"/users/{number + 1}")
        for _ in range(2):
            ask(shop, "POST", "/orders", '{"item": 7}')
        for _ in range(4):
            ask(shop, "GET", "/stock")
        ask(shop, "POST", "/orders", '{"item": ')
        for _ in range(3):
            ask(proxy.ports["dead"], "GET", "/")
        for _ in range(2):
            ask(proxy.ports["slow"], "GET", "/slow", patience=PATIENCE)
        for number in (1, 2, 3, 4, 5, 6, 0):
            ask(calls, "POST", "/rpc", rpc(number))
        ask(calls, "POST", "/rpc", rpc(8, "ballance"))
        proxy.settle(28)
        wait_until(
            lambda: prometheus.instant("sum(wirelint_exchanges_total) == 28") != [], "all exchanges to be scraped", 60.0
        )
        yield proxy, prometheus, nowhere
    server.shutdown()
    server.server_close()


def test_each_figure_is_what_was_sent(seen: tuple[Audited, Prometheus, int]) -> None:
    _, prometheus, _ = seen
    expressions = figures()
    assert list(expressions) == list(EXPECTED)
    reckoned = {}
    for name, expression in expressions.items():
        (result,) = prometheus.instant(expression)
        reckoned[name] = float(result["value"][1])
    assert reckoned.pop("Findings") > 0
    assert reckoned == {name: number for name, number in EXPECTED.items() if number is not None}


def test_page_and_terminal_say_the_same(seen: tuple[Audited, Prometheus, int]) -> None:
    proxy, prometheus, nowhere = seen
    now = json.loads(proxy.get("/api/services"))
    totals = now["totals"]
    assert {name: totals[name] for name in ("exchanges", "answered", "lied", "reported", "true", "hidden_client")} == {
        "exchanges": 28, "answered": 23, "lied": 6, "reported": 10, "true": 10, "hidden_client": 3,
    }  # fmt: skip
    assert (totals["protocol_errors"], totals["unreachable"], totals["abandoned"]) == (2, 3, 2)
    assert PATIENCE / 2 < totals["waited"] < SLOW, "the proxy sees a request later than its client begins to wait"
    (dead,) = now["unreachable"]
    assert (dead["service"], dead["address"], dead["count"]) == ("dead", f"{HOST}:{nowhere}", 3)
    assert f"dead: cannot connect to {HOST}:{nowhere} (connection refused)" in proxy.output()
    assert prometheus.instant("wirelint_unreachable_services")[0]["value"][1] == "1"


def test_a_service_that_behaves_in_its_protocol_hides_nothing(seen: tuple[Audited, Prometheus, int]) -> None:
    _, prometheus, _ = seen
    hidden = prometheus.instant('sum(wirelint_exchanges_total{service="rpc",protocol="http"})')
    assert hidden == []
    rate = 'sum(wirelint_calls_total{service="rpc",outcome!~"ok|unknown"}) / sum(wirelint_calls_total{service="rpc"})'
    assert float(prometheus.instant(rate)[0]["value"][1]) == 2 / 8
