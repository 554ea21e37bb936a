"""Find errors by a service's own number beside a text: result codes in JSON, XML, forms and lines.

A number alone proves nothing, and neither does a text. The request failed only if both are together, the text is about
an error, and there are no other data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from wirelint.evidence import texts
from wirelint.evidence.failures import reads_as_error
from wirelint.evidence.forms import form_fields
from wirelint.evidence.texts import Meaning
from wirelint.evidence.xml import Document

_CODES: Final = (
    "code", "cod", "retcode", "ret_code", "status", "sub_code", "ret", "rc", "returncode", "return_code", "rtncode", "respcode",
    "resp_code", "rescode", "resultcode", "result_code",
)  # fmt: skip
_TEXTS: Final = (
    "message", "msg", "retmsg", "ret_msg", "info", "sub_msg", "description", "detail", "reason", "result", "resultmsg",
    "result_msg", "resultmessage", "errormsg", "error_msg", "errmsg", "returnmsg", "respmsg", "desc", "statusmsg", "text", "resulttext",
    "result_text", "resultdesc", "errortext", "error_text", "statustext", "status_text", "responsetext", "response_text",
)  # fmt: skip
KEYS: Final[frozenset[str]] = frozenset(_CODES) - {"status", "sub_code"}
"""Folded names: ``of_members`` can find something only in an object with one of them."""

_ABOUT: Final = frozenset(
    {
        Meaning.AUTHN,
        Meaning.AUTHZ,
        Meaning.NOT_FOUND,
        Meaning.CONFLICT,
        Meaning.INVALID,
        Meaning.MALFORMED,
        Meaning.METHOD,
        Meaning.RATE,
        Meaning.QUOTA,
    }
)
_HTTP_ERRORS: Final = frozenset(
    {400, 401, 402, 403, 404, 405, 406, 409, 410, 413, 415, 422, 429, 500, 501, 502, 503, 504}
)
_number: Final = re.compile(r"-?[0-9]{1,9}")
_labelled: Final = re.compile(r"(?!OK|SUCC|INFO)[A-Z]{1,16}[-_.]?([0-9]{1,6})")
"""A number behind the name of a product: ``FOSSIL-2104``, ``E1002``."""
_machine: Final = re.compile(r"[A-Z][A-Z0-9]{0,24}(?:_[A-Z0-9]{1,24}){1,6}")
_fine: Final = re.compile(
    r"\b(?:success|successful|successfully|succeeded|completed|passed|accepted|approved)\b", re.IGNORECASE
)
_code_line: Final = re.compile(
    r"(?:status[-_ ]?code|result[-_ ]?code|error[-_ ]?code|code|rc)\s{0,4}[:=]\s{0,4}(-?\d{1,5})\s*", re.IGNORECASE
)
_text_line: Final = re.compile(
    r"(?:status[-_ ]?text|error|description|message|reason|text)\s{0,4}[:=]\s{0,4}(\S.{0,200})", re.IGNORECASE
)
_FAILED: Final = frozenset({"error", "failure", "failed", "fail"})
_STATES: Final = frozenset({"status", "ack", "resultcode", "result"})
_ERROR_ELEMENTS: Final = frozenset({"errcode", "errorcode", "error_code", "errtext"})
_CODE_ELEMENTS: Final = frozenset({"errcode", "errorcode", "error_code", "number", "code"})
_TEXT_ELEMENTS: Final = frozenset({"detail", "message", "msg", "description", "text", "errtext"})
_MOST_LINES: Final = 12


def of_members(folded: Mapping[str, Any]) -> str | None:
    """Return the member with an error number, in a JSON object with folded names; None if there is none."""
    name = next((name for name in _CODES if name in folded and _is_failure(folded[name])), None)
    if name is None:
        # Some services use 0 for failure: only a word for failure proves the direction.
        refused = str(folded.get("status")) == "0" and any(_is_word_for_failure(folded.get(each)) for each in _TEXTS)
        return "status" if refused else None
    said = [value for other in _TEXTS if other != name and isinstance(value := folded.get(other), str)]
    if any(_is_about_an_error(text, number=name == "status") for text in said):
        return name
    # A number below zero, or of an HTTP error, decides in any language; so does «status» if 1 means success.
    number = int(folded[name]) if name != "status" and _labelled.fullmatch(str(folded[name])) is None else 0
    is_error = number < 0 or (number in _HTTP_ERRORS and all(not folded.get(other) for other in ("data", "result")))
    return name if is_error and said and not any(_fine.search(text) or not text.strip() for text in said) else None


def _is_word_for_failure(text: Any) -> bool:
    return isinstance(text, str) and (
        text == "NOTOK" or (_machine.fullmatch(text) is not None and _is_about_an_error(text))
    )


def _is_failure(value: Any) -> bool:
    """Return whether a number means failure; success is 0, 1, the 200s, EPP's 1000s, Alipay's 10000."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return False
    text = str(value).strip()
    if (labelled := _labelled.fullmatch(text)) is not None:
        return int(labelled[1]) != 0
    if _number.fullmatch(text) is None:
        return False
    number = int(text)
    return not (number in (0, 1, 10000) or 200 <= number <= 299 or 1000 <= number <= 1001)


def _is_about_an_error(text: str, *, number: bool = False) -> bool:
    """Return whether a text is about an error; ``number``: it is beside a state, which may have many numbers."""
    if len(text) > 400 or _fine.search(text):
        return False
    if _machine.fullmatch(text):
        return bool(texts.of_code(text) & _ABOUT)
    if not number and reads_as_error(text):
        return True
    about = texts.of_prose(text) & _ABOUT
    return bool(about - {Meaning.INVALID} if number else about)


def of_text(text: str) -> str | None:
    """Return the mark of a failure in lines of names and values or in a form; None if there is none."""
    if "\n" not in text:
        return _of_form(text) if "=" in text else None
    lines = [line.strip() for line in text[:2048].splitlines()[:_MOST_LINES]]
    code = next((match for line in lines if (match := _code_line.fullmatch(line))), None)
    if code is None or not _is_failure(code[1]):
        return None
    about = [match[1] for line in lines if (match := _text_line.fullmatch(line))]
    return code[0].strip() if any(_is_about_an_error(each) for each in about) else None


def _of_form(text: str) -> str | None:
    pairs = {name.lower(): value for name, value in form_fields(text).items()}
    if pairs.get("ack", "").lower() in ("failure", "failurewithwarning"):
        return f"ACK={pairs['ack']}"
    if pairs.get("error", "").isdigit() and int(pairs["error"][:9]) != 0 and pairs.get("text"):
        return f"error={pairs['error'][:9]}"
    return None


def of_xml(xml: Document) -> str | None:
    """Return the element that marks a failure, a few levels down; None if there is none."""
    coded = [element for element in xml.elements if element.name in _CODE_ELEMENTS and element.text]
    for at, element in enumerate(xml.elements[:-1]):
        if element.name in _STATES and element.depth <= 4 and element.text.lower() in _FAILED:
            following = xml.elements[at + 1].name
            if following in _ERROR_ELEMENTS or (element.name not in ("status", "result") and coded):
                return f"<{element.name}>{element.text}"
    numbered = [element for element in coded if _number.fullmatch(element.text)]
    if len(numbered) != 1 or numbered[0].depth > 3 or not _is_failure(numbered[0].text):
        return None
    beside = [e.text for e in xml.elements if e.depth == numbered[0].depth and e.name in _TEXT_ELEMENTS and e.text]
    return f"<{numbered[0].name}>{numbered[0].text}" if any(_is_about_an_error(each) for each in beside) else None
