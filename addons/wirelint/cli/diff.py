"""Define ``wirelint diff``, which compares the findings of two recordings."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import NamedTuple

import click
import msgspec
from rich.text import Text

from wirelint.cli import TROUBLE
from wirelint.cli.captures import read_captures, size_limit
from wirelint.cli.common import common
from wirelint.cli.gates import fail_on, least_of
from wirelint.reports.common.groups import Group, Groups
from wirelint.settings.baseline import Entry, Index
from wirelint.settings.options import Choice
from wirelint.settings.setup import setup
from wirelint.settings.tables import policy_options
from wirelint.sinks.console import Printer
from wirelint.sinks.journal import Journal
from wirelint.sinks.layout import line
from wirelint.sinks.text import plural, printable


class Audited(NamedTuple):
    """What was found in one recording."""

    groups: tuple[Group, ...]
    journal: Journal


class Comparison(NamedTuple):
    """Findings that only the new recording has, that only the old one has, and that both have."""

    worse: tuple[Group, ...]
    better: tuple[Group, ...]
    same: tuple[Group, ...]

    @classmethod
    def of(cls, old: Iterable[Group], new: Iterable[Group]) -> Comparison:
        """Compare findings by fingerprint, or by rule, service, method and a route that is the same but for names."""
        left = {id(group): group for group in old}
        index = Index((Entry.of(group.finding), group) for group in left.values())
        worse, same = [], []
        for group in new:
            match = index.find(Entry.of(group.finding))
            if match is None:
                worse.append(group)
            else:
                index.remove(Entry.of(match.finding))
                del left[id(match)]
                same.append(group)
        return cls(tuple(worse), tuple(left.values()), tuple(same))


@click.command("diff", short_help="Compare the findings of two recordings.")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option(
    "--format", "form", type=Choice(["text", "json"]), default="text", show_default=True, help="Output format."
)
@fail_on("Exit with 1 if there is a new finding at least this severe.")
@policy_options
@size_limit
@common
def command(old: str, new: str, form: str, size_limit: int, **_read_elsewhere: object) -> int:
    """Compare two recordings of the same services: what the new one makes worse, and what it makes better.

    Traffic that differs finds differently: record the same tests before and after a change. Exits with 1 for a new
    finding at or above --fail-on, with 2 if a file cannot be read.
    """
    sides = [_audit(each, size_limit) for each in (old, new)]
    if None in sides:
        return TROUBLE
    before, after = (side for side in sides if side is not None)
    compared = Comparison.of(before.groups, after.groups)
    if form == "json":
        _write_json(compared, before, after)
    else:
        _write_text(compared, before, after)
    least = least_of(click.get_current_context())
    return int(least is not None and any(group.finding.severity >= least for group in compared.worse))


def _audit(file: str, limit: int) -> Audited | None:
    """Audit a file; None if it cannot be read, which a line on standard error says."""
    engine = setup(click.get_current_context()).engine()
    groups, journal = Groups(), Journal(fingerprints=1, examples=1)
    for exchange in read_captures("diff", [file], limit):
        if exchange is None:
            return None
        audit = engine.audit(exchange)
        journal.accept(audit)
        for finding in audit.findings:
            groups.add(finding)
    return Audited(tuple(groups), journal)


def _write_json(compared: Comparison, before: Audited, after: Audited) -> None:
    found = {
        name: [{"count": group.count, **msgspec.to_builtins(group.finding)} for group in groups]
        for name, groups in compared._asdict().items()
    }
    services = {name: side.journal.services()["services"] for name, side in (("old", before), ("new", after))}
    text = msgspec.json.format(msgspec.json.encode({**found, "services": services}))
    sys.stdout.buffer.write(text + b"\n")


def _write_text(compared: Comparison, before: Audited, after: Audited) -> None:
    printer = Printer(sys.stdout)
    for head, groups, mark, style in (
        ("worse", compared.worse, "+", "bold magenta"),
        ("better", compared.better, "-", "bold green"),
    ):
        if groups:
            printer.line(Text(f"{head}: {plural(len(groups), 'finding')}", style))
        for group in groups:
            printer.line(Text(f"{mark} ") + line(group.finding, count=group.count))
    rows = _services(before, after)
    if len(rows) > 1:
        printer.line("")
        printer.table(rows, right=frozenset({1, 2, 3, 4}))
    totals = f"{len(compared.worse):,} new, {len(compared.better):,} gone, {len(compared.same):,} as before"
    Printer(sys.stderr).line(totals)


def _services(before: Audited, after: Audited) -> list[list[Text | str]]:
    """Return a table of the services whose answers lie more or less often, with a row of heads."""
    old, new = ({each["service"]: each for each in side.journal.services()["services"]} for side in (before, after))
    rows: list[list[Text | str]] = [["service", "lied before", "now", "server errors before", "now"]]
    for name in sorted(old.keys() | new.keys()):
        shares = [_share(side.get(name), figure) for figure in ("lied", "true") for side in (old, new)]
        if shares[0] != shares[1] or shares[2] != shares[3]:
            rows.append([printable(name), *shares])
    return rows


def _share(figures: dict[str, int] | None, name: str) -> str:
    if figures is None:
        return ""
    return f"{figures[name]:,} of {figures['answered' if name == 'lied' else 'exchanges']:,}"
