"""What Prometheus sees of a proxy that meets more users and more hosts than there are labels."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import threading
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from lab.audits import audit, finding, plan, rule
from lab.prom import Prometheus
from lab.proxy import Audited
from support import HOST, free_port, wait_until
from wirelint.core.route_words import NAMES
from wirelint.core.verdict import Verdict
from wirelint.sinks.metrics.registry import Metrics

_USERS = 1000
_HOSTS = 500


class _Refusing(BaseHTTPRequestHandler):
    """Refuses everything, and forgets to say how to authenticate."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the class above
        """Say nothing."""


class _Proxied:
    """A proxy with a service and a port for clients that choose their own, and a Prometheus that scrapes it."""

    def __init__(self, proxy: Audited, prometheus: Prometheus, service: int, forward: int) -> None:
        self.proxy, self.prometheus, self.service, self.forward = proxy, prometheus, service, forward

    def number(self, expression: str) -> float:
        found = self.prometheus.instant(expression)
        return float(found[0]["value"][1]) if found else 0.0


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Proxied]:
    server = ThreadingHTTPServer((HOST, 0), _Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port, forward = server.server_address[1], free_port()
    folder = tmp_path_factory.mktemp("room")
    scraping = tmp_path_factory.mktemp("prometheus")
    with (
        Audited({"shop": f"http://{HOST}:{port}"}, folder, "--forward", str(forward)) as proxy,
        Prometheus(scraping, targets=[f"{HOST}:{proxy.metrics_port}"]) as prometheus,
    ):
        yield _Proxied(proxy, prometheus, port, forward)
    server.shutdown()
    server.server_close()


def _ask(port: int, targets: Iterable[str]) -> None:
    with contextlib.closing(http.client.HTTPConnection(HOST, port, timeout=20)) as client:
        for target in targets:
            client.request("GET", target)
            client.getresponse().read()


def test_a_thousand_users_and_five_hundred_made_up_hosts_leave_room(proxied: _Proxied) -> None:
    _ask(proxied.proxy.ports["shop"], [f"/profile/{name}" for name in sorted(NAMES)[:_USERS]])
    # Ports on which nothing listens, then one that answers.
    hosts = [f"http://{HOST}:{number}/" for number in range(1, 1 + _HOSTS)]
    _ask(proxied.forward, [*hosts, f"http://{HOST}:{proxied.service}/orders/late"])
    proxied.proxy.settle(_USERS + _HOSTS + 1)
    wait_until(lambda: proxied.number("sum(wirelint_exchanges_total)") >= _USERS + _HOSTS + 1, "all exchanges scraped")

    real = f"{HOST}:{proxied.service}"
    services = {each["metric"]["service"] for each in proxied.prometheus.instant("wirelint_exchanges_total")}
    assert services == {"shop", "_other", real}
    assert proxied.number(f'wirelint_exchanges_total{{service="{real}",code="401"}}') == 1
    rule = 'wirelint_findings_total{rule="unauthorized-without-challenge",route!=""}'
    found = {
        (each["metric"]["service"], each["metric"]["route"]): float(each["value"][1])
        for each in proxied.prometheus.instant(rule)
    }
    assert found == {("shop", "/profile/{name}"): _USERS, (real, "/orders/{name}"): 1}
    assert proxied.number("sum(wirelint_label_overflow_total)") == 0
    assert proxied.number("wirelint_series") < proxied.number("wirelint_series_limit")


class _Exposed(BaseHTTPRequestHandler):
    """Shows metrics as they were rendered."""

    content = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the class above
        """Say nothing."""


def test_a_hundred_services_with_a_hundred_routes_and_97_rules_keep_their_exchanges(tmp_path: Path) -> None:
    rules = [rule(f"rule-{number}") for number in range(97)]
    metrics, shape = Metrics(rules), plan(*rules)
    for service, route in itertools.product(range(100), range(100)):
        name = f"s{service}"
        found = [finding(each.id, service=name, route=f"/r{route}") for each in rules[route % 7 :: 7]]
        made = audit(*found, service=name, status=200 if route % 2 else 500, verdict=Verdict.SERVER_ERROR, plan=shape)
        metrics.accept(msgspec.structs.replace(made, route=f"/r{route}"))
    _Exposed.content = metrics.render()[1]
    server = ThreadingHTTPServer((HOST, 0), _Exposed)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Prometheus(tmp_path, targets=[f"{HOST}:{server.server_address[1]}"]) as prometheus:

        def number(expression: str) -> float:
            result = prometheus.instant(expression)
            return float(result[0]["value"][1]) if result else 0.0

        wait_until(lambda: number("sum(wirelint_exchanges_total)") == 10_000, "the scrape", 60.0)
        per_service = 'count(sum by (service, code) (wirelint_exchanges_total{verdict="server_error"}) == 50)'
        assert number(per_service) == 200
        assert number('count({__name__=~"wirelint_.+"})') <= number("wirelint_series_limit") == 10_000
        assert number("sum(wirelint_findings_total)") == sum(len(rules[route % 7 :: 7]) for route in range(100)) * 100
    server.shutdown()
    server.server_close()
