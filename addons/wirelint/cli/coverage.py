"""``wirelint coverage``: which documented answers a recording has."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Final

import click
import msgspec
from rich.text import Text

from wirelint.cli import TROUBLE
from wirelint.cli.captures import read_captures, size_limit
from wirelint.cli.common import common
from wirelint.core.knowledge import attach
from wirelint.reports.common.markup import add, page, scrolled, section, written
from wirelint.rules import catalogue
from wirelint.settings import tables
from wirelint.settings.file import ConfigError
from wirelint.settings.options import Choice, option
from wirelint.settings.setup import configuration
from wirelint.sinks.console import Printer
from wirelint.sinks.coverage import AnswerCoverage, Coverage, ServiceCoverage
from wirelint.sinks.published import time_text
from wirelint.sinks.text import plural

_HEADS: Final = ("method", "path", "status", "seen", "last")
_FORMS: Final = ("text", "json", "html")
_NUMBER: Final = 3
_NEVER: Final = "never"


@click.command("coverage", short_help="Show which documented answers recorded traffic has.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@tables.openapi
@option(
    "--format", "form", type=Choice(["text", "json", "html"]), default="text", show_default=True, help="Output format."
)
@size_limit
@common
def command(files: tuple[str, ...], openapi: tuple[str, ...], form: str, size_limit: int) -> int:
    """Show for each operation and status of an OpenAPI document whether, how often and when last it was seen.

    Exits with 2 if a file or a document cannot be read.
    """
    context = click.get_current_context()
    try:
        options = tables.PolicyOptions(openapi=openapi)
        policy = tables.build(catalogue(), options, configuration(context), now=0.0)
    except ConfigError as error:
        raise click.UsageError(str(error), context) from error
    if not any(settings.knowledge.contract for settings in policy.all_settings()):
        raise click.UsageError("there is no document: give one with --openapi", context)
    coverage = Coverage()
    for service in policy.services:
        promised = service.settings.knowledge.contract
        if promised is not None and promised.named and "*" not in service.name:
            coverage.expect(service.name, promised)
    troubled = False
    for exchange in read_captures("coverage", files, size_limit):
        if exchange is None:
            troubled = True
            continue
        attach(exchange, policy.settings(exchange).knowledge)
        coverage.add(exchange)
    services = dict(sorted(coverage.services.items()))
    if form == "json":
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(_published(services))) + b"\n")
    elif form == "html":
        sys.stdout.write(_html(services))
    else:
        _print(services)
    return TROUBLE if troubled else 0


def _published(services: Mapping[str, ServiceCoverage]) -> dict[str, Any]:
    return {
        "services": [
            {
                "service": name,
                "ratio": round(each.ratio, 4),
                "answers": [row._asdict() | {"last": time_text(row.last)} for row in each.rows()],
            }
            for name, each in services.items()
        ]
    }


def _print(services: Mapping[str, ServiceCoverage]) -> None:
    printer = Printer(sys.stdout)
    for number, (name, each) in enumerate(services.items()):
        if number:
            printer.line("")
        printer.line(Text(_summary(name, each), "bold"))
        rows: list[list[Text | str]] = [list(_HEADS)]
        rows += [list(_cells(row)) for row in each.rows()]
        printer.table(rows, right=frozenset({_NUMBER}))


def _summary(name: str, each: ServiceCoverage) -> str:
    rows = list(each.rows())
    seen = sum(row.seen > 0 for row in rows)
    operations = {(row.method, row.path) for row in rows}
    called = {(row.method, row.path) for row in rows if row.seen}
    return (
        f"{name}: {seen:,} of {plural(len(rows), 'documented answer')} seen ({each.ratio:.0%}),"
        f" {len(called):,} of {plural(len(operations), 'operation')}"
    )


def _cells(row: AnswerCoverage) -> tuple[str, str, str, str, str]:
    path = f"{row.path} (deprecated)" if row.deprecated else row.path
    last = _NEVER if not row.seen else time_text(row.last) or ""
    return row.method, path, row.status, f"{row.seen:,}", last


def _html(services: Mapping[str, ServiceCoverage]) -> str:
    root, main = page("wirelint: coverage", "Coverage of OpenAPI documents")
    for name, each in services.items():
        place = section(main, name)
        add(place, "p", _summary(name, each))
        table = add(scrolled(place, "Table of operations"), "table")
        row = add(add(table, "thead"), "tr")
        for number, head in enumerate(_HEADS):
            add(row, "th", head, cls="number" if number == _NUMBER else "", scope="col")
        rows = add(table, "tbody")
        for answer in each.rows():
            row = add(rows, "tr")
            for number, cell in enumerate(_cells(answer)):
                add(row, "td", cell, cls="number" if number == _NUMBER else "")
    return written(root)
