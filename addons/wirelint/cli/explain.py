"""Define ``wirelint explain``, which describes a rule."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Final

import click
import msgspec
from rich.text import Text

from wirelint.cli.common import common
from wirelint.cli.rules import metadata
from wirelint.core.rule import SINCE, STATUS, Rule
from wirelint.rules import catalogue
from wirelint.settings import selection
from wirelint.settings.options import Choice, option
from wirelint.settings.plugin_rules import plugin_rules
from wirelint.settings.severities import severities
from wirelint.sinks.console import Printer
from wirelint.sinks.text import STYLES, sections

_WIDTH: Final = 100
_LABEL: Final = 12  # columns of a label such as «severity»


@click.command("explain", short_help="Explain a rule: what, why, how to fix, examples.")
@click.argument("rule")
@option("--format", "form", type=Choice(["text", "json"]), default="text", show_default=True, help="Output format.")
@plugin_rules
@common
def command(rule: str, form: str) -> int:
    """Explain RULE: what it finds, why that matters, how to fix it, with a bad and a good example."""
    try:
        found = selection.find(catalogue(), rule)
    except selection.UnknownRuleError as error:
        raise click.UsageError(str(error), click.get_current_context()) from error
    if form == "json":
        fields = metadata(found) | {"text": found.text, "bad": list(found.bad), "good": list(found.good)}
        if found.document:
            fields["document"] = found.document
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(fields)) + b"\n")
        return 0
    printer = Printer(sys.stdout)
    for indent, hang, line in _lines(found):
        printer.paragraph(line, indent, hang=hang, width=_WIDTH)
    return 0


def _lines(rule: Rule) -> Iterator[tuple[int, int, Text]]:
    """Yield lines with their indentation, and that of their continuation."""
    yield 0, 0, Text(rule.id, "bold")
    yield 0, 0, Text(f"{rule.summary}.")
    yield 0, 0, Text("")
    sure = f"{rule.confidence}: {rule.because}"
    facts = {
        "severity": _severity(rule),
        "confidence": Text(sure),
        "basis": Text(rule.basis),
        "family": Text(rule.family),
        "status": Text(f"{STATUS}, since {SINCE}" + ("" if rule.default else "; off by default")),
        "outcome": Text("" if rule.verdict is None else rule.verdict.replace("_", " ")),
        "expected": Text("" if rule.suggested_status is None else str(rule.suggested_status)),
    }
    for name, value in facts.items():
        if value.plain:
            yield 0, _LABEL, Text(f"{name:<{_LABEL}}", "dim") + value
    for name, default in rule.options.items():
        yield 0, _LABEL, Text(f"{'option':<{_LABEL}}", "dim") + Text(f"{name} (default: {default!r})")
    for title, text in sections(rule).items():
        yield 0, 0, Text("")
        yield 0, 0, Text(title, "bold")
        yield from ((2, 0, line) for line in _paragraphs(text))
    documents = (rule.document,) if rule.document else ()
    for title, examples in (("Document", documents), ("Bad", rule.bad), ("Good", rule.good)):
        if examples:
            yield 0, 0, Text("")
            yield 0, 0, Text(f"{title}, for example", "bold")
            yield from ((4, 0, Text(line)) for line in examples[0].strip("\n").splitlines())


def _severity(rule: Rule) -> Text:
    """Return the severity, and those that findings have in some cases."""
    declared, *others = severities(rule)
    text = Text(str(declared), STYLES[declared])
    for number, other in enumerate(others):
        text.append(", " if number else "; in some cases ").append(str(other), STYLES[other])
    return text


def _paragraphs(text: str) -> Iterator[Text]:
    """Yield text ready to wrap: whole paragraphs; lists and code line by line."""
    paragraph: list[str] = []
    for line in [*text.splitlines(), None]:
        if paragraph and (not line or line.startswith(("- ", " "))):
            yield _marked_up(" ".join(paragraph))
            paragraph = []
        if line is None:
            return
        if line.startswith(" "):
            yield _marked_up(line)
        elif line:
            paragraph.append(line)
        else:
            yield Text("")


def _marked_up(line: str) -> Text:
    """Return text with code between double backticks highlighted."""
    text = Text()
    for number, piece in enumerate(line.split("``")):
        text.append(piece, "bold cyan" if number % 2 else "")
    return text
