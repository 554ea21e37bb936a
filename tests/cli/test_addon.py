"""The script that stock mitmdump and mitmweb load, as ``wirelint addon-path`` names it."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

import support
from lab.cli import Shell
from lab.mitm import HOST, Service

LIE = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture
def service() -> Iterator[Service]:
    raw = Service()
    yield raw
    raw.close()


@pytest.mark.e2e
@pytest.mark.parametrize("program", ["mitmdump", "mitmweb"])
def test_it_audits_and_serves_metrics(
    service: Service, wirelint: Shell, background: support.Background, tmp_path: Path, program: str
) -> None:
    service.on("/me", LIE)
    port, page = support.free_port(), support.free_port()
    words = [
        *("-s", wirelint("addon-path").out.strip(), "--mode", f"reverse:http://{HOST}:{service.port}@{HOST}:{port}"),
        *("--set", f"confdir={tmp_path}", "--set", f"wirelint_metrics_port={page}"),
        *(["--no-web-open-browser", "--web-port", str(support.free_port())] if program == "mitmweb" else []),
    ]
    start = f"from mitmproxy.tools.main import {program}; {program}()"
    process = background([sys.executable, "-c", start, *words], port=page, cwd=tmp_path)
    support.wait_for_port(port)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"http://{HOST}:{port}/me", timeout=10)
    caught.value.close()
    process.wait_for_output("unauthorized-without-challenge")
    with urllib.request.urlopen(f"http://{HOST}:{page}/metrics", timeout=10) as response:
        metrics = response.read().decode()
    assert 'rule="unauthorized-without-challenge"' in metrics
    assert 'wirelint_dropped_total{reason="queue_full"} 0.0' in metrics
    assert process.stop() == 0
    assert "Traceback" not in process.output()


@pytest.mark.e2e
def test_a_wrong_configuration_file_ends_it(wirelint: Shell, background: support.Background, tmp_path: Path) -> None:
    wirelint.write("wirelint.toml", 'selct = "high"')
    script = Path(__file__).parents[2] / "addons" / "wirelint_addon.py"
    words = ["-s", script, "--listen-port", str(support.free_port()), "--set", f"confdir={tmp_path}"]
    process = background(
        [
            *(sys.executable, "-c", "from mitmproxy.tools.main import mitmdump; mitmdump()", *words),
            *("--set", f"wirelint_metrics_port={support.free_port()}"),
        ],
        cwd=tmp_path,
    )
    assert process.wait() == 1
    assert "selct: unknown setting; did you mean select?" in process.output()
    assert "Traceback" not in process.output()
