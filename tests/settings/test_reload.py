"""Reload of settings while the proxy runs: a valid file is applied, an invalid one changes nothing and is reported."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

import support
from lab.cli import Shell
from lab.mitm import Service, get, talk
from wirelint.cli import Invocation, cli
from wirelint.core.finding import Confidence
from wirelint.settings.reload import Reload
from wirelint.settings.setup import Setup, setup

HOST = "127.0.0.1"
ADDONS = Path(__file__).parents[2] / "addons"
RULE = "unauthorized-without-challenge"


class Reloading:
    """A proxy's settings, without the proxy."""

    def __init__(self, *words: str) -> None:
        command = cli.get_command(click.Context(cli), "proxy")
        assert command is not None
        self.context = command.make_context("proxy", list(words), parent=click.Context(cli, obj=Invocation()))
        self.setups = [setup(self.context)]
        self.stayed = 0
        self._reload = Reload(self.context, self.setups.append, self._stay)

    def _stay(self) -> None:
        self.stayed += 1

    def again(self, times: int = 1) -> Setup:
        """Reload them; return the settings in force."""

        async def main() -> None:
            for _ in range(times):
                self._reload()
            task = self._reload._task
            assert task is not None
            await task

        asyncio.run(main())
        return self.setups[-1]


def rules(found: Setup) -> set[str]:
    return {rule.id for rule in found.policy.rules}


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger="wirelint")
    return caplog


def test_the_file_as_it_is_by_now(wirelint: Shell, said: pytest.LogCaptureFixture) -> None:
    file = wirelint.write("wirelint.toml", f'select = ["{RULE}"]\n')
    proxy = Reloading()
    assert rules(proxy.setups[0]) == {RULE}
    wirelint.write("wirelint.toml", 'select = ["throttling"]\nsample = 0.5\n[service.shop]\nsample = 0.25\n')
    found = proxy.again()
    assert RULE not in rules(found)
    assert (found.shares.of("shop"), found.shares.of("other")) == (0.5 / 2, 0.5)
    assert said.messages == [f"wirelint: reloaded settings from {file}: {len(rules(found))} rules run"]
    assert proxy.stayed == 0


def test_flags_and_environment_stay_in_force(wirelint: Shell) -> None:
    wirelint.env(WIRELINT_MIN_CONFIDENCE="certain")
    proxy = Reloading("--select", RULE, "--sample", "0.5")
    wirelint.write("wirelint.toml", 'select = "all"\nmin-confidence = "weak"\n[service.shop]\nsample = 0.25\n')
    found = proxy.again()
    assert rules(found) == {RULE}
    assert found.policy.base.least is Confidence.CERTAIN
    assert found.shares.of("shop") == 0.5


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("select = [", "invalid TOML"),
        ('selct = "x"', "selct: unknown setting; did you mean select?"),
        ('select = "hgih"', "'hgih'; did you mean high?"),
        ('ignore = "all"', "leave no rule to run"),
        ("sample = 2", "'--sample'"),
        ("[service.shop]\nsample = 2", "service.shop.sample: must be a number from 0 to 1"),
        ("[service.shop]\nx = 1", "service.shop.x: unknown setting"),
        (None, "the file is gone"),
    ],
)
def test_a_bad_file_keeps_the_old_settings(
    wirelint: Shell, said: pytest.LogCaptureFixture, text: str | None, why: str
) -> None:
    file = wirelint.write("wirelint.toml", f'select = ["{RULE}"]\n')
    proxy = Reloading()
    if text is None:
        file.unlink()
    else:
        file.write_text(text)
    assert proxy.again() is proxy.setups[0]
    assert proxy.stayed == 1
    (record,) = said.records
    assert record.levelno == logging.ERROR
    assert record.getMessage().startswith("wirelint: reload failed; keeping the current settings: ")
    assert why in record.getMessage()
    # Once fixed, it is applied.
    file.write_text('select = ["throttling"]\n')
    assert RULE not in rules(proxy.again())


def test_what_cannot_change_is_said(wirelint: Shell, said: pytest.LogCaptureFixture) -> None:
    wirelint.write("wirelint.toml", "metrics-port = 9500\n")
    proxy = Reloading("--port", "9001")
    wirelint.write("wirelint.toml", 'metrics-port = 9501\nport = 9002\nlog = "x"\nservices = ["http://a"]\n')
    proxy.again()
    warnings = [record.getMessage() for record in said.records if record.levelno == logging.WARNING]
    assert sorted(warnings) == [
        f"wirelint: {name} cannot change while the proxy runs" for name in ("log", "metrics-port", "services")
    ]
    assert len(proxy.setups) == 2


def test_a_fault_of_ours_changes_nothing_either(
    wirelint: Shell, said: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = Reloading()

    def broken(*_: Any) -> None:
        raise RuntimeError("hunter2")

    monkeypatch.setattr("wirelint.settings.reload.setup", broken)
    proxy.again()
    assert proxy.stayed == 1
    assert said.messages == ["wirelint: reload failed; keeping the current settings: RuntimeError"]


def test_asked_again_while_reading_it_reads_once_more(wirelint: Shell) -> None:
    proxy = Reloading()
    proxy.again(times=5)
    assert 2 <= len(proxy.setups) <= 3


class Answers:
    """The page of a running proxy."""

    def __init__(self, port: int) -> None:
        self._url = f"http://{HOST}:{port}"

    def metric(self, name: str, **labels: str) -> float:
        """Return the sum of a metric's samples that have these labels among theirs."""
        with urllib.request.urlopen(f"{self._url}/metrics", timeout=10) as response:
            lines = response.read().decode().splitlines()
        samples = [line for line in lines if re.match(rf"wirelint_{name}[{{ ]", line)]
        wanted = {f'{label}="{value}"' for label, value in labels.items()}
        return sum(float(line.rpartition(" ")[2]) for line in samples if all(label in line for label in wanted))

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self._url}/readyz", timeout=10) as response:
                return bool(response.status == 200)
        except urllib.error.URLError:
            return False


@pytest.fixture
def service() -> Iterator[Service]:
    raw = Service()
    raw.on("/me", b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
    yield raw
    raw.close()


@pytest.mark.e2e
def test_sighup_between_exchanges(service: Service, background: support.Background, tmp_path: Path) -> None:
    port, page = support.free_port(), support.free_port()
    file, log = tmp_path / "wirelint.toml", tmp_path / "findings.jsonl"
    file.write_text(f'select = ["{RULE}"]\n')
    process = background(
        [
            *(sys.executable, "-m", "wirelint", "proxy", f"shop=http://{HOST}:{service.port}@{port}"),
            *("--metrics-port", str(page), "--confdir", str(tmp_path), "--log", str(log), "--log-format", "json"),
        ],
        port=port,
        env={"PYTHONPATH": str(ADDONS)},
        cwd=tmp_path,
    )
    answers = Answers(page)
    support.wait_until(answers.ready, "the proxy to be ready")
    begun = answers.metric("config_last_reload_success_timestamp_seconds")
    assert answers.metric("config_last_reload_successful") == 1
    assert abs(begun - time.time()) < 60

    stop, statuses = threading.Event(), set[bytes]()

    def keep_asking() -> None:
        while not stop.is_set():
            statuses.add(talk(port, get("/me"))[:12])

    client = threading.Thread(target=keep_asking)
    client.start()
    try:
        support.wait_until(lambda: answers.metric("findings_total", rule=RULE) > 0, "a finding")
        file.write_text('select = ["throttling"]\n[service.shop]\nsample = 0\n')
        os.kill(process.pid, signal.SIGHUP)

        def left_out() -> float:
            return answers.metric("skipped_total", reason="sampled", service="shop")

        support.wait_until(lambda: left_out() > 0, "exchanges that are left out")
        assert answers.metric("config_last_reload_success_timestamp_seconds") > begun
        file.write_text("what is this")
        os.kill(process.pid, signal.SIGHUP)
        support.wait_until(lambda: answers.metric("config_last_reload_successful") == 0, "the bad file to show")
        before = left_out()
        support.wait_until(lambda: left_out() > before, "the old settings to stay in force")
        assert answers.metric("findings_total", rule=RULE) > 0
    finally:
        stop.set()
        client.join()
    assert statuses == {b"HTTP/1.1 401"}
    assert process.stop() == 0
    lines = [json.loads(line) for line in process.output().splitlines()]
    assert [line["message"].partition(":")[0] for line in lines if line["level"] == "error"] == [
        "reload failed; keeping the current settings"
    ]
    assert lines[-1]["message"] == "stopped"
    assert lines[-1]["unsampled"] > 0
    logged = [json.loads(line) for line in log.read_text().splitlines()]
    assert {line["rule"] for line in logged} == {RULE}
    assert sum(1 + line["left_out"] for line in logged) == lines[-1]["findings"]


@pytest.mark.e2e
def test_findings_on_standard_output_and_nothing_else(
    service: Service, background: support.Background, tmp_path: Path
) -> None:
    port, page = support.free_port(), support.free_port()
    errors = tmp_path / "errors"
    command = [
        *(sys.executable, "-m", "wirelint", "proxy", f"shop=http://{HOST}:{service.port}@{port}"),
        *("--metrics-port", str(page), "--confdir", str(tmp_path), "--log", "-", "--select", RULE),
    ]
    process = background(
        ["sh", "-c", 'exec "$@" 2>"$0"', str(errors), *command],
        port=port,
        env={"PYTHONPATH": str(ADDONS)},
        cwd=tmp_path,
    )
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    talk(port, get("/me", f"traceparent: 00-{trace}-00f067aa0ba902b7-01"))
    process.wait_for_output("\n")
    assert process.stop() == 0
    (line,) = process.output().splitlines()
    assert (json.loads(line)["rule"], json.loads(line)["trace_id"]) == (RULE, trace)
    assert "for Prometheus" in errors.read_text()


def test_a_screen_and_a_log_cannot_share_the_terminal(wirelint: Shell) -> None:
    run = wirelint("proxy", "http://a", "--ui", "console", "--log", "-")
    assert run.code == 2
    assert (
        run.err
        == "wirelint proxy: --ui console needs standard output: use --log FILE, --log-format text and --format text\n"
    )
