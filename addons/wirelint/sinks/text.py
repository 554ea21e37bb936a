"""Format findings for a terminal: the words and colours of all text output."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from rich.text import Text

from wirelint.core.finding import Finding, Severity, Side
from wirelint.core.origin import Origin
from wirelint.core.rule import SECTIONS, Rule

STYLES: Final[Mapping[Severity, str]] = {
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.INFO: "dim",
}
_NONE: Final = "no response"
_address: Final = re.compile(r"https?://[^\s>]+")
_underline: Final = re.compile(rf"^({'|'.join(SECTIONS)})\n-+$", re.MULTILINE)


def printable(text: str) -> str:
    """Return a text without control characters."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def plural(count: int, noun: str) -> str:
    """Return ``1 finding``, ``1,200 findings``."""
    if count != 1:
        noun = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{count:,} {noun}"


def severity(level: Severity, width: int = 0) -> Text:
    """Return the name of a severity in its colour."""
    return Text().append(str(level).ljust(width), STYLES[level])


def status(finding: Finding) -> str:
    """Return the sent status and, if known, the expected one."""
    sent = _NONE if finding.status is None else str(finding.status)
    return sent if finding.suggested_status is None else f"{sent} → {finding.suggested_status}"


def service(finding: Finding) -> str:
    """Return the service that a finding is about, marked if a client of the service is at fault."""
    return printable(finding.service) + (" (client)" if finding.side is Side.CLIENT else "")


def story(finding: Finding) -> list[Text]:
    """Return the exchanges that prove a finding, one per line, in order; none if one alone does."""
    several = len({step.service for step in finding.story}) > 1
    lines = []
    for number, step in enumerate(finding.story, 1):
        text = Text(f"{number}. ", "dim")
        if step.origin is not None:
            text.append(f"#{step.origin.index} ")
        if several:
            text.append(f"{printable(step.service)} ")
        text.append(f"{step.request} → ")
        text.append(step.outcome, "bold")
        if step.note:
            text.append(f"  {step.note}")
        lines.append(text)
    return lines


def sections(rule: Rule) -> dict[str, str]:
    """Return the sections of a rule's text by heading, in order."""
    parts = _underline.split(rule.text)
    return {title: text.strip("\n") for title, text in zip(parts[1::2], parts[2::2], strict=True)}


def reference(rule: Rule) -> str:
    """Return the address of a rule's first reference, such as a section of an RFC; empty if it has none."""
    found = _address.search(sections(rule).get("References", ""))
    return "" if found is None else found[0]


def place(origin: Origin | None) -> str:
    """Return ``file#index``."""
    return "" if origin is None else f"{printable(origin.file)}#{origin.index}"
