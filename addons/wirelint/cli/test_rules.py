"""Define ``wirelint test-rules``, which runs the examples of rules of one's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import msgspec

from wirelint.cli.common import common
from wirelint.core.engine import Engine
from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit
from wirelint.core.knowledge import NOTHING, Knowledge
from wirelint.core.rule import SECTIONS, Context, Rule
from wirelint.core.wire import exchanges
from wirelint.openapi.read import read_octets
from wirelint.rules import catalogue
from wirelint.settings.plugin_rules import PluginError, of_folder
from wirelint.sinks.text import sections


@click.command("test-rules", short_help="Run the examples of rules of your own.")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@common
def command(folder: Path) -> int:
    """Run the examples of the rules in FOLDER: each bad one must be found, and no good one.

    The exit code is 1 if an example does not hold or a text is missing.
    """
    try:
        rules = of_folder(folder)
    except PluginError as error:
        raise click.UsageError(str(error), click.get_current_context()) from error
    taken = {rule.id for rule in catalogue()}
    failed = False
    for rule in rules:
        faults = list(_faults(rule, taken))
        failed = failed or bool(faults)
        counts = f"{len(rule.bad)} bad and {len(rule.good)} good examples"
        click.echo(f"{rule.id}: {'FAILED' if faults else 'ok'}, {counts}")
        for fault in faults:
            click.echo(f"  {fault}")
    return int(failed)


def _faults(rule: Rule, taken: set[str]) -> Iterator[str]:
    """Yield what is wrong with a rule, a line each."""
    if rule.id in taken:
        yield "wirelint has a rule of this name"
    lacking = [title for title in SECTIONS if not sections(rule).get(title)]
    if lacking:
        yield f"the docstring has no section {', '.join(lacking)}"
    for name, examples in (("BAD", rule.bad), ("GOOD", rule.good)):
        if not examples:
            yield f"{name} has no example"
    for name, examples, least in (("BAD", rule.bad, Confidence.WEAK), ("GOOD", rule.good, rule.confidence)):
        for number, text in enumerate(examples):
            hits, raised = _found(rule, text, least)
            if raised:
                yield f"{name}[{number}]: check raises {raised}"
            elif name == "BAD" and not hits:
                yield f"{name}[{number}]: nothing is found"
            elif name == "GOOD" and hits:
                yield f"{name}[{number}]: found: {hits[0]}"


def _found(rule: Rule, text: str, least: Confidence) -> tuple[list[str], str]:
    """Return the messages of all findings in an example, and the first exception that the check raised."""
    known = Knowledge(contract=read_octets(rule.document.encode())) if rule.document else NOTHING
    raised: list[str] = []

    def watched(exchange: Answered, context: Context) -> Iterable[Hit]:
        try:
            return list(rule.check(exchange, context))
        except Exception as error:  # whatever it is; the engine only counts it
            raised.append(f"{type(error).__name__}: {error}")
            raise

    engine = Engine([msgspec.structs.replace(rule, check=watched)], least=least, knowledge=known)
    hits = [finding.message for exchange in exchanges(text) for finding in engine.audit(exchange).findings]
    return hits, raised[0] if raised else ""
