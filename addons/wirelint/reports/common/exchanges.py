"""Show an exchange in HTML as the page does: request beside response, with marks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree as ET

from wirelint.core.finding import Finding
from wirelint.core.masking import Message
from wirelint.core.redact import MASK
from wirelint.reports.common.markup import add
from wirelint.sinks.exchange_log import Kept
from wirelint.sinks.marks import Mark, marks
from wirelint.sinks.text import plural

_LONGEST_BODY: Final = 8 * 1024


def exchange(parent: ET.Element, kept: Kept, finding: Finding) -> None:
    """Add an exchange, with what convinced the rule marked.

    :param kept: the exchange, with its messages.
    :param finding: the finding that it proves.
    """
    box = add(parent, "div", cls="exchange")
    found = marks(kept.request, kept.response, finding)
    for side, title, message in (("request", "Request", kept.request), ("response", "Response", kept.response)):
        half = add(box, "section", cls="half")
        add(half, "h3", title)
        if message is None:
            add(half, "p", f"None: {kept.outcome}.", cls="hint")
        else:
            _message(half, message, [mark for mark in found if mark["part"].startswith(side)])


def _message(half: ET.Element, message: Message, found: Sequence[Mark]) -> None:
    def of(part: str, name: str = "") -> list[str]:
        return [mark["text"] for mark in found if mark["part"].endswith(f".{part}") and mark["name"] == name]

    _marked(add(half, "pre", cls="first-line"), message.line, of("line"))
    fields = add(half, "dl", cls="fields")
    for name, value in message.fields:
        pair = add(fields, "div")
        add(pair, "dt", f"{name}:").tail = " "
        _marked(add(pair, "dd"), value, of("field", name))
    body = message.body
    if body:
        _marked(add(half, "pre", cls="content", tabindex="0"), body[:_LONGEST_BODY], of("body"))
    notes = [message.form, plural(message.size, "octet") if message.size else "", message.note]
    if len(body) > _LONGEST_BODY:
        notes.append("the rest is left out here")
    add(half, "p", ", ".join(filter(None, notes)) or "no content", cls="hint")


def _marked(element: ET.Element, text: str, found: Sequence[str]) -> None:
    """Fill an element with text in which the first place of each mark is marked, and what is masked is set apart."""
    places: list[tuple[int, int]] = []
    for mark in found:
        at = text.find(mark)
        if at >= 0 and not any(at < end and at + len(mark) > begin for begin, end in places):
            places.append((at, at + len(mark)))
    done = 0
    for begin, end in sorted(places):
        _masked(element, text[done:begin])
        _masked(ET.SubElement(element, "mark"), text[begin:end])
        done = end
    _masked(element, text[done:])


def _masked(element: ET.Element, text: str) -> None:
    """Append text, with what is masked set apart."""
    first, *pieces = text.split(MASK)
    _append(element, first)
    for piece in pieces:
        add(element, "span", MASK, cls="masked").tail = piece


def _append(element: ET.Element, text: str) -> None:
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text
