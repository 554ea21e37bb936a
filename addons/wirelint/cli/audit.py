"""``wirelint audit``: recorded traffic in, findings out."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

import click

from wirelint.cli import TROUBLE
from wirelint.cli.console import Printer
from wirelint.cli.options import SEVERITY, Choice, auditor, common, confidence, option, profile, rule_choice
from wirelint.cli.progress import Progress
from wirelint.cli.statistics import show as show_statistics
from wirelint.core.engine import Engine
from wirelint.core.finding import Confidence, Finding, Severity
from wirelint.sinks import full, jsonl
from wirelint.sinks.text import concise, printable
from wirelint.sources import Skipped, UnreadableError
from wirelint.sources.open import SIZE_LIMIT, Capture, open_capture
from wirelint.tally import Tally

_NEVER: Final = "never"
_MIB: Final = 1024 * 1024
_MOST_SKIPPED_SHOWN: Final = 10
_STEP: Final = 256


@click.command("audit", short_help="Audit recorded traffic: HAR, mitmproxy flows.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@option(
    "--format",
    "form",
    type=Choice(["full", "concise", "jsonl"]),
    default="full",
    show_default=True,
    help="full groups findings and explains them; concise and jsonl print one a line.",
)
@option(
    "--fail-on",
    type=Choice([*SEVERITY.choices, _NEVER]),
    default="medium",
    show_default=True,
    help="Exit with 1 if there is a finding at least this severe.",
)
@profile
@rule_choice
@confidence
@option("--statistics", is_flag=True, help="Show how often each rule could have fired, and what statuses were worth.")
@option(
    "--size-limit",
    type=click.IntRange(1),
    default=SIZE_LIMIT // _MIB,
    show_default=True,
    metavar="MIB",
    help="Largest file, unpacked, that is read.",
)
@common
def command(  # noqa: PLR0913, PLR0917 - click passes options as parameters
    files: tuple[str, ...],
    form: str,
    fail_on: str,
    profile: str,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    min_confidence: Confidence,
    statistics: bool,
    size_limit: int,
) -> int:
    """Audit recorded traffic: HAR files, plain or gzipped, and mitmproxy's flow files. - is standard input.

    Findings go to standard output, all else to standard error. Exits with 0 where nothing as severe as --fail-on was
    found, with 1 where something was, and with 2 where a file could not be read or holds no exchange.
    """
    engine = auditor(select, ignore, min_confidence, profile)
    errors = Printer(sys.stderr)
    tally = Tally()
    reporter = _REPORTERS[form]()
    quiet = form != "full" and sys.stdout.isatty()
    troubled = False
    for file in files:
        try:
            capture = open_capture(file, limit=size_limit * _MIB)
            progress = Progress(errors, capture.name, capture.records, quiet=quiet)
            _audit(capture, engine, tally, reporter, errors, progress)
        except UnreadableError as error:
            sys.stdout.flush()
            errors.line(f"wirelint audit: {printable(str(error))}")
            troubled = True
    reporter.finish()
    sys.stdout.flush()
    if statistics:
        show_statistics(errors, tally, engine.rules)
    if tally.exchanges:
        errors.line(tally.closing_line())
    if troubled:
        return TROUBLE
    return int(fail_on != _NEVER and tally.total(least=Severity[fail_on.upper()]) > 0)


class _Jsonl:
    def accept(self, finding: Finding) -> None:
        sys.stdout.buffer.write(jsonl.line(finding))

    def finish(self) -> None:
        sys.stdout.buffer.flush()


class _Concise:
    def __init__(self) -> None:
        self._printer = Printer(sys.stdout)

    def accept(self, finding: Finding) -> None:
        self._printer.line(concise(finding))

    def finish(self) -> None:
        pass


class _Full:
    def __init__(self) -> None:
        self._groups = full.Groups()

    def accept(self, finding: Finding) -> None:
        self._groups.add(finding)

    def finish(self) -> None:
        printer = Printer(sys.stdout)
        for group in self._groups:
            for indent, text in full.lines(group):
                printer.paragraph(text, indent)


_Reporter = _Jsonl | _Concise | _Full
_REPORTERS: Final[Mapping[str, Callable[[], _Reporter]]] = {"full": _Full, "concise": _Concise, "jsonl": _Jsonl}


def _audit(  # noqa: PLR0913, PLR0917 - the parts of one run
    capture: Capture, engine: Engine, tally: Tally, reporter: _Reporter, errors: Printer, progress: Progress
) -> None:
    """Audit one capture.

    :raises UnreadableError: no exchange is in it.
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
                    progress.clear()
                    errors.line(f"skipped {printable(capture.name)}#{record.index}: {printable(record.why)}")
                continue
            audit = engine.audit(record)
            tally.accept(audit)
            for suppression in audit.expired:
                progress.clear()
                errors.line(f"expired suppression: {printable(suppression.text)}")
            for finding in audit.findings:
                reporter.accept(finding)
    finally:
        progress.clear()
    if skipped.total() > _MOST_SKIPPED_SHOWN:
        reasons = "; ".join(f"{count:,} {why}" for why, count in sorted(skipped.items(), key=lambda s: (-s[1], s[0])))
        errors.line(f"skipped {skipped.total():,} records of {printable(capture.name)} in all: {printable(reasons)}")
    if tally.exchanges == before:
        why = "none of its records is an exchange that can be audited" if skipped else "it holds no exchange"
        raise UnreadableError(f"{capture.name}: {why}")
