"""Wire the add-on that ``mitmdump -s`` loads, with the settings and sinks of ``wirelint proxy``."""

from __future__ import annotations

import logging
import os
from typing import Final

import click

from wirelint.cli import Invocation, cli, sentence
from wirelint.cli.proxy import command as proxy
from wirelint.live import Live
from wirelint.settings.options import variable
from wirelint.settings.setup import CHANGEABLE, Setup, default, setup
from wirelint.sinks.terminal import Terminal
from wirelint.sources.stats import Stats
from wirelint.web.names import is_loopback
from wirelint.web.page import Page

_log: Final = logging.getLogger("wirelint")


def build(host: str, port: int, file: str, stats: Stats) -> Live:
    """Return a started ``Live``; invalid settings are logged, and the defaults apply.

    :param host: address of the page and of ``/metrics``.
    :param port: its port.
    :param file: configuration file; if empty, ``wirelint.toml`` here or in a folder above.
    :param stats: the counters of the capture layer.
    """
    found = default()
    # mitmproxy exits if an error is logged while it starts.
    try:
        found = _setup(file)
    except click.ClickException as error:
        _log.error("wirelint: %s", sentence(error))
    live = Live(
        found.engine(),
        stats=stats,
        shares=found.shares,
        terminal=Terminal(lambda line: _log.info("%s%s", " " * line.indent, line.text.plain)),
        page=Page(host=host, port=port, token=os.environ.get(variable("page-token")) or None, bodies=is_loopback(host)),
    )
    try:
        _log.info("wirelint: findings at %s, metrics at /metrics", live.start().page)
    except OSError as error:
        _log.error("wirelint: %s", error.strerror or error)
    live.ready = True
    return live


def _setup(file: str) -> Setup:
    """Return the setup of ``wirelint proxy`` with ``--config file``.

    :raises click.ClickException: the settings are invalid.
    """
    # mitmproxy has its own options for everything else, so other settings of a proxy may be invalid here.
    known = [item for item in proxy.params if item.name in CHANGEABLE | {"config_file"}]
    command = click.Command("proxy", params=known)
    words = ["--config", file] if file else []
    return setup(command.make_context("proxy", words, parent=click.Context(cli, obj=Invocation())))
