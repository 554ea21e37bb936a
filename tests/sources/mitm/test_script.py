"""The addon inside stock mitmdump, which loads it as a script."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import support
from lab.mitm import HOST, Service, get, talk

ADDONS = Path(__file__).parents[3] / "addons"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

SCRIPT = """
from wirelint.settings.sampling import Sampler
from wirelint.sources.mitm.script import ScriptAuditor

class Live:
    def __init__(self, host, port, config, stats):
        self.stats = stats
        self.sampler = Sampler()
        print("build", host, port, config or "-", flush=True)

    def consume(self, exchange):
        failure = exchange.failure.kind.value if exchange.failure else "-"
        print("audited", exchange.service, exchange.request.target, exchange.status, failure, flush=True)
        return ()

    def close(self):
        print("closed", self.stats.captured, flush=True)

addons = [ScriptAuditor(Live)]
"""


@pytest.mark.e2e
def test_as_a_script(service: Service, background: support.Background, tmp_path: Path) -> None:
    service.on("/script", OK)
    service.on("/trailers", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n")
    script = tmp_path / "audit.py"
    script.write_text(SCRIPT)
    port, dead, saved = support.free_port(), support.free_port(), tmp_path / "saved"
    modes = [f"reverse:http://{HOST}:{service.port}@{HOST}:{port}", f"reverse:http://{HOST}:1@{HOST}:{dead}"]
    process = background(
        [
            *(sys.executable, "-c", "from mitmproxy.tools.main import mitmdump; mitmdump()"),
            *("--mode", modes[0], "--mode", modes[1], "-s", script, "-w", saved),
            *("--set", f"confdir={tmp_path}", "--set", f"wirelint_service=orders={modes[0]}"),
            *("--set", "wirelint_metrics_port=9999"),
        ],
        port=port,
        env={"PYTHONPATH": str(ADDONS)},
    )
    process.wait_for_output("build 127.0.0.1 9999 -")
    assert talk(port, get("/script")) == OK
    # Small bodies are buffered here, so that other scripts find them; trailers pass all the same.
    assert talk(port, get("/trailers")).endswith(b"0\r\nX-Sum: 1\r\n\r\n")
    # Upstream connections are made late, so that a failure is an answer and not a closed connection.
    assert talk(dead, get("/dead")).startswith(b"HTTP/1.1 502 ")
    process.wait_for_output("audited orders /script 200 -")
    process.wait_for_output(f"audited {HOST}:1 /dead None connect")
    assert process.stop() == 0
    assert "closed 3" in process.output()
    assert "Traceback" not in process.output()
    assert b"2:hi," in saved.read_bytes()


@pytest.mark.e2e
def test_a_service_that_no_mode_stands_for(background: support.Background, tmp_path: Path) -> None:
    script = tmp_path / "audit.py"
    script.write_text(SCRIPT)
    process = background(
        [
            *(sys.executable, "-c", "from mitmproxy.tools.main import mitmdump; mitmdump()"),
            *("--mode", f"regular@{HOST}:{support.free_port()}", "-s", script, "--set", "wirelint_service=orders"),
            *("--set", f"confdir={tmp_path}"),
        ],
        env={"PYTHONPATH": str(ADDONS)},
    )
    assert process.wait() == 1
    assert "names no reverse proxy mode" in process.output()
