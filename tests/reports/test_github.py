"""Workflow commands as GitHub's runner reads them."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import pytest

from lab.audits import RULE, audit, finding
from lab.reports import HOSTILE, report
from wirelint.core.finding import Severity
from wirelint.core.origin import Origin
from wirelint.sources import Skipped


class Command(NamedTuple):
    """What the runner makes of a line."""

    name: str
    properties: dict[str, str]
    text: str


def undone(text: str, escapes: str) -> str:
    for character in escapes:
        text = text.replace(f"%{ord(character):02X}", character)
    return text.replace("%25", "%")


def command(line: str) -> Command:
    """Read a line as the runner does: the name, properties between commas, and all behind the second colons."""
    match = re.fullmatch(r"::(\w+)(?: (.*?))?::(.*)", line)
    assert match is not None, line
    pairs = [pair.partition("=") for pair in (match[2] or "").split(",")]
    properties = {name: undone(value, "\r\n:,") for name, _, value in pairs}
    return Command(match[1], properties, undone(match[3], "\r\n"))


def commands(*audits: Any, **more: Any) -> list[Command]:
    text = report("github", *audits, **more)
    assert text == "" or text.endswith("\n")
    return [command(line) for line in text.split("\n")[:-1]]


def test_an_annotation_for_each_kind_of_finding() -> None:
    (made,) = commands(*[audit(finding(origin=Origin("traffic/a.har", number))) for number in (3, 4)])
    assert made.name == "warning"
    assert made.properties == {"file": "traffic/a.har", "title": "wirelint: made-up"}
    assert made.text.split("\n") == [
        "GET shop /orders/{id}  200 → 422 ×2",
        "200 with an error in it",
        "in traffic/a.har#3, #4",
        "wirelint explain made-up",
    ]


def test_the_gravest_come_first() -> None:
    audits = [audit(finding(severity=level, service=str(level))) for level in Severity]
    assert [made.name for made in commands(*audits)] == ["error", "warning", "notice", "notice"]


def test_what_was_left_out() -> None:
    first, last = commands(skipped=[Skipped(1, "not HTTP")], failures=[("b.har", "b.har: empty")])
    assert (first.name, first.properties["file"], first.text) == ("error", "b.har", "b.har: empty")
    assert (last.name, last.properties["title"], last.text) == (
        "notice",
        "wirelint: 1 record skipped",
        "1 of a.har: not HTTP",
    )


@pytest.mark.parametrize("text", [HOSTILE, "\n::error::x", "%0A::error::x", "a\r::stop-commands::x", ",title=x", "::"])
def test_nothing_from_the_wire_is_a_command_or_a_property(text: str) -> None:
    hostile = finding(message=text, service=text, route=text, origin=Origin(f"{text}.har", 0))
    (made,) = commands(audit(hostile), rules=(RULE,))
    assert set(made.properties) == {"file", "title"}
    assert made.properties["title"] == "wirelint: made-up"
    assert "\r" not in made.text
    assert "\x1b" not in made.text
    assert text.rsplit("\n", maxsplit=1)[-1].rstrip("\r")[-3:] in made.text
