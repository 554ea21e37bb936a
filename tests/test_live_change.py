"""Other settings while traffic goes on: what was counted, found and remembered stays."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.prom import total
from wirelint.cli.addon import build
from wirelint.core import wire
from wirelint.core.exchange import Exchange
from wirelint.live import Live
from wirelint.rules import catalogue
from wirelint.settings import tables
from wirelint.settings.file import Config
from wirelint.settings.sampling import Shares
from wirelint.settings.setup import Setup
from wirelint.sinks.findings_log import FindingsLog
from wirelint.sinks.lines import Lines
from wirelint.sinks.rotating import RotatingFile
from wirelint.sources.stats import Stats
from wirelint.web.page import Page

OLD, NEW = "unauthorized-without-challenge", "throttled-without-retry-hint"


def audit_by(*rules: str, share: float = 1.0) -> Setup:
    return Setup(tables.build(catalogue(), tables.PolicyOptions(select=rules), Config(), now=0.0), Shares(share))


def exchange(status: str = "401 Unauthorized") -> Exchange:
    (found,) = wire.exchanges(f"GET /me HTTP/1.1\nHost: a\n\nHTTP/1.1 {status}\n\n", service="shop")
    return found


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    log = FindingsLog(Lines(RotatingFile(tmp_path / "log")))
    made = Live(audit_by(OLD).engine(), log=log, page=Page(port=0))
    yield made
    made.close()


def loaded(live: Live) -> tuple[float, float]:
    """Return whether the configuration read last is in force, and since when one is."""
    names = ("config_last_reload_successful", "config_last_reload_success_timestamp_seconds")
    successful, since = (total(live.metrics, name) for name in names)
    return successful, since


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as response:
        return str(response.read().decode())


def test_other_rules_and_another_share(live: Live) -> None:
    url = live.start().page
    assert [found.rule for found in live.consume(exchange())] == [OLD]
    state, begun = live._engine.state, loaded(live)[1]
    live.change(audit_by(NEW, share=0.0))
    assert live._engine.state is state
    assert not live.consume(exchange())
    assert [found.rule for found in live.consume(exchange("429 Too Many Requests"))] == [NEW]
    assert not live.sampler.wants("shop", "10.0.0.1", (), 0.0)
    assert loaded(live)[0] == 1
    assert loaded(live)[1] >= begun
    assert [rule["id"] for rule in json.loads(read(f"{url}/api/rules"))["rules"]] == [NEW]
    assert live.journal.services()["totals"]["findings"] == 2
    text = read(f"{url}/metrics")
    assert "wirelint_config_last_reload_successful 1" in text
    assert any('reason="sampled"' in line and line.endswith(" 1.0") for line in text.splitlines())


def test_a_document_comes_and_goes(live: Live, tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text("openapi: 3.0.3\npaths: {/me: {get: {responses: {401: {description: none}}}}}")
    live.consume(exchange())
    assert total(live.metrics, "contract_coverage_ratio") == 0
    options = tables.PolicyOptions(openapi=(f"shop={tmp_path / 'api.yaml'}",))
    live.change(Setup(tables.build(catalogue(), options, Config(), now=0.0), Shares()))
    live.consume(exchange())
    assert total(live.metrics, "contract_coverage_ratio") == 1
    live.change(audit_by(OLD))
    sinks = len(live._sinks)
    live.consume(exchange())
    live.change(audit_by(NEW))
    assert len(live._sinks) == sinks


def test_a_configuration_that_could_not_be_read_shows(live: Live) -> None:
    since = loaded(live)[1]
    live.keep_settings()
    assert loaded(live) == (0, since)
    live.change(audit_by(OLD))
    assert loaded(live)[0] == 1


def test_the_log_of_findings_is_a_sink_and_is_closed(live: Live, tmp_path: Path) -> None:
    for _ in range(3):
        live.consume(exchange())
    live.close()
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [(line["rule"], line["left_out"]) for line in lines] == [(OLD, 0), (OLD, 1)]
    assert "wirelint_log_lines_total 2" in live.metrics.render()[1].decode()
    assert set(lines[0]) >= {"fingerprint", "trace_id", "service", "route"}


def test_a_script_reads_shares_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "wirelint.toml"
    file.write_text("sample = 0.5\n[service.shop]\nsample = 0.25\n")
    live = build("127.0.0.1", 0, str(file), Stats())
    assert (live.sampler.shares.of("shop"), live.sampler.shares.of("other")) == (0.25, 0.5)
    live.close()
