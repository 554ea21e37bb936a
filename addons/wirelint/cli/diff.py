"""Define ``wirelint diff``, which compares the findings of two recordings."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Final, NamedTuple

import click
import msgspec
from rich.text import Text

from wirelint.cli import TROUBLE
from wirelint.cli.captures import read_captures, size_limit
from wirelint.cli.common import common
from wirelint.core.finding import Finding, Severity
from wirelint.reports.common.groups import Group, Groups
from wirelint.settings.baseline import same_route
from wirelint.settings.options import SEVERITY, Choice, option
from wirelint.settings.setup import setup
from wirelint.settings.tables import policy_options
from wirelint.sinks.console import Printer
from wirelint.sinks.journal import Journal
from wirelint.sinks.text import plural, printable, service, severity, status

_NEVER: Final = "never"


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
        left = list(old)
        worse, same = [], []
        for group in new:
            match = next((each for each in left if _is_same(each.finding, group.finding)), None)
            if match is None:
                worse.append(group)
            else:
                left.remove(match)
                same.append(group)
        return cls(tuple(worse), tuple(left), tuple(same))


@click.command("diff", short_help="Compare the findings of two recordings.")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option(
    "--format", "form", type=Choice(["text", "json"]), default="text", show_default=True, help="Output format."
)
@option(
    "--fail-on",
    type=Choice([*SEVERITY.choices, _NEVER]),
    default="medium",
    show_default=True,
    help="Exit with 1 if there is a new finding at least this severe.",
)
@policy_options
@size_limit
@common
def command(old: str, new: str, form: str, fail_on: str, size_limit: int, **_read_elsewhere: object) -> int:
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
    least = None if fail_on == _NEVER else Severity[fail_on.upper()]
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


def _is_same(one: Finding, other: Finding) -> bool:
    if one.fingerprint == other.fingerprint:
        return True
    same = (one.rule, one.service, one.method) == (other.rule, other.service, other.method)
    return same and same_route(one.route, other.route)


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
            printer.line(_line(group, mark))
    rows = _services(before, after)
    if len(rows) > 1:
        printer.line("")
        printer.table(rows, right=frozenset({1, 2, 3, 4}))
    totals = f"{len(compared.worse):,} new, {len(compared.better):,} gone, {len(compared.same):,} as before"
    Printer(sys.stderr).line(totals)


def _line(group: Group, mark: str) -> Text:
    finding = group.finding
    text = Text(f"{mark} ").append_text(severity(finding.severity)).append(f" {finding.rule}", "bold")
    text.append(f" {finding.method} {service(finding)} {finding.route} ").append(status(finding), "bold")
    return text.append(f" — {finding.message}").append(f" ×{group.count:,}" if group.count > 1 else "", "dim")


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
