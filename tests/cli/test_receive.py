"""``wirelint receive`` as users run it, fed as Envoy feeds it."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.cli import Shell
from lab.envoy import STARTED, Sender, entry, grpc, sending
from lab.proxy import Receiver, Tailing
from support import HOST, wait_until
from tools import require_library

LIE = {"sw": b'{"error": "no such order"}'}


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with Receiver(tmp_path / "receiver", "--log", str(tmp_path / "findings.jsonl")) as running:
        yield running


def test_what_envoy_sends_is_audited(receiver: Receiver, tmp_path: Path) -> None:
    with sending(receiver.receiving) as envoy:
        envoy.send(entry("/orders/7", 200, octets=LIE), entry("/orders", 401, octets={"sw": b""}))
        envoy.send(entry("/gone", 404, "route_not_found", cluster="", flags=["no_route_found"], began=False))
    receiver.settle(3)
    assert receiver.outcomes() == {
        ("shop", "200", "client_error"): 1,
        ("shop", "401", "client_error"): 1,
        ("edge", "404", "client_error"): 1,
    }
    rules = {finding["rule"] for finding in receiver.findings()}
    assert {"ok-with-error-body", "unauthorized-without-challenge"} <= rules
    logged = [json.loads(line) for line in (tmp_path / "findings.jsonl").read_text().splitlines()]
    assert rules <= {line["rule"] for line in logged}
    assert receiver.get("/healthz") == "ok\n"
    receiver.stop()
    assert "shop" in receiver.output()


def test_entries_that_cannot_be_audited_are_counted(receiver: Receiver) -> None:
    bare = entry("/a")
    bare.common_properties.metadata.Clear()
    ongoing = entry("/b")
    ongoing.common_properties.access_log_type = 4
    retried = entry("/c")
    retried.common_properties.upstream_request_attempt_count = 3
    with sending(receiver.receiving) as envoy:
        ahead = entry("/e", started=time.time() + 3600)
        envoy.send(bare, ongoing, retried, ahead, entry("/d", sent=[("x", "y" * 200_000)]))
    receiver.settle(1)

    def counted(metric: str) -> dict[str, float]:
        return {labels[0]: value for labels, value in receiver.samples(metric).items() if value}

    wait_until(lambda: receiver.samples("wirelint_captured_exchanges_total")[()] == 5, "five entries")
    assert counted("wirelint_skipped_total") == {"no_fields": 1, "not_ended": 1, "retried": 2, "in_future": 1}
    assert counted("wirelint_dropped_total") == {"head_too_large": 1}


def test_threads_of_envoy_are_put_into_one_order(receiver: Receiver) -> None:
    # Rules that look back would see a refusal before the acceptance that it followed.
    with grpc.insecure_channel(f"{HOST}:{receiver.receiving}") as channel:
        late, early = Sender(channel), Sender(channel)
        late.send(*(entry(f"/items/{n}", 200, octets=LIE, started=STARTED + 10 + n) for n in range(3)))
        early.send(*(entry(f"/items/{n}", 200, octets=LIE, started=STARTED + n) for n in range(3)))
        late.end()
        early.end()
    receiver.settle(6)
    (finding,) = receiver.findings()
    newest_first = [example["time"] for example in finding["examples"]]
    assert len(newest_first) == 6
    assert newest_first == sorted(newest_first, reverse=True)


def test_a_reload_changes_the_rules(tmp_path: Path) -> None:
    config = tmp_path / "wirelint.toml"
    config.write_text('[receive]\nselect = ["unauthorized-without-challenge"]\n')
    with Receiver(tmp_path / "receiver", "--config", str(config)) as receiver:
        config.write_text('[receive]\nselect = ["created-without-location"]\n')
        receiver.reload()
        with sending(receiver.receiving) as envoy:
            envoy.send(entry("/orders", 401, octets={"sw": b""}))
        receiver.settle(1)
        assert receiver.findings() == []


def test_tls_asks_for_the_certificate_that_it_is_to_ask_for(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    words = ["--tls-cert", str(certificate), "--tls-key", str(key), "--tls-client-ca", str(certificate)]
    with Receiver(tmp_path / "receiver", *words) as receiver:
        root, own = certificate.read_bytes(), key.read_bytes()
        address = f"{HOST}:{receiver.receiving}"
        with grpc.secure_channel(address, grpc.ssl_channel_credentials(root)) as channel:
            stranger = Sender(channel)
            with pytest.raises(grpc.FutureTimeoutError):
                grpc.channel_ready_future(channel).result(timeout=2)
            stranger.answer.cancel()
        with grpc.secure_channel(address, grpc.ssl_channel_credentials(root, own, root)) as channel:
            envoy = Sender(channel)
            envoy.send(entry())
            envoy.end()
        receiver.settle(1)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--listen", "9465"], "--listen must be HOST:PORT as in 127.0.0.1:9465: got '9465'"),
        (["--listen", "a:99999"], "--listen must be HOST:PORT as in 127.0.0.1:9465: got 'a:99999'"),
        (["--tls-key", "pyproject.toml"], "--tls-cert and --tls-key belong together: give both"),
        (["--tls-client-ca", "pyproject.toml"], "--tls-client-ca needs TLS: give --tls-cert and --tls-key, too"),
    ],
)
def test_wrong_usage_is_reported_in_one_line(wirelint: Shell, words: list[str], message: str) -> None:
    wirelint.write("pyproject.toml", "")
    run = wirelint("receive", *words)
    assert (run.code, run.err) == (2, f"wirelint receive: {message}\n")


def test_an_access_log_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "access.log"

    def logged(number: int, status: int) -> str:
        ids = {"request_id": f"{number:032x}", "upstream_name": "shop"}
        line = {"msec": time.time(), "request_method": "GET", "request_uri": f"/items/{number}", "status": status}
        return json.dumps(line | ids | {"upstream_status": "502", "request_time": 0.01}) + "\n"

    path.write_text(logged(0, 500))
    with Tailing(tmp_path / "tail", path) as tail:
        with path.open("a") as file:
            file.write(logged(1, 500) + "no exchange\n")
        tail.settle(2)
        path.rename(tmp_path / "access.log.1")
        path.write_text(logged(2, 502))
        tail.settle(3)
        assert tail.outcomes() == {("shop", "502", "server_error"): 2, ("nginx", "500", "server_error"): 1}
        assert [finding["rule"] for finding in tail.findings()] == ["upstream-failure-masked"]
        assert tail.totals("wirelint_skipped_total", "reason")["no_exchange",] == 1


def test_a_log_to_which_nothing_is_appended_is_explained(tmp_path: Path) -> None:
    with Tailing(tmp_path / "tail", tmp_path / "later.log") as tail:
        tail.stop()
        assert "no exchange was seen: only what is appended while this runs counts" in tail.output()


def test_what_cannot_be_followed_is_reported(wirelint: Shell, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    run = wirelint("receive", "--tail", str(tmp_path / "pipe"), "--metrics-port", "0")
    assert run.code == 2
    assert f"{tmp_path / 'pipe'} cannot be followed: it is no regular file" in run.err
    run = wirelint("receive", "--tail", str(tmp_path / "log"), "--listen", "127.0.0.1:9465")
    assert (run.code, "leave out --listen or --tail" in run.err) == (2, True)


def test_a_port_that_is_taken_is_reported(wirelint: Shell, receiver: Receiver) -> None:
    run = wirelint("receive", "--listen", f"{HOST}:{receiver.receiving}", "--metrics-port", "0")
    assert run.code == 2
    assert f"cannot listen on {HOST}:{receiver.receiving}" in run.err


def test_the_extra_is_named_where_it_is_missing(wirelint: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(sys.modules):
        if name.startswith("wirelint.sources.envoy"):
            monkeypatch.delitem(sys.modules, name)
    absent: Any = None
    monkeypatch.setitem(sys.modules, "grpc", absent)
    run = wirelint("receive")
    assert run.code == 2
    assert "run pip install 'wirelint[envoy]'" in run.err


def test_findings_reach_a_collector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_library("opentelemetry.sdk")
    got: list[str] = []

    class Collector(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            if b"ok-with-error-body" in content:
                got.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    web = http.server.ThreadingHTTPServer((HOST, 0), Collector)
    thread = threading.Thread(target=web.serve_forever)
    thread.start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://{HOST}:{web.server_address[1]}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    try:
        with Receiver(tmp_path / "receiver", "--otel", "http") as receiver:
            with sending(receiver.receiving) as envoy:
                envoy.send(entry("/orders/7", 200, octets=LIE))
            receiver.settle(1)
        assert set(got) == {"/v1/logs", "/v1/metrics"}  # what waited was sent at the end
    finally:
        web.shutdown()
        web.server_close()
        thread.join()
