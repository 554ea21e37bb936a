"""HTML pages that need nothing else: no script, no address that is fetched, only escaped text."""

from __future__ import annotations

from importlib.resources import files
from typing import Final
from xml.etree import ElementTree as ET

from wirelint.sinks.text import printable

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_ICON: Final = "M5 17h5l3-8 5 15 4-10 2 3h3"
_STYLE: Final = """
.top { flex-wrap: wrap; }
.state::before { display: none; }
.brand svg { inline-size: 1.5rem; block-size: 1.5rem; }
main > section > h2 { margin-block-end: .6rem; }
.top, main { overflow-wrap: anywhere; }
"""


def page(title: str, line: str, style: str = "") -> tuple[ET.Element, ET.Element]:
    """Return a page and its main part. It looks like the page of ``wirelint proxy``, whose style it carries.

    :param title: of the window.
    :param line: stands beside the name at the top.
    :param style: more rules of style.
    """
    root = ET.Element("html", lang="en")
    head = ET.SubElement(root, "head")
    ET.SubElement(head, "meta", charset="utf-8")
    ET.SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    ET.SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": _POLICY})
    ET.SubElement(head, "meta", name="color-scheme", content="light dark")
    add(head, "title", title)
    sheet = files("wirelint").joinpath("web/static/style.css").read_text("utf-8")
    ET.SubElement(head, "style").text = sheet + _STYLE + style
    body = ET.SubElement(root, "body")
    top = add(body, "header", cls="top")
    brand = add(top, "h1", cls="brand")
    icon = ET.SubElement(brand, "svg", {"viewBox": "0 0 32 32", "aria-hidden": "true"})
    ET.SubElement(icon, "rect", width="32", height="32", rx="8", fill="#2f6f73")
    ET.SubElement(icon, "path", {"d": _ICON, "fill": "none", "stroke": "#fff", "stroke-width": "2.6"})
    add(brand, "span", "wirelint")
    add(top, "p", line, cls="state")
    return root, add(body, "main")


def written(root: ET.Element) -> str:
    """Return a page as text."""
    return "<!doctype html>\n" + ET.tostring(root, encoding="unicode", method="html") + "\n"


def add(parent: ET.Element, tag: str, text: str = "", *, cls: str = "", **attributes: str) -> ET.Element:
    """Add an element to another one, and return it.

    :param cls: the attribute ``class``.
    """
    element = ET.SubElement(parent, tag, attributes | ({"class": cls} if cls else {}))
    element.text = printable(text)
    return element


def scrolled(parent: ET.Element, label: str) -> ET.Element:
    """Add an element whose content can be scrolled, also with the keyboard, and return it.

    :param label: says what is in it.
    """
    return add(parent, "div", cls="scroll", tabindex="0", role="region", **{"aria-label": label})


def section(main: ET.Element, title: str) -> ET.Element:
    """Add a section with a title, and return it."""
    place = add(main, "section")
    add(place, "h2", title)
    return place
