"""Lay out a finding for people: on one line if it fits, else as a block. Terminal and reports share this."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple

from rich.text import Text

from wirelint.core.finding import Finding
from wirelint.core.verdict import of_status
from wirelint.sinks.text import printable, service, severity, status, story

_SEVERITY_WIDTH: Final = 6
_INDENT: Final = 2
_STORY_INDENT: Final = 8
_HANG: Final = 2
_NARROW: Final = 60
_LONGEST: Final = 200


_status_line: Final = re.compile(r"\d{3}(?: [A-Z][A-Za-z' -]{1,40})?")


class Line(NamedTuple):
    """A line to be wrapped between words: ``indent`` columns before it, ``hang`` more before its continuations."""

    text: Text
    indent: int = 0
    hang: int = 0


def line(finding: Finding, *, clock: bool = False, count: int = 1) -> Text:
    """Return a finding on one line: time, severity, place, sent and expected status, message, rule.

    :param clock: begin with the local time.
    :param count: how often it was found.
    """
    return _join(_head(finding, clock=clock, count=count), _tail(finding))


def block(  # noqa: PLR0913 - what may stand in it, by name
    finding: Finding,
    width: int | None,
    *,
    clock: bool = False,
    count: int = 1,
    target: str = "",
    where: str = "",
    link: str = "",
) -> Iterator[Line]:
    """Yield a finding as lines, nothing twice: what ``line`` has, then evidence, story, and where to see more.

    :param width: columns; None for any number.
    :param clock: begin with the local time.
    :param count: how often it was found.
    :param target: the masked target of its request.
    :param where: the place in a file.
    :param link: the address of its page.
    """
    head, tail = _head(finding, clock=clock, count=count), _tail(finding)
    whole = _join(head, tail)
    if width is None or whole.cell_len <= width:
        yield Line(whole)
    else:
        yield Line(head, hang=_HANG)
        yield Line(tail, _INDENT)
    if finding.evidence and not _is_said(finding) and (width is None or width >= _NARROW):
        yield Line(Text(f"│ {printable(finding.evidence)}", "dim"), _INDENT, _HANG)
    for step in story(finding):
        yield Line(step, _INDENT, hang=3)
    asked = f"{finding.method} {_shortened(printable(target))}" if target and target != finding.route else ""
    yield from _together([asked, where, link], width)


def brief(finding: Finding, *, clock: bool = False) -> Iterator[Line]:
    """Yield a finding as ``line`` has it, and its story: for output that is collected, without evidence and target."""
    yield Line(line(finding, clock=clock))
    for step in story(finding):
        yield Line(step, _STORY_INDENT)


def _head(finding: Finding, *, clock: bool, count: int) -> Text:
    text = Text()
    if clock and finding.timestamp is not None:
        text.append(f"{datetime.fromtimestamp(finding.timestamp).astimezone():%H:%M:%S}  ", "dim")
    text.append_text(severity(finding.severity, _SEVERITY_WIDTH))
    text.append(f"  {service(finding)} {finding.method} {printable(finding.route)}")
    sent, expected = finding.status, finding.suggested_status
    # Most messages begin with the status.
    if expected is not None or sent is None or not finding.message.startswith(f"{sent} "):
        text.append(f"  {status(finding)}", "bold")
    if count > 1:
        text.append(f"  ×{count:,}", "bold")
    if expected is None and sent is not None and finding.verdict is not of_status(sent):
        text.append(f"  actual outcome: {finding.verdict.replace('_', ' ')}", "magenta")
    return text


def _tail(finding: Finding) -> Text:
    return Text(printable(finding.message)).append(f"  [{finding.rule}]", "cyan")


def _join(head: Text, tail: Text) -> Text:
    return head.copy().append("  ").append_text(tail)


def _is_said(finding: Finding) -> bool:
    """Return whether the evidence is in what is shown already."""
    shown = finding.evidence.strip(" \"'")
    return shown.casefold() in finding.message.casefold() or _status_line.fullmatch(shown) is not None


def _together(parts: list[str], width: int | None) -> Iterator[Line]:
    """Yield short texts on one line if they fit, else on a line each."""
    shown = [part for part in parts if part]
    together = "  ".join(shown)
    if not shown:
        return
    if width is None or _INDENT + len(together) <= width:
        yield Line(Text(together, "dim"), _INDENT)
    else:
        yield from (Line(Text(part, "dim"), _INDENT, _HANG) for part in shown)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
