"""``wirelint proxy --transparent``: what it is understood as."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.cli import Shell
from wirelint.sources.mitm.settings import ProxySettings, modes_of, options_of


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[ProxySettings]:
    """What would have run."""
    settings: list[ProxySettings] = []
    monkeypatch.setattr("wirelint.cli.proxy.serve", lambda each, *_, **__: settings.append(each))
    return settings


@pytest.mark.parametrize(("word", "name"), [("15001", ""), ("shop=15001", "shop")])
def test_port_and_name(wirelint: Shell, served: list[ProxySettings], word: str, name: str) -> None:
    assert wirelint("proxy", "--transparent", word, "--host", "0.0.0.0").code == 0
    (settings,) = served
    modes = modes_of(settings)
    assert modes == {"transparent@0.0.0.0:15001": None}, "no forward proxy besides"
    options = options_of(settings, modes)
    assert options["wirelint_service"] == ([f"{name}=transparent@0.0.0.0:15001"] if name else [])
    assert options["block_global"] is False, "redirected clients may have public addresses"


def test_beside_services(wirelint: Shell, served: list[ProxySettings]) -> None:
    wirelint.env(WIRELINT_TRANSPARENT="8080")
    assert wirelint("proxy", "shop=http://a", "--forward", "8081").code == 0
    assert list(modes_of(served[0])) == [
        "reverse:http://a@127.0.0.1:8082",
        "regular@127.0.0.1:8081",
        "transparent@127.0.0.1:8080",
    ]


@pytest.mark.parametrize("word", ["many", "=15001", "70000", "a b=1", "http://a", "-1"])
def test_what_is_no_port(wirelint: Shell, served: list[ProxySettings], word: str) -> None:
    ended = wirelint("proxy", f"--transparent={word}")
    assert ended.code == 2
    assert "--transparent must be a port" in ended.err
    assert not served


def test_a_key_of_the_configuration(wirelint: Shell, served: list[ProxySettings]) -> None:
    file: Path = wirelint.write("wirelint.toml", "[proxy]\ntransparent = 15001\ntransparent-tls = true\n")
    assert wirelint("proxy", "--config", file).code == 0
    assert (served[0].transparent_port, served[0].transparent_tls) == (15001, True)
