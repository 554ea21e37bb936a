"""The wiring of live audits: everything gets its share, and nothing can break the traffic."""

from __future__ import annotations

import logging
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from wirelint.cli.addon import build
from wirelint.core import wire
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange
from wirelint.live import Live
from wirelint.rules import catalogue
from wirelint.settings.selection import select
from wirelint.sources.stats import Stats
from wirelint.web.page import Page

PAIR = "GET /me HTTP/1.1\nHost: a\n\nHTTP/1.1 401 Unauthorized\n\n"


def exchange() -> Exchange:
    (found,) = wire.exchanges(PAIR, service="shop")
    return found


@pytest.fixture
def live() -> Iterator[Live]:
    wired = Live(Engine(select(catalogue(), ["unauthorized-without-challenge"])), page=Page(port=0))
    yield wired
    wired.close()


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_every_sink_gets_its_share(live: Live) -> None:
    url = live.start().page
    assert get(f"{url}/readyz")[0] == 503
    live.ready = True
    assert get(f"{url}/readyz")[0] == 200
    (finding,) = live.consume(exchange())
    assert finding.rule == "unauthorized-without-challenge"
    metrics = get(f"{url}/metrics")[1]
    assert 'rule="unauthorized-without-challenge",service="shop",side="server"} 1.0' in metrics
    assert "wirelint_audit_duration_seconds_count 1.0" in metrics
    assert live.journal.services()["totals"]["findings"] == 1


def test_a_sink_that_fails_is_counted_and_keeps_nothing_from_the_others(
    live: Live, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("hunter2")

    monkeypatch.setattr(live, "_sinks", [broken, live.journal.accept])
    assert len(live.consume(exchange())) == 1
    assert len(live.consume(exchange())) == 1
    assert live.stats.faults["sink"] == 2
    assert live.journal.services()["totals"]["exchanges"] == 2
    assert [record.getMessage() for record in caplog.records] == [
        "wirelint: fault in sink (RuntimeError), counted from now on"
    ]


def test_an_engine_that_fails_is_counted(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_engine", None)
    assert live.consume(exchange()) == ()
    assert live.stats.faults["audit"] == 1


def test_closing_twice(live: Live) -> None:
    live.start()
    live.close()
    live.close()


class TestScript:
    """What ``mitmdump -s`` gets."""

    @pytest.fixture(autouse=True)
    def _elsewhere(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "wirelint.toml").write_text('select = ["unauthorized-without-challenge"]\n')
        caplog.set_level(logging.INFO, logger="wirelint")

    def run(self, port: int = 0, file: str = "") -> int:
        live = build("127.0.0.1", port, file, Stats())
        try:
            return len(live.consume(exchange()))
        finally:
            live.close()

    def test_it_logs_what_it_finds(self, caplog: pytest.LogCaptureFixture) -> None:
        assert self.run() == 1
        said = [record.getMessage() for record in caplog.records]
        assert said[0].startswith("wirelint: findings at http://127.0.0.1:")
        assert said[1].endswith("[unauthorized-without-challenge]")

    def test_a_configuration_file(self, tmp_path: Path) -> None:
        (tmp_path / "wirelint.toml").write_text('select = ["authentication"]\nignore = ["high"]\n')
        assert self.run() == 0
        other = tmp_path / "other.toml"
        other.write_text('[proxy]\nselect = "unauthorized-without-challenge"\n')
        assert self.run(file=str(other)) == 1

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ('selct = "x"', "selct: unknown setting; did you mean select?"),
            ('select = "hgih"', "unknown rule, family or severity 'hgih'; did you mean high?"),
            ('min-confidence = "sure"', "'--min-confidence': 'sure' is not one of weak, strong, certain"),
            ('ignore = "all"', "--select and --ignore leave no rule to run"),
        ],
    )
    def test_a_wrong_one_is_an_error_which_ends_mitmproxy(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str, message: str
    ) -> None:
        (tmp_path / "wirelint.toml").write_text(text)
        self.run()
        (error,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
        assert message in error.getMessage()

    def test_a_port_that_is_taken_is_one_too(self, caplog: pytest.LogCaptureFixture) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            self.run(port)
        (error,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
        assert error.getMessage() == f"wirelint: cannot listen on 127.0.0.1:{port}: Address already in use"
