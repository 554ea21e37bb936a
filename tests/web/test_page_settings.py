"""Where the page is served, and what it may show there."""

from __future__ import annotations

import contextlib
import urllib.error
import urllib.request

import click
import pytest

from lab.audits import RULE
from wirelint.cli.live_options import page_of
from wirelint.cli.proxy import command
from wirelint.core.engine import Engine
from wirelint.live import Live
from wirelint.web.page import Page


def page(*words: str) -> Page:
    return page_of(click.Context(command) if not words else command.make_context("proxy", list(words)))


@pytest.mark.parametrize(
    ("words", "is_on", "bodies"),
    [
        (["--keep", "5"], True, True),
        (["--metrics-host", "0.0.0.0"], False, False),
        (["--metrics-host", "0.0.0.0", "--page-token", "correct horse"], True, False),
        (["--metrics-host", "0.0.0.0", "--page-token", "correct horse", "--bodies", "masked"], True, True),
        (["--metrics-host", "0.0.0.0", "--page-port", "0"], True, True),
        (["--metrics-host", "::1", "--bodies", "none"], True, False),
    ],
)
def test_bodies_are_shown_on_loopback_alone_unless_asked_for(words: list[str], is_on: bool, bodies: bool) -> None:
    made = page(*words)
    assert (made.is_on, made.bodies) == (is_on, bodies)


def test_a_short_token_is_refused() -> None:
    with pytest.raises(click.UsageError, match="at least 12 characters"):
        page("--page-token", "short")


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_a_port_of_its_own() -> None:
    live = Live(Engine([RULE]), page=Page(port=0, own_port=0))
    addresses = live.start()
    try:
        assert status(f"{addresses.metrics}/metrics") == status(f"{addresses.page}/") == 200
        assert status(f"{addresses.metrics}/") == status(f"{addresses.page}/metrics") == 404
        port = int(addresses.page.rpartition(":")[2])
        taken = Live(Engine([RULE]), page=Page(port=0, own_port=port))
        with contextlib.closing(taken), pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{port}"):
            taken.start()
    finally:
        live.close()
