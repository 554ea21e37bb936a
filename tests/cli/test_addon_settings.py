"""A script's configuration file: profiles and tables hold for live traffic as they do for recordings."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from wirelint.cli.addon import build
from wirelint.core import wire
from wirelint.core.exchange import Exchange
from wirelint.live import Live
from wirelint.sources.stats import Stats

RULE = "unauthorized-without-challenge"


def exchange() -> Exchange:
    (found,) = wire.exchanges("GET /me HTTP/1.1\nHost: a\n\nHTTP/1.1 401 Unauthorized\n\n", service="shop")
    return found


class Script:
    """Starts the wiring with a configuration file."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "wirelint.toml"
        self._running: list[Live] = []

    def __call__(self, text: str) -> Live:
        self._file.write_text(text)
        self._running.append(build("127.0.0.1", 0, str(self._file), Stats()))
        return self._running[-1]

    def close(self) -> None:
        for live in self._running:
            live.close()


@pytest.fixture
def script(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Script]:
    caplog.set_level(logging.INFO, logger="wirelint")
    made = Script(tmp_path)
    yield made
    made.close()


def test_settings_of_a_service(script: Script) -> None:
    text = f'ignore = ["error-without-explanation"]\n[service.NAME]\nseverity.{RULE} = "low"\n'
    severities = [
        [str(finding.severity) for finding in script(text.replace("NAME", name)).consume(exchange())]
        for name in ("shop", "other")
    ]
    assert severities == [["low"], ["high"]]


def test_a_profile(script: Script) -> None:
    assert script('profile = "rfc"\n').consume(exchange())
    assert "patch-415-without-accept-patch" in {rule.id for rule in script('profile = "rfc"\n').rules}


def test_suppressions_are_counted_and_expired_ones_told_once(script: Script, caplog: pytest.LogCaptureFixture) -> None:
    table = f'select = ["{RULE}"]\n[[suppress]]\nrule = "{RULE}"\nreason = "known"\n'
    live = script(table)
    assert list(live.consume(exchange())) == []
    assert (
        f'wirelint_suppressed_findings_total{{rule="{RULE}",service="shop"}} 1.0' in live.metrics.render()[1].decode()
    )
    live = script(f"{table}until = 2020-01-31\n")
    for _ in range(3):
        assert len(live.consume(exchange())) == 1
    notes = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert notes == [f"wirelint: expired suppression: {RULE}, until 2020-01-31: known"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('profile = "zalndo"', "did you mean zalando?"),
        ("[service.shop]\nx = 1", "service.shop.x: unknown setting"),
        ("service = 1", "service: must be a table"),
    ],
)
def test_what_is_wrong_is_logged_and_traffic_goes_on(
    script: Script, caplog: pytest.LogCaptureFixture, text: str, message: str
) -> None:
    assert script(text).consume(exchange())
    (error,) = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert message in error


def test_the_environment_beats_the_file_as_it_does_for_the_proxy(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WIRELINT_SELECT", RULE)
    monkeypatch.setenv("WIRELINT_SAMPLE", "0.5")
    live = script('select = ["throttling"]\nsample = 0.25\n')
    assert [rule.id for rule in live.rules] == [RULE]
    assert live.sampler.shares.general == 0.5


def test_settings_of_a_proxys_ports_need_not_make_sense(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WIRELINT_PORT", "none")
    live = script(f'select = ["{RULE}"]\nmetrics-port = 70000\n')
    assert [rule.id for rule in live.rules] == [RULE]
