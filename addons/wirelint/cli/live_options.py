"""Options of the commands that audit live traffic: page and metrics, overload."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from wirelint.settings.options import PORT, Choice, option
from wirelint.web.access import LEAST_TOKEN
from wirelint.web.names import is_loopback
from wirelint.web.page import KEEP, Page


def page_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of the page and of ``/metrics`` to a command; ``page_of`` reads them."""
    for decorate in (
        option(
            "--page-token",
            metavar="TOKEN",
            help="Token that the page asks for; needed on other addresses than loopback.",
        ),
        option(
            "--page-port",
            type=PORT,
            metavar="PORT",
            help="Port of the page on 127.0.0.1, apart from /metrics; default: the port of /metrics.",
        ),
        option(
            "--bodies",
            type=Choice(["masked", "none"]),
            help="Show bodies on the page, secrets masked, or none; masked only on loopback by default.",
        ),
        option(
            "--keep",
            type=click.IntRange(0, 100_000),
            default=KEEP,
            show_default=True,
            metavar="NUMBER",
            help="Exchanges that the page keeps in memory.",
        ),
        option(
            "--metrics-allow-host",
            multiple=True,
            metavar="NAME",
            help="Another host name that the page answers to; repeatable.",
        ),
        option("--metrics-host", default="127.0.0.1", show_default=True, help="Address of the page and of /metrics."),
        option("--metrics-port", type=PORT, default=9464, show_default=True, help="Port of the page and of /metrics."),
    ):
        function = decorate(function)
    return function


def page_of(context: click.Context) -> Page:
    """Return what the options of the page say.

    :raises click.UsageError: the token is too short.
    """
    values = context.params
    host, bodies, token = values["metrics_host"], values["bodies"], values["page_token"]
    if token is not None and len(token) < LEAST_TOKEN:
        raise click.UsageError(f"--page-token must have at least {LEAST_TOKEN} characters", context)
    return Page(
        host=host,
        port=values["metrics_port"],
        names=values["metrics_allow_host"],
        own_port=values["page_port"],
        token=token,
        keep=values["keep"],
        bodies=values["page_port"] is not None or is_loopback(host) if bodies is None else bodies == "masked",
    )


def overload_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--overload-lag`` to a command."""
    return option(
        "--overload-lag",
        type=click.IntRange(0),
        default=250,
        show_default=True,
        metavar="MS",
        help="Stop auditing while event-loop lag stays above MS; 0 never stops.",
    )(function)


def state_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--state`` to a command."""
    return option(
        "--state",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Keep what was learned of services in this file across restarts.",
    )(function)
