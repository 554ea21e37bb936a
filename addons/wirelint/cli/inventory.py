"""``wirelint inventory``: what a service answers, as recorded traffic shows it."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from typing import Final, NamedTuple

import click
import msgspec
from rich.text import Text

from wirelint.cli import TROUBLE
from wirelint.cli.captures import read_captures, size_limit
from wirelint.cli.common import common
from wirelint.core.exchange import Exchange
from wirelint.core.methods import method_name
from wirelint.core.route import route
from wirelint.core.state import State
from wirelint.rules import catalogue
from wirelint.settings import tables
from wirelint.settings.file import ConfigError
from wirelint.settings.options import Choice, option
from wirelint.settings.policy import Policy
from wirelint.settings.setup import configuration
from wirelint.sinks.console import Printer
from wirelint.sinks.published import time_text

_MOST: Final = 200_000
_OTHER: Final = "_other"
_LONGEST_MEDIA: Final = 100
_FORMS: Final = ("text", "json", "csv")
_COUNT: Final = 5


class Listed(NamedTuple):
    """A kind of answer."""

    service: str
    method: str
    route: str
    status: int | None
    media_type: str


_HEADS: Final = (*Listed._fields, "count", "last")


class Inventory:
    """Counts kinds of answers.

    :param policy: has the configured and documented routes; all others are learned.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._state = State()
        self._counts: dict[Listed, tuple[int, float | None]] = {}

    def add(self, exchange: Exchange) -> None:
        """Count an exchange. Its route is not final before all are counted."""
        method, path = method_name(exchange.request.method), exchange.request.path
        static = self._policy.template(exchange.service, method, path)
        if static is None:
            static = route(path)
            self._state.route(exchange, static)
        response = exchange.response
        media = "" if response is None else response.headers.media_type.essence[:_LONGEST_MEDIA]
        key = Listed(exchange.service, method, static, exchange.status, media)
        if key not in self._counts and len(self._counts) >= _MOST:
            key = key._replace(route=_OTHER)
        self._add(self._counts, key, 1, exchange.timestamp)

    @staticmethod
    def _add(counts: dict[Listed, tuple[int, float | None]], key: Listed, number: int, at: float | None) -> None:
        count, last = counts.get(key, (0, None))
        counts[key] = (count + number, at if last is None or (at is not None and at > last) else last)

    def rows(self) -> list[tuple[Listed, int, str | None]]:
        """Return the kinds of answers with their count and the time of the last one, in order."""
        merged: dict[Listed, tuple[int, float | None]] = {}
        for key, (count, last) in self._counts.items():
            template = self._policy.template(key.service, key.method, key.route)
            final = self._state.label(key.service, key.route) if template is None else template
            self._add(merged, key._replace(route=final if key.route != _OTHER else _OTHER), count, last)
        ordered = sorted(merged.items(), key=lambda item: _order(item[0]))
        return [(key, count, time_text(last)) for key, (count, last) in ordered]


def _order(key: Listed) -> tuple[str, str, str, int, str]:
    return key.service, key.route, key.method, key.status or 0, key.media_type


@click.command("inventory", short_help="List routes, methods, statuses and media types of recorded traffic.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@tables.openapi
@option(
    "--format", "form", type=Choice(["text", "json", "csv"]), default="text", show_default=True, help="Output format."
)
@size_limit
@common
def command(files: tuple[str, ...], openapi: tuple[str, ...], form: str, size_limit: int) -> int:
    """List each route, method, status and media type of recorded traffic, how often it was seen and when last.

    A list to begin an OpenAPI document from, or to compare one with. Exits with 2 if a file cannot be read.
    """
    context = click.get_current_context()
    try:
        options = tables.PolicyOptions(openapi=openapi)
        policy = tables.build(catalogue(), options, configuration(context), now=0.0)
    except ConfigError as error:
        raise click.UsageError(str(error), context) from error
    inventory = Inventory(policy)
    troubled = False
    for exchange in read_captures("inventory", files, size_limit):
        if exchange is None:
            troubled = True
        else:
            inventory.add(exchange)
    rows = [(*key, count, last) for key, count, last in inventory.rows()]
    if form == "json":
        listed = [dict(zip(_HEADS, row, strict=True)) for row in rows]
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(listed)) + b"\n")
    elif form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerows([_HEADS, *[[_cell(value) for value in row] for row in rows]])
    else:
        shown: Sequence[list[Text | str]] = [[_cell(value) for value in row] for row in rows]
        Printer(sys.stdout).table([list(_HEADS), *shown], right=frozenset({_COUNT}))
    return TROUBLE if troubled else 0


def _cell(value: object) -> str:
    return "" if value is None else str(value)
