"""What benchmarks make of their measurements."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from benchmarks import engine, envoy, passes, results, samples
from benchmarks.contenders import AGAIN, CREW, STOCK, WIRELINT
from benchmarks.load import Scenario, Seen
from benchmarks.machine import machine
from benchmarks.processes import BenchmarkError, Server, free_port
from benchmarks.rounds import Round

from support import wait_until
from tools import require_tool
from wirelint.core.engine import Engine
from wirelint.rules import catalogue

ROOT = Path(__file__).parents[1]
REPLAY = ROOT / "tests/data/replay.har"


def measured(requests: int, p99: float = 10.0, cpu: float | None = 500.0, **counted: int) -> Round:
    seen = Seen(requests, 2.0, 1.0, 2.0, p99, 20.0, 0)
    return Round(seen, cpu, 80 * 1024 * 1024, Counter(counted), requests)


ROUNDS = {
    "direct": [measured(9000, cpu=None)] * 3,
    STOCK: [measured(2000), measured(1000, p99=40.0), measured(2200)],
    AGAIN: [measured(2200), measured(900), measured(2200)],
    WIRELINT: [measured(4000, cpu=250.0, exchanges=4001), measured(3000, cpu=400.0), measured(3300, cpu=250.0)],
}


def test_ratios_are_taken_within_a_round() -> None:
    assert results.median(ROUNDS[WIRELINT], "rate") == 1650
    assert results.ratio(ROUNDS[WIRELINT], ROUNDS[STOCK], "rate") == 2.0
    assert results.ratio(ROUNDS[WIRELINT], ROUNDS[STOCK], "cpu") == 0.5
    assert results.ratio(ROUNDS["direct"], ROUNDS[STOCK], "cpu") is None


def test_the_table_shows_noise_and_what_was_audited() -> None:
    shown = results.table(Scenario("small", "Small", ("/",)), ROUNDS, 2)
    assert "| wirelint proxy | 1650 | 2.00 |" in shown
    assert "round by round: requests/s 0.90 to 1.10, p99 0.25 to 1.00" in shown
    assert "10300 responses got by clients, 4001 audited" in shown
    assert "roken" not in shown


def test_sections_are_kept_until_measured_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "RESULTS", tmp_path / "RESULTS.md")
    monkeypatch.setattr(results, "FIGURES", tmp_path / "results.json")
    results.keep("Small", "first\n\n| a |\n|---|", {"rounds": 1})
    results.keep("Large", "big", {"rounds": 3})
    results.keep("Small", "second", {"rounds": 2})
    assert json.loads((tmp_path / "results.json").read_text()) == {"Small": {"rounds": 2}, "Large": {"rounds": 3}}
    text = (tmp_path / "RESULTS.md").read_text()
    assert text.count("## Small") == text.count("## Large") == 1
    assert text.index("second") < text.index("big")
    assert "first" not in text


def test_figures_say_what_the_table_says() -> None:
    told = results.figures(Scenario("small", "Small", ("/",)), ROUNDS, 2)
    assert told["contenders"][WIRELINT]["rate_ratio"] == 2.0
    assert told["contenders"]["direct"]["cpu_ratio"] is None
    assert told["audited"] == {"responses": 10300, "exchanges": 4001, "findings": 0, "skipped": 0, "dropped": 0}


def test_workers_are_shown_beside_one_process() -> None:
    crew = [measured(6400, p99=20.0, exchanges=6400), measured(5400), measured(5940)]
    scenario = Scenario("workers", "Small", ("/",))
    told = results.figures(scenario, ROUNDS | {CREW: crew}, 2)
    assert told["beside_one"]["rate"] == 1.8
    assert told["audited"]["responses"] == 10300 + 17740
    shown = results.table(scenario, ROUNDS | {CREW: crew}, 2)
    assert "requests/s 1.80 × (1.60 to 1.80), p99 1.00 × (1.00 to 2.00)" in shown
    assert "beside_one" not in results.figures(scenario, ROUNDS, 2)


def test_usage_counts_what_a_program_started(tmp_path: Path) -> None:
    port = free_port()
    listen = f"import socket, time; s = socket.create_server(('127.0.0.1', {port})); time.sleep(60)"
    spin = "import time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass\ntime.sleep(60)"
    parent = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {spin!r}]); {listen}"
    with Server("family", [sys.executable, "-c", parent], port=port, folder=tmp_path) as server:
        if server.usage() is None:
            pytest.skip("the system has no /proc")
        wait_until(lambda: (used := server.usage()) is not None and used.cpu > 0.3, "the child's time is counted")


def test_samples_are_what_their_names_say() -> None:
    audits = Engine(rule for rule in catalogue() if rule.default)
    for sample in samples.samples():
        found = engine.measure(audits, sample, batch=1, batches=1).findings
        assert (found == 0) == ("clean" in sample.name), sample.name
    assert len(samples.order(1024)) in range(1024, 1124)


def test_recorded_exchanges_pass_in_a_process_of_their_own() -> None:
    found = passes.passes([REPLAY], 2)
    assert len(found) == 2
    for each in found:
        assert each.exchanges > each.found > 0
        assert each.mean > 0
    assert passes.passes([], 1) == []
    assert passes.table([]) == ""


def test_passes_are_shown_beside_httplint() -> None:
    found = [passes.Pass(7, 2, mean, mean / 2, peer) for mean, peer in ((90.0, 270.0), (120.0, 360.0), (100.0, 500.0))]
    shown = passes.table(found)
    assert shown.startswith("7 recorded exchanges, each once, 2 with a finding ")
    assert "Medians of 3 rounds" in shown
    assert "| 100.0 | 50.0 | 360.0 | 3.0 |" in shown
    assert "| 90.0 | 45.0 | not installed | |" in passes.table([found[0]._replace(peer=0.0)])


def test_a_pass_that_fails_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "_ROOT", tmp_path)
    with pytest.raises(BenchmarkError, match=r"cannot be measured:\n.*No module named"):
        passes.passes([REPLAY], 1)


def test_results_name_the_build_of_python() -> None:
    assert re.search(rf"CPython {re.escape(platform.python_version())} \((?:with|without) PGO", machine())


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--dry"],
        env={**os.environ, "PATH": str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if "nginx is not installed" not in run.stderr:  # where servers live is looked at, too
        assert "wrk is not installed" in run.stderr
    assert run.returncode == 2
    assert "Traceback" not in run.stderr


@pytest.mark.e2e
@pytest.mark.parametrize("scenario", ["errors", "steady", "tls", "http2", "documented", "workers"])
def test_a_short_run(scenario: str) -> None:
    for name in ("nginx", "wrk", "h2load"):
        require_tool(name)
    words = ["--dry", "--rounds", "1", "--seconds", "1", "--only", "wirelint", scenario]
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert "| wirelint proxy |" in run.stdout
    assert " 0 dropped" in run.stdout


@pytest.mark.e2e
def test_many_streams_at_once() -> None:
    words = ["--dry", "--rounds", "1", "--seconds", "1", "--only", "wirelint", "fanout"]
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert "300 responses got by clients, 300 audited, 0 findings, 0 skipped, 0 dropped" in run.stdout


def test_the_benchmark_of_envoy_tells_losses_and_the_ratio() -> None:
    seen = Seen(100, 1.0, 1.0, 2.0, 3.0, 4.0, 0)
    each = {
        envoy.ALONE: envoy.Measured(seen, 100.0, None, 2**20, 100, None),
        envoy.OURS: envoy.Measured(seen, 150.0, 50.0, 3 * 2**20, 100, 99),
        WIRELINT: envoy.Measured(seen, 400.0, None, 2**20, 100, 100),
    }
    taken = {name: {scenario.name: [one] * 2 for scenario in envoy.SCENARIOS} for name, one in each.items()}
    stopped = {"sent": 1000, "answered": 1000, "audited": 600, "dropped": 390, "p99": 1.5}
    text = envoy.table(envoy.figures(taken, stopped))
    assert "| Envoy and wirelint receive | 100 | 150 | 50 | 1.00, 3.00 | 1.00, 3.00 | 198 of 200 | 3 |" in text
    assert "audits 8.0 times as many exchanges" in text
    assert "round by round: +0.00 ms at 400/s, +0.00 ms at 1,500/s." in text
    assert "600 were audited afterwards, 390 dropped and counted by Envoy, 10 neither." in text
