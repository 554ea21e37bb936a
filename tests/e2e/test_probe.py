"""``wirelint proxy --probe-auth`` before a service that gets credentials right, and wrong in each of three ways."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from lab.proxy import Audited
from support import HOST, wait_until
from wirelint.rules import catalogue

GOOD = "Bearer b1946ac92492d2347c6235b4d2611184"
MARK = "Wirelint-Probe"
PROBING = {rule.id for rule in catalogue() if rule.family == "probing"}


class Door(BaseHTTPRequestHandler):
    """The service; notes what it was asked."""

    protocol_version = "HTTP/1.1"
    asked: list[tuple[str, str, str | None, bool]]

    def answer(self) -> None:
        given = self.headers.get("Authorization")
        self.asked.append((self.command, self.path, given, MARK in self.headers))
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        good = {
            "/closed": given == GOOD,
            "/account": given == GOOD,
            "/any": given is not None,
            "/open": True,
            "/lost": False,
        }[self.path]
        content = b'{"balance": 12}' if good else b'{"error": "unauthorized"}'
        self.send_response(200 if good else 401)
        if not good:
            self.send_header("WWW-Authenticate", "Bearer")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = answer  # noqa: N815 - as http.server names them

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@pytest.fixture(scope="module")
def asked() -> list[tuple[str, str, str | None, bool]]:
    return []


@pytest.fixture(scope="module")
def proxy(
    asked: list[tuple[str, str, str | None, bool]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Audited]:
    server = ThreadingHTTPServer((HOST, 0), type("Noted", (Door,), {"asked": asked}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    services = {"door": f"http://{HOST}:{server.server_port}"}
    with Audited(services, tmp_path_factory.mktemp("probe"), "--probe-auth") as proxy:
        with httpx.Client(base_url=proxy.url("door"), headers={"Authorization": GOOD}, trust_env=False) as client:
            for path in ("/account", "/closed", "/any", "/open", "/lost"):
                for _ in range(3):
                    client.get(path)
            client.post("/account", json={"amount": 1})
            httpx.get(f"{proxy.url('door')}/open", trust_env=False)
        wait_until(lambda: probed(proxy) == 5, "five probed routes", 40)
        yield proxy
    server.shutdown()
    server.server_close()


def outcomes(proxy: Audited) -> dict[str, int]:
    samples = proxy.samples("wirelint_probes_total")
    return {outcome: int(count) for (outcome, service), count in samples.items() if service == "door" and count}


def probed(proxy: Audited) -> int:
    return sum(outcomes(proxy).values())


def test_it_tells_what_is_enforced_ignored_and_unevaluated(proxy: Audited) -> None:
    assert outcomes(proxy) == {"enforced": 2, "ignored": 1, "unevaluated": 1, "unclear": 1}


def test_each_fault_is_found_on_its_route(proxy: Audited) -> None:
    found = {(each["rule"], each["route"]) for each in proxy.findings() if each["rule"] in PROBING}
    assert found == {
        ("broken-credentials-accepted", "/any"),
        ("credentials-ignored", "/open"),
        ("credentials-unevaluated", "/lost"),
    }


def test_probes_are_no_traffic(proxy: Audited) -> None:
    assert proxy.exchanges == 17
    samples = proxy.samples("wirelint_findings_total")
    counted = {rule for (_, _, rule, _, _), count in samples.items() if count}
    assert counted.isdisjoint(PROBING)


def test_only_safe_requests_are_sent_again(proxy: Audited, asked: list[tuple[str, str, str | None, bool]]) -> None:
    ours = [(method, path, given) for method, path, given, marked in asked if marked]
    assert len(ours) == 10
    assert {method for method, _, _ in ours} == {"GET"}
    # Once broken and once without, and never as it was.
    assert GOOD not in {given for _, _, given in ours}
    assert len([given for _, _, given in ours if given is None]) == 5
    assert all(proxy.ports.values())
