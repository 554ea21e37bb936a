"""Find errors in content that is not a JSON object: plain text, forms, event streams, XML."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from wirelint.core.body import Body
from wirelint.core.media import Kind
from wirelint.evidence import own_codes
from wirelint.evidence.envelope_words import ENVELOPE, EXPLANATIONS, FAILED, FLAGS, STATES, Envelope, Grade, is_identity
from wirelint.evidence.forms import form_fields
from wirelint.evidence.xml import Document, document

_plain_error: Final = re.compile(
    r"(?:ERR(?:OR)?|FAIL(?:ED|URE|S)?|FATAL(?: ERROR)?|NOK|KO|EXCEPTION|BADAUTH|NOHOST|NOTFQDN|NUMHOST|BADAGENT|DNSERR|ABUSE|911)(?:\.|!|\s*[:;|,#(-].{1,180}|\s+\d{1,6}\b.{0,180}| .{1,160})?",
    re.IGNORECASE,
)
_XML_ROOTS: Final = frozenset(
    {
        "error",
        "errors",
        "fault",
        "exception",
        "errorresponse",
        "exceptionreport",
        "serviceexceptionreport",
        "failure",
        "errorinfo",
    }
)


def of_text(body: Body, kind: Kind) -> Envelope | None:  # noqa: PLR0911 - a table of forms
    """Return the error in content that is not a JSON object; None if there is none."""
    content = body.content or b""
    head = content[:64].lstrip()[:1]
    if head == b"<":
        xml = document(body) if kind is not Kind.HTML else None
        return _of_xml(xml) if xml is not None else None
    if kind is Kind.EVENTS:
        return _of_events(content)
    if (
        len(content) > 1024
        or not body.complete
        or kind not in (Kind.TEXT, Kind.HTML, Kind.NONE, Kind.JSON, Kind.FORM, Kind.XML)
    ):
        return None
    text = (body.text or "").strip()
    if (marker := own_codes.of_text(text)) is not None:
        return Envelope(Grade.STRONG, marker, text[:256])
    if len(content) > 256:
        return None
    if "\n" not in text and _plain_error.fullmatch(text) and not _is_word_list(text):
        return Envelope(Grade.STRONG, "text", text)
    return _of_form(text)


def _is_word_list(text: str) -> bool:
    """Return whether a text is a list of words, not a message: ``error,warning,info``."""
    return "," in text and " " not in text


def _of_form(text: str) -> Envelope | None:
    """Find ``error=…&error_description=…``, the form of older OAuth services."""
    if not text.startswith("error=") and "&error=" not in text:
        return None
    pairs = form_fields(text)
    if pairs.get("error") and set(pairs) <= {"error", "error_description", "error_uri", "state", "message", "code"}:
        return Envelope(Grade.STRONG, "error", text)
    return None


def _of_events(content: bytes) -> Envelope | None:
    first = content[:512].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    lines = [line for line in first.split(b"\n") if line and not line.startswith((b":", b"id:", b"retry:"))]
    if lines and lines[0].replace(b" ", b"") in (b"event:error", b"event:exception"):
        return Envelope(Grade.MEDIUM, "event: error", first.decode("utf-8", "replace"))
    return None


def _of_xml(xml: Document) -> Envelope | None:
    grade, marker = _marker(xml)
    return None if marker is None else Envelope(grade, marker, _xml_evidence(xml))


def _marker(xml: Document) -> tuple[Grade, str | None]:
    """Return how explicitly a document marks an error, and the marker; None if it does not."""
    root = xml.root
    if root.name in _XML_ROOTS:
        return Grade.STRONG, f"<{root.name}>"
    for name in ("status", "stat", "result", "state", "success", "ok"):
        value = root.attributes.get(name, "").strip().lower()
        if value in FAILED or (name in ("success", "ok") and value in ("false", "0", "no")):
            return Grade.STRONG, f"{root.name}@{name}"
    children = [element for element in xml.elements[1:] if element.depth == 1]
    failed = next(
        (
            element
            for element in children
            if (element.name in STATES and element.text.lower() in FAILED)
            or (element.name in FLAGS and element.text.lower() in ("false", "0", "no"))
        ),
        None,
    )
    if failed is not None and len(children) <= 8 and not any(is_identity(e.name, e.text) for e in children):
        explained = any(element.name in EXPLANATIONS for element in children)
        return Grade.STRONG if explained else Grade.MEDIUM, f"<{failed.name}>"
    only = [element for element in children if element.text or element.name not in ("warnings", "errors")]
    if (
        only
        and all(element.name in ("error", "errors", "fault", "exception") for element in only)
        and any(e.text for e in xml.elements[1:])
    ):
        return Grade.STRONG, f"<{only[0].name}>"
    return Grade.STRONG, own_codes.of_xml(xml)


def _xml_evidence(xml: Document) -> str:
    root = xml.root
    attributes = "".join(f' {name}="{value[:40]}"' for name, value in root.attributes.items() if name in ENVELOPE)
    inner = "".join(_tags(xml.elements[1:]))
    return f"<{root.name}{attributes}>{root.text[:80]}{inner}"


def _tags(elements: Iterable[Any]) -> Iterable[str]:
    for element in list(elements)[:12]:
        if element.name in ENVELOPE and element.text:
            yield f"<{element.name}>{element.text[:120]}"
