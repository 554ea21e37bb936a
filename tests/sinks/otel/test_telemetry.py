"""What reaches a collector, by the protocol's own definitions."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Iterator
from concurrent import futures
from typing import Any

import pytest

from tools import require_library
from wirelint.core import wire
from wirelint.core.engine import Engine
from wirelint.rules import catalogue
from wirelint.sinks.metrics.registry import Metrics

grpc = require_library("grpc")
telemetry = require_library("wirelint.sinks.otel.telemetry")
logs_pb2 = require_library("opentelemetry.proto.collector.logs.v1.logs_service_pb2")
metrics_pb2 = require_library("opentelemetry.proto.collector.metrics.v1.metrics_service_pb2")

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
LIE = f"""\
GET /orders/7 HTTP/1.1
Host: shop.example
traceparent: 00-{TRACE}-{SPAN}-01

HTTP/1.1 200 OK
Content-Type: application/json

{{"error": "no such order"}}
"""
REFUSED = """\
GET /me HTTP/1.1
Host: shop.example

HTTP/1.1 401 Unauthorized
Content-Length: 0

"""


class Collector:
    """What came."""

    def __init__(self) -> None:
        self.logs: list[Any] = []
        self.metrics: list[Any] = []

    def records(self) -> list[tuple[dict[str, Any], Any]]:
        """Return log records with the attributes of their resource."""
        return [
            (attributes(each.resource), record)
            for request in self.logs
            for each in request.resource_logs
            for scope in each.scope_logs
            for record in scope.log_records
        ]

    def families(self) -> dict[str, Any]:
        """Return the metrics of the last request by name."""
        return {
            metric.name: metric
            for each in self.metrics[-1].resource_metrics
            for scope in each.scope_metrics
            for metric in scope.metrics
        }


def attributes(holder: Any) -> dict[str, Any]:
    found = {}
    for each in holder.attributes:
        kind = each.value.WhichOneof("value")
        found[each.key] = getattr(each.value, kind)
    return found


@pytest.fixture
def collector(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """Provide a collector of the protocol that the test names."""
    got = Collector()
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
    if request.param == "grpc":
        server = grpc.server(futures.ThreadPoolExecutor(4))
        for service, kept, module, answer in (
            ("logs.v1.LogsService", got.logs, logs_pb2, "ExportLogsService"),
            ("metrics.v1.MetricsService", got.metrics, metrics_pb2, "ExportMetricsService"),
        ):
            handler = grpc.unary_unary_rpc_method_handler(
                lambda asked, _context, kept=kept, module=module, answer=answer: (
                    kept.append(asked) or getattr(module, f"{answer}Response")()
                ),
                getattr(module, f"{answer}Request").FromString,
                getattr(module, f"{answer}Response").SerializeToString,
            )
            name = f"opentelemetry.proto.collector.{service}"
            server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, {"Export": handler}),))
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
        yield got
        server.stop(0).wait()
        return

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/v1/logs":
                got.logs.append(logs_pb2.ExportLogsServiceRequest.FromString(content))
            elif self.path == "/v1/metrics":
                got.metrics.append(metrics_pb2.ExportMetricsServiceRequest.FromString(content))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=web.serve_forever)
    thread.start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{web.server_address[1]}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    yield got
    web.shutdown()
    web.server_close()
    thread.join()


def send(protocol: str, *texts: str) -> None:
    """Audit exchanges, send what comes of it, and end."""
    engine = Engine(catalogue())
    metrics = Metrics(engine.rules)
    sender = telemetry.Telemetry(protocol, metrics.families)
    for text in texts:
        for exchange in wire.exchanges(text, service="shop"):
            audit = engine.audit(exchange)
            metrics.accept(audit)
            sender.accept(audit)
    sender.close()


@pytest.mark.parametrize("collector", ["grpc", "http"], indirect=True)
def test_new_findings_are_log_records_of_their_trace(collector: Collector, request: pytest.FixtureRequest) -> None:
    protocol = request.node.callspec.params["collector"]
    send(protocol, LIE, LIE, REFUSED)
    by_rule = {attributes(record)["wirelint.rule"]: (resource, record) for resource, record in collector.records()}
    resource, record = by_rule["ok-with-error-body"]
    assert resource["service.name"] == "wirelint"
    assert resource["deployment.environment.name"] == "test"
    assert (record.trace_id.hex(), record.span_id.hex()) == (TRACE, SPAN)
    assert record.event_name == "wirelint.finding"
    assert (record.severity_text, record.severity_number) == ("medium", 17)
    assert record.body.string_value.startswith("200, but the content says that it failed")
    found = attributes(record)
    assert (found["service.name"], found["http.request.method"], found["http.response.status_code"]) == (
        *("shop", "GET"),
        200,
    )
    assert found["wirelint.suggested_status"] == 404
    assert found["http.route"] == "/orders/{id}"
    _, refused = by_rule["unauthorized-without-challenge"]
    assert refused.trace_id == refused.span_id == b""
    # The second of a kind waits for a minute, and is sent at the end.
    lies = [one for _, one in collector.records() if attributes(one)["wirelint.rule"] == "ok-with-error-body"]
    assert len(lies) == 2


@pytest.mark.parametrize("collector", ["grpc", "http"], indirect=True)
def test_metrics_bear_conventional_names_and_ours(collector: Collector, request: pytest.FixtureRequest) -> None:
    protocol = request.node.callspec.params["collector"]
    send(protocol, LIE, REFUSED)
    families = collector.families()
    exchanges = families["wirelint.exchanges"].sum
    assert exchanges.is_monotonic
    counted = {
        (found["http.response.status_code"], found["wirelint.verdict"]): point.as_int
        for point in exchanges.data_points
        for found in [attributes(point)]
    }
    assert counted == {(200, "client_error"): 1, (401, "client_error"): 1}
    findings = {
        attributes(point)["wirelint.rule"]: attributes(point) for point in families["wirelint.findings"].sum.data_points
    }
    assert findings["ok-with-error-body"]["service.name"] == "shop"
    assert families["wirelint.up"].gauge.data_points[0].as_int == 1
    assert families["wirelint.audit_duration"].unit == "s"
    assert "process.cpu.time" in families


def test_a_collector_that_is_gone_delays_nothing_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(telemetry, "_LAST_WORDS", 0.1)
    begun = time.monotonic()
    send("http", LIE)
    assert time.monotonic() - begun < 4
