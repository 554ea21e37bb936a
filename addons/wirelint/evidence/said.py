"""What a response says about an error: the machine-readable codes and the prose in it, wherever services put them."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from wirelint.core.exchange import Exchange, Response
from wirelint.core.media import Kind
from wirelint.core.once import once
from wirelint.evidence import texts
from wirelint.evidence.texts import NONE, TEXT_LIMIT, Meaning
from wirelint.evidence.xml import document

_PROSE: Final = frozenset(
    "message msg error error_description errordescription error_message errormessage errormsg errmsg err_msg detail details title reason"
    " description statusdescription status_description statusmessage status_message statustext status_text errorsummary error_summary"
    " faultstring fault_string text summary explanation usermessage user_message displaymessage longmessage long_message shortmessage"
    " errors_values error_msg retmsg ret_msg sub_msg error_text errortext errormessages debug info help hint exception cause err errors".split()
)
_CODES: Final = frozenset(
    "code error error_code errorcode errcode err_code type error_type errortype status reason .tag tag __type name key errorkey"
    " faultcode kind id_code identifier err label title subcode sub_code exception".split()
)
_INNER: Final = frozenset(
    "error errors err detail details fault exception status response json result meta body cause causes errorcauses error_details"
    " message messages problems errorresponse errormessages error_chain".split()
)
_KNOWN: Final = _PROSE | _CODES | _INNER
_DEEPEST: Final = 4
_MOST_TEXTS: Final = 24
_code: Final = re.compile(r"[A-Za-z_.][\w.:/#-]{2,80}")
_tag: Final = re.compile(r"<[^<>]{0,256}>")
_title: Final = re.compile(r"<(?:title|h1)[^<>]{0,128}>([^<]{1,200})", re.IGNORECASE)


class Said(NamedTuple):
    """``codes`` as they stand; ``prose`` is the texts, joined by line ends."""

    codes: tuple[str, ...]
    prose: str


class _Gathering:
    def __init__(self) -> None:
        self.codes: list[str] = []
        self.texts: list[str] = []

    def value(self, name: str, value: Any, depth: int) -> None:
        if isinstance(value, str):
            if not value or len(self.texts) + len(self.codes) >= _MOST_TEXTS:
                return
            if name in _CODES and _code.fullmatch(value):
                self.codes.append(value.rsplit("/", 1)[-1] if "://" in value else value)
            elif name in _PROSE or name in _INNER:
                self.texts.append(value)
        elif depth < _DEEPEST and isinstance(value, dict):
            if name in _INNER:
                self.members(value, depth + 1)
        elif depth < _DEEPEST and isinstance(value, list) and name in _INNER:
            for each in value[:5]:
                self.element(name, each, depth + 1)

    def element(self, name: str, each: Any, depth: int) -> None:
        if isinstance(each, list):  # rows of code, text and field, as reddit has them
            for inner in each[:3]:
                if isinstance(inner, str):
                    self.value("code" if inner.isupper() else "message", inner, depth)
        elif isinstance(each, str) and each.isupper() and " " not in each:
            self.value("code", each, depth)
        elif isinstance(each, str):
            self.value("message", each, depth)
        else:
            self.value(name, each, depth)

    def members(self, members: dict[str, Any], depth: int = 0, *, fields: bool = False) -> None:
        for name, value in list(members.items())[:48]:
            folded = name.lower()
            if folded in _KNOWN:
                self.value(folded, value, depth)
            # {"errors": {"email": ["is invalid"]}}: below errors, any name may stand before a text; some services
            # leave the "errors" away where the status says so already.
            if (depth or fields) and folded not in _INNER and isinstance(value, list):
                for each in value[:3]:
                    if isinstance(each, str) and (depth or " " in each):
                        self.texts.append(each)


@once
def said(exchange: Exchange) -> Said:
    """Codes and prose of the response's content; nothing where there is none, or none to be seen."""
    response = exchange.response
    if response is None or response.body.unavailable is not None:
        return Said((), "")
    return gather(response)


def gather(response: Response) -> Said:
    """As ``said``, of a response on its own."""
    body = response.body
    members = body.members
    if members is not None:
        gathering = _Gathering()
        gathering.members(members, fields=response.status in (400, 409, 422))
        return _said(gathering)
    value = body.json
    if isinstance(value, list):
        gathering = _Gathering()
        for each in value[:3]:
            if isinstance(each, dict):
                gathering.members(each)
            elif isinstance(each, str):
                gathering.texts.append(each)
        return _said(gathering)
    if isinstance(value, str):
        return Said((), value[:TEXT_LIMIT])
    text = (body.text or "")[: 4 * TEXT_LIMIT]
    if response.headers.media_type.kind is Kind.HTML or text.lstrip()[:1] == "<":
        xml = document(body)
        if xml is not None and response.headers.media_type.kind is not Kind.HTML:
            return Said(xml.codes, "\n".join(xml.texts)[:TEXT_LIMIT])
        return Said((), "\n".join(_title.findall(text[:4096])[:2])[:TEXT_LIMIT])
    return Said((), _tag.sub(" ", text)[:TEXT_LIMIT]) if len(text) <= TEXT_LIMIT and body.complete else Said((), "")


def _said(gathering: _Gathering) -> Said:
    return Said(tuple(gathering.codes), "\n".join(gathering.texts)[:TEXT_LIMIT])


@once
def meanings(exchange: Exchange) -> frozenset[Meaning]:
    """What the response's error is about. A machine-readable code outranks prose."""
    words = said(exchange)
    for code in words.codes:
        found = texts.of_code(code)
        # "validation error", "bad request": too general to outrank what the prose says in detail.
        if found and not found <= _GENERAL:
            return found
    return texts.of_prose(words.prose) or (frozenset().union(*map(texts.of_code, words.codes)) if words.codes else NONE)


_GENERAL: Final = frozenset({Meaning.INVALID, Meaning.INTERNAL, Meaning.UNAVAILABLE, Meaning.MALFORMED})


def suggested_status(exchange: Exchange) -> int | None:
    """The status that fits what the response says; None where that cannot be known."""
    status = texts.best_status(meanings(exchange))
    # Without content there is nothing that could have been understood and yet be unprocessable.
    return 400 if status == 422 and exchange.request.body.empty else status
