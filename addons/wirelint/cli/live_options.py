"""Options of the commands that audit live traffic: page and metrics, overload."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from wirelint.settings.options import PORT, option


def page_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--metrics-port``, ``--metrics-host`` and ``--metrics-allow-host`` to a command."""
    for decorate in (
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
