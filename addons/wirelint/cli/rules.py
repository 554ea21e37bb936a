"""Define ``wirelint rules``, the list of rules."""

from __future__ import annotations

import sys
from typing import Any

import click
import msgspec
from rich.text import Text

from wirelint.cli.common import common
from wirelint.core.rule import SINCE, STATUS, Rule
from wirelint.rules import catalogue
from wirelint.settings import selection
from wirelint.settings.options import Choice, option
from wirelint.settings.severities import severities
from wirelint.settings.tables import rule_choice
from wirelint.sinks.console import Printer
from wirelint.sinks.text import severity


@click.command("rules", short_help="List the rules.")
@option("--format", "form", type=Choice(["table", "json"]), default="table", show_default=True, help="Output format.")
@rule_choice
@common
def command(form: str, select: tuple[str, ...], ignore: tuple[str, ...]) -> int:
    """List the rules, or those selected by --select and --ignore.

    The column "or" has severities that findings of a rule have in some cases.
    """
    rules = _chosen(select, ignore) if select or ignore else catalogue()
    if form == "json":
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode([metadata(rule) for rule in rules])) + b"\n")
        return 0
    rows: list[list[Text | str]] = [["rule", "severity", "or", "confidence", "default", "summary"]]
    for rule in rules:
        on = "on" if rule.default else "off"
        others = ", ".join(map(str, severities(rule)[1:]))
        rows.append([rule.id, severity(rule.severity), others, str(rule.confidence), on, rule.summary])
    Printer(sys.stdout).table(rows)
    return 0


def _chosen(select: tuple[str, ...], ignore: tuple[str, ...]) -> tuple[Rule, ...]:
    try:
        rules = selection.select(catalogue(), select, ignore)
    except selection.UnknownRuleError as error:
        raise click.UsageError(str(error), click.get_current_context()) from error
    if not rules:
        raise click.UsageError("--select and --ignore leave no rule to run", click.get_current_context())
    return rules


def metadata(rule: Rule) -> dict[str, Any]:
    """Return the metadata of a rule by published names, without texts and examples."""
    return {
        "id": rule.id,
        "family": rule.family,
        "summary": rule.summary,
        "severity": str(rule.severity),
        "severities": [str(each) for each in severities(rule)],
        "confidence": str(rule.confidence),
        "because": rule.because,
        "basis": rule.basis,
        "status": STATUS,
        "since": SINCE,
        "default": rule.default,
        "side": rule.side.value,
        "verdict": None if rule.verdict is None else rule.verdict.value,
        "suggested_status": rule.suggested_status,
        "options": dict(rule.options),
    }
