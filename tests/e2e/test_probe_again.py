"""``wirelint proxy --probe`` asks a service again: by safe methods, marked, slowly, and never as traffic."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import httpx
import pytest

from lab.proxy import Audited
from support import HOST, wait_until

MARK = "Wirelint-Probe"
TOKEN = "Bearer b1946ac92492d2347c6235b4d2611184"


class Asked(NamedTuple):
    """One request that the service got."""

    at: float
    method: str
    target: str
    token: str | None
    marked: bool


class Shop(BaseHTTPRequestHandler):
    """Has orders to read, refuses other methods with 404, and fails for pages that are no numbers."""

    protocol_version = "HTTP/1.1"
    asked: list[Asked]

    def answer(self) -> None:
        token, marked = self.headers.get("Authorization"), MARK in self.headers
        self.asked.append(Asked(time.monotonic(), self.command, self.path, token, marked))
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, query = self.path.partition("?")
        known = path == "/orders"
        status = 404
        if self.command == "OPTIONS" and known:
            status = 204
        elif self.command == "GET" and known:
            status = 500 if query and not query.rpartition("=")[2].isdigit() else 200
        content = {200: b"[]", 204: b"", 404: b'{"error": "Not Found"}', 500: b'{"error": "Internal Server Error"}'}[
            status
        ]
        self.send_response(status)
        if status == 204:
            self.send_header("Allow", "GET, HEAD")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_DELETE = do_OPTIONS = answer  # noqa: N815 - as http.server names them

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@pytest.fixture(scope="module")
def asked() -> list[Asked]:
    return []


@pytest.fixture(scope="module")
def proxy(asked: list[Asked], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audited]:
    server = ThreadingHTTPServer((HOST, 0), type("Noted", (Shop,), {"asked": asked}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    services = {"shop": f"http://{HOST}:{server.server_port}"}
    with Audited(services, tmp_path_factory.mktemp("probe"), "--probe") as proxy:
        with httpx.Client(base_url=proxy.url("shop"), headers={"Authorization": TOKEN}, trust_env=False) as client:
            for _ in range(2):
                client.put("/orders", json={"id": 1})
                client.get("/orders?page=last")
                client.delete("/nothing")
        wait_until(lambda: sum(proxy.samples("wirelint_probes_total").values()) == 3, "three probed routes", 60)
        yield proxy
    server.shutdown()
    server.server_close()


def test_what_asking_proves_is_found(proxy: Audited) -> None:
    found = {each["rule"]: each for each in proxy.findings()}
    assert found["method-refused-as-404"]["method"] == "PUT"
    assert found["input-refused-as-500"]["route"] == "/orders"
    told = {name: str(found[name]["examples"]) for name in ("method-refused-as-404", "input-refused-as-500")}
    assert "asked again: GET → 200, OPTIONS allows GET, HEAD" in told["method-refused-as-404"]
    assert "asked again: 500; with 1 in place" in told["input-refused-as-500"]
    outcomes = {outcome: count for (outcome, _), count in proxy.samples("wirelint_probes_total").items() if count}
    assert outcomes == {"proven": 2, "unclear": 1}


def test_questions_are_no_traffic(proxy: Audited) -> None:
    assert proxy.exchanges == 6
    counted = {labels for labels, count in proxy.samples("wirelint_findings_total").items() if count}
    assert not any({"method-refused-as-404", "input-refused-as-500"} & set(labels) for labels in counted)


def test_only_safe_methods_slowly_and_each_route_once(proxy: Audited, asked: list[Asked]) -> None:
    assert proxy.exchanges == 6
    ours = [each for each in asked if each.marked]
    assert sorted((each.method, each.target) for each in ours) == [
        ("GET", "/nothing"),
        ("GET", "/orders"),
        ("GET", "/orders?page=1"),
        ("GET", "/orders?page=last"),
        ("OPTIONS", "/nothing"),
        ("OPTIONS", "/orders"),
    ]
    assert {each.token for each in ours} == {TOKEN}
    assert min(after.at - before.at for before, after in itertools.pairwise(ours)) > 1.5
