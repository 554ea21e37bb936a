"""Define ``wirelint audit``, which reports on recorded traffic."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import click

from wirelint.cli.captures import MIB, size_limit
from wirelint.cli.common import common
from wirelint.cli.gates import Gate, gate_options
from wirelint.cli.outputs import begin, report_options
from wirelint.cli.progress import Progress
from wirelint.core.audit import Audit
from wirelint.core.exchange import Exchange
from wirelint.history.described import Described
from wirelint.reports import Report, Run, load
from wirelint.reports.common.tally import Tally
from wirelint.settings.options import option
from wirelint.settings.setup import setup
from wirelint.settings.state_file import StateFile
from wirelint.settings.tables import policy_options
from wirelint.sinks.console import Printer
from wirelint.sinks.text import plural, printable
from wirelint.sources import Recording, Skipped, UnreadableError, sources
from wirelint.sources.open import UnknownKindError, files_of, open_capture

_MOST_SKIPPED_SHOWN: Final = 10
_STEP: Final = 256
_KINDS: Final = ", ".join(source.name for source in sources())
_HELP: Final = f"""Audit recorded traffic: {_KINDS}, plain or packed with gzip, zlib or zstd. Of a folder, all
recordings below it; - is standard input.

Findings go to standard output, everything else to standard error. Exit code: 0 for no finding at or above --fail-on,
1 for at least one, 2 for bad usage or a file that cannot be read or has no exchange. Findings that the baseline has do
not count.
"""


@click.command("audit", help=_HELP, short_help=f"Audit recorded traffic: {_KINDS}.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@report_options
@gate_options
@policy_options
@option(
    "--state",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Begin with what a proxy learned of services and keeps in this file; it is only read.",
)
@option("--statistics", is_flag=True, help="Show how often each rule could have fired, and outcomes by status class.")
@size_limit
@common
def command(
    files: tuple[str, ...],
    state: Path | None,
    statistics: bool,
    size_limit: int,
    **_read_elsewhere: object,
) -> int:
    """Audit files, and report."""
    context = click.get_current_context()
    gate = Gate(context)
    engine = setup(context).engine()
    run = Run(engine.rules, files, gate.least, engine.state)
    reports = begin(context, run)
    if statistics:
        reports.append(load("statistics")(run, sys.stderr))
    errors = Printer(sys.stderr)
    if state is not None and (trouble := StateFile(state, engine.state).load()) is not None:
        errors.line(f"wirelint audit: {printable(trouble)}")
    tally = Tally()
    quiet = context.params["form"] != "full" and sys.stdout.isatty()

    def audit(file: str) -> None:
        capture = open_capture(file, limit=size_limit * MIB)
        progress = Progress(errors, capture.name, capture.records, quiet=quiet)
        _audit(capture, lambda exchange: gate.admit(engine.audit(exchange)), tally, reports, progress)

    troubled = False
    for file, why in _failures(files, audit, errors):
        troubled = True
        for report in reports:
            report.fail(file, why)
    if not (tally.exchanges or troubled):
        errors.line(f"wirelint audit: no recording in {printable(', '.join(files))}")
        troubled = True
    for report in reports:
        report.finish()
        report.stream.flush()
    if tally.exchanges:
        errors.line(tally.line())
        if engine.documented and engine.state.sizes().get(Described.__name__.lower()) == 0:
            errors.line("no success is in the OpenAPI document: compare its servers with the paths of the requests")
    return gate.close(tally, errors, troubled=troubled)


def _failures(files: Sequence[str], audit: Callable[[str], None], errors: Printer) -> Iterator[tuple[str, str]]:
    """Audit files and folders, and yield each file that cannot be read with its reason, which is printed, too."""
    others = 0
    for file, in_folder in files_of(files):
        try:
            audit(file)
        except UnreadableError as error:
            if in_folder and isinstance(error, UnknownKindError):
                others += 1
                continue
            sys.stdout.flush()
            errors.line(f"wirelint audit: {printable(str(error))}")
            yield file, str(error)
    if others:
        errors.line(f"{plural(others, 'file')} passed over: no recording of a known kind")


def _audit(
    capture: Recording,
    judge: Callable[[Exchange], Audit],
    tally: Tally,
    reports: Sequence[Report],
    progress: Progress,
) -> None:
    """Audit one capture.

    :raises UnreadableError: it has no exchange.
    """
    skipped: Counter[str] = Counter()
    before = tally.exchanges
    try:
        for number, record in enumerate(capture.exchanges, 1):
            if number % _STEP == 0:
                progress.at(number)
            if isinstance(record, Skipped):
                skipped[record.why] += 1
                if skipped.total() <= _MOST_SKIPPED_SHOWN:
                    progress.note(f"skipped {printable(capture.name)}#{record.index}: {printable(record.why)}")
                for report in reports:
                    report.skip(capture.name, record)
                continue
            audit = judge(record)
            tally.accept(audit)
            for suppression in audit.expired:
                progress.note(f"expired suppression: {printable(suppression.text)}")
            for report in reports:
                report.accept(audit)
    finally:
        progress.clear()
    if skipped.total() > _MOST_SKIPPED_SHOWN:
        reasons = "; ".join(f"{count:,} {why}" for why, count in sorted(skipped.items(), key=lambda s: (-s[1], s[0])))
        progress.note(f"skipped {skipped.total():,} records of {printable(capture.name)} in all: {printable(reasons)}")
    if tally.exchanges == before:
        why = "none of its records is an exchange that can be audited" if skipped else "no exchange in it"
        raise UnreadableError(f"{capture.name}: {why}")
