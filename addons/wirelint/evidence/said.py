"""Collect the error codes and texts of a response, wherever services put them."""

from __future__ import annotations

import functools
import re
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from wirelint.core.answers import once_per_answer
from wirelint.core.exchange import Exchange, Response
from wirelint.core.media import Kind
from wirelint.evidence import texts
from wirelint.evidence.forms import form_fields
from wirelint.evidence.markup import READ, visible_text
from wirelint.evidence.streams import last_object
from wirelint.evidence.texts import NONE, TEXT_LIMIT, Meaning
from wirelint.evidence.xml import document


@functools.lru_cache(maxsize=4096)  # a service has few, and repeats them
def _fold(name: str) -> str:
    """Return the folded name of a member: the same for ``error_message``, ``errorMessage`` and ``error-message``."""
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")


_PROSE: Final = frozenset(
    "message msg error errordescription errordesc errormessage errormsg errmsg detail details title reason description desc"
    " statusdescription statusmessage statusmsg statustext errorsummary faultstring text summary explanation usermessage"
    " displaymessage longmessage shortmessage localizedmessage friendlymessage errorusermsg errorusertitle developermessage"
    " devmessage internalmessage systemmessage technicalmessage debugmessage exceptionmessage messagedetail errorsvalues retmsg"
    " returnmsg returnmessage resultmsg resultmessage resultdesc respmsg respdesc responsemessage submsg errortext resulttext responsetext errordetail"
    " errormessages errorreason failurereason debug info errorinfo errinfo help hint exception cause err errors problem".split()
)
_CODES: Final = frozenset(
    "code error errorcode errcode type errortype status reason .tag tag name key errorkey faultcode kind idcode identifier err"
    " label title subcode exception errorid errorname resultcode exceptionid".split()
)
_SPOKEN: Final = frozenset({"message", "msg"})
"""Members with a text, in which some services put a code: ``{"message": "INVALID_TOKEN"}``."""
_INNER: Final = frozenset(
    "error errors err detail details fault exception status response json result meta body cause causes errorcauses errordetails"
    " message messages problems errorresponse errormessages errorchain extensions violations responsestatus serviceerror apierror"
    " plugindata results data errorinfo rootcause embedded messagetranslations originalerror innererror".split()
)
_TRANSLATED: Final = frozenset({"message", "messagetranslations"})
"""Members that are objects with one text, by language or as OData's ``{"lang": "en", "value": "…"}``."""
_KNOWN: Final = _PROSE | _CODES | _INNER
_DEEPEST: Final = 4
_MOST_TEXTS: Final = 24
_code: Final = re.compile(r"[A-Za-z_.][\w.:/#-]{2,80}")
_SMALL_PAGE: Final = 8 * 1024
_enclosed: Final = re.compile(r"\(([A-Z][A-Z0-9]{1,24}(?:_[A-Z0-9]{1,24}){1,6})\)")
_headings: Final = re.compile(r"<(?:title|h1)[^<>]{0,128}>([^<]{1,200})", re.IGNORECASE)
# Places where error pages for developers name the exception: Rails, Django, Werkzeug, Symfony.
_exceptions: Final = re.compile(
    r"<h2[^<>]{0,128}>([^<]{1,200})|class=[\"']?(?:exception_value|errormsg|exception-message)\b[^<>]{0,128}>([^<]{1,200})",
    re.IGNORECASE,
)
_CODE_FIELDS: Final = (
    "x-amzn-errortype",
    "x-ms-error-code",
    "mediawiki-api-error",
    "x-minio-error-code",
    "x-error-code",
)
_TEXT_FIELDS: Final = (
    "x-influxdb-error",
    "x-minio-error-desc",
    "x-error-message",
    "x-error",
    "x-error-description",
    "grpc-message",
)
_FIELDS: Final = frozenset((*_CODE_FIELDS, *_TEXT_FIELDS))
_STATUS_WORDS: Final = frozenset("http https error err e m exception status code response".split())
_words_of: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_numbered: Final = re.compile(
    r"\W{0,3}(?:HTTP(?:/\d(?:\.\d)?)? ?)?(?:(?:error|status)(?: code)?[ :]{1,2})?([45]\d\d)[ :,-]{1,3}([A-Za-z][A-Za-z_-]{2,30}(?: [A-Za-z]{2,20}){0,3})",
    re.IGNORECASE,
)
_PHRASES: Final = {
    400: ("bad request",), 401: ("unauthorized", "unauthorised"), 402: ("payment required",), 403: ("forbidden",),
    404: ("not found", "notfound"), 405: ("method not allowed",), 406: ("not acceptable",), 408: ("request timeout",),
    409: ("conflict",), 410: ("gone",), 411: ("length required",), 412: ("precondition failed",),
    413: ("content too large", "payload too large", "request entity too large"), 414: ("uri too long", "request uri too long"),
    415: ("unsupported media type",), 416: ("range not satisfiable", "requested range not satisfiable"),
    422: ("unprocessable entity", "unprocessable content"), 423: ("locked",), 424: ("failed dependency",),
    428: ("precondition required",), 429: ("too many requests",), 500: ("internal server error", "internal server", "internal"),
    501: ("not implemented",), 502: ("bad gateway",), 503: ("service unavailable", "service temporarily unavailable"),
    504: ("gateway timeout", "gateway time out"), 507: ("insufficient storage",),
}  # fmt: skip
"""Status phrases in place of a message (RFC 9110 section 15, and its predecessors)."""


_STOCK: Final = frozenset(
    (
        "the server could not comply with the request since it is either malformed or otherwise incorrect.",
        "the browser (or proxy) sent a request that this server could not understand.",
        "access was denied to this resource.",
        "the resource could not be found.",
        "there was a conflict when trying to complete your request.",
        "unable to process the contained instructions",
        "the server has either erred or is incapable of performing the requested operation.",
    )
)
"""Sentences of WebOb and Werkzeug that stand for a status, before what the service itself says."""
_ECHOES: Final = ("Sorry, the requested URL", "caused an error:")
"""Begin and end of Bottle's sentence with the URL, before the text of an error."""
_trace: Final = re.compile(r"^[ \t]*Traceback \(most recent call last\):", re.MULTILINE)
_aside: Final = re.compile(r"\([^()\n]{0,40}\b(?:not|n['\u2019]t) (?:logged|signed) in\b[^()\n]{0,20}\)", re.IGNORECASE)
"""A remark of a page's frame about the session, on every page."""
_raised: Final = re.compile(r"[A-Za-z_][\w.]{2,80}(?:: .{0,400})?")
_PLAIN_NUMBERS: Final = frozenset({401, 403, 404, 429})
"""Values of ``error.code`` that are HTTP statuses if the text only says that something failed."""
_VAGUE: Final = frozenset({Meaning.UPSTREAM, Meaning.INTERNAL, Meaning.UNAVAILABLE})
_HEADS: Final = {phrase: phrase.partition(" ")[0] for phrases in _PHRASES.values() for phrase in phrases}


class Said(NamedTuple):
    """``codes`` are unchanged; ``prose`` has the texts, joined by line ends."""

    codes: tuple[str, ...]
    prose: str


class _Gathering:
    def __init__(self) -> None:
        self.codes: list[str] = []
        self.texts: list[str] = []
        self.number = 0

    def value(self, name: str, value: Any, depth: int) -> None:
        if isinstance(value, str):
            if not value or len(self.texts) + len(self.codes) >= _MOST_TEXTS:
                return
            if (name in _CODES or (name in _SPOKEN and value.isupper())) and _code.fullmatch(value):
                self.codes.append(value.rsplit("/", 1)[-1] if "://" in value else value)
            elif name in _PROSE or name in _INNER:
                self.texts.append(value)
        elif depth < _DEEPEST and isinstance(value, dict):
            if name in _TRANSLATED:
                self.texts += [each for each in list(value.values())[:3] if isinstance(each, str) and " " in each]
            if name in _INNER:
                self.members(value, depth + 1)
        elif depth < _DEEPEST and isinstance(value, list) and name in _INNER:
            for each in value[:5]:
                self.element(name, each, depth + 1)

    def element(self, name: str, each: Any, depth: int) -> None:
        if isinstance(each, list):  # rows of code, text and field, as in reddit's API
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
            folded = _fold(name)
            if folded in _KNOWN:
                self.value(folded, value, depth)
                if depth and folded == "code" and isinstance(value, int) and value in _PLAIN_NUMBERS:
                    self.number = value
            # {"errors": {"email": ["is invalid"]}}: below errors, a text may have any name; some services omit the
            # "errors" under an error status.
            if (depth or fields) and folded not in _INNER and isinstance(value, list):
                for each in value[:3]:
                    if isinstance(each, str) and (depth or " " in each):
                        self.texts.append(each)


@once_per_answer
def said(exchange: Exchange) -> Said:
    """Return codes and prose of the response's content; empty if there are none, or if it cannot be read."""
    response = exchange.response
    if response is None:
        return Said((), "")
    return gather(response)


def gather(response: Response) -> Said:
    """Do the same for a response alone.

    A text or a code that only repeats the response's status is left out if there is another one.
    """
    gathering = _Gathering()
    _read(gathering, response)
    if response.status >= 400 and not _FIELDS.isdisjoint(response.headers.index):
        _fields(gathering, response)
    _number(gathering, response.status)
    if response.status >= 400:
        gathering.codes += _in_parentheses(gathering.texts)
    if gathering.number not in (0, response.status) and texts.of_prose("\n".join(gathering.texts)) <= _VAGUE:
        gathering.codes.append(_PHRASES[gathering.number][0].replace(" ", "_").upper())
    codes = [code for code in gathering.codes if not is_status(code, response.status)]
    if response.status >= 400:
        gathering.texts = [_unnumbered(text, response.status) for text in gathering.texts]
    prose = [text for text in gathering.texts if not is_status(text, response.status)]
    if not (codes or prose):
        codes, prose = gathering.codes, gathering.texts
    if len(prose) > 1 and response.status >= 400:
        prose = [text for text in prose if text.strip().lower() not in _STOCK] or prose
    return Said(tuple(codes), "\n".join(prose)[:TEXT_LIMIT])


def is_status(text: str, status: int) -> bool:
    """Return whether a text or code is only a status, by number or name: ``Forbidden``, ``ERR_FORBIDDEN``, ``403``."""
    phrases = _PHRASES.get(status)
    if phrases is None or len(text) > 64:
        return False
    number = str(status)
    folded = text.lower()
    if number not in folded and not any(_HEADS[phrase] in folded for phrase in phrases):
        return False
    words = [word.lower() for word in _words_of.findall(text)]
    said_so = " ".join(word for word in words if word != number)
    return (
        said_so in phrases
        or " ".join(word for word in words if word != number and word not in _STATUS_WORDS) in phrases
        or (number in words and all(word in _STATUS_WORDS or word == number for word in words))
    )


def _read(gathering: _Gathering, response: Response) -> None:
    body = response.body
    members = body.members or last_object(body)
    if members is not None:
        gathering.members(members, fields=response.status in (400, 409, 422))
        return
    value = body.json
    if isinstance(value, list):
        for each in value[:3]:
            if isinstance(each, dict):
                gathering.members(each)
            elif isinstance(each, str):
                gathering.texts.append(each)
            elif isinstance(each, list) and response.status >= 400:  # Groonga's [[-22, 1796120361.6, 0.01, "…"]]
                gathering.texts += [inner for inner in each[:8] if isinstance(inner, str) and " " in inner]
    elif isinstance(value, str):
        gathering.texts.append(value[:TEXT_LIMIT])
    else:
        _read_text(gathering, response)


def _read_text(gathering: _Gathering, response: Response) -> None:
    body, kind = response.body, response.headers.media_type.kind
    text = (body.text or "")[:READ]
    markup = text.lstrip()[:1] == "<"
    if kind is not Kind.HTML and markup and (xml := document(body)) is not None:
        gathering.codes += xml.codes
        gathering.texts += xml.texts
    elif (kind is Kind.HTML or markup) and (len(body.content or b"") > _SMALL_PAGE or not body.complete):
        gathering.texts += _headings.findall(text[:4096])[:2]
        if response.status >= 500:
            gathering.texts += [first or second for first, second in _exceptions.findall(text)[:2]]
    elif kind is Kind.HTML or markup:
        gathering.texts += (
            _untraced(_unechoed(_aside.sub("", visible_text(text)))).splitlines()
            if response.status >= 400
            else _headings.findall(text)[:2]
        )
    elif kind is Kind.FORM and "=" in text:
        gathering.members(form_fields(text))
    elif text and len(text) <= TEXT_LIMIT and body.complete:
        first, _, rest = text.partition("\n")
        if rest and response.status >= 400 and is_status(first, response.status):
            gathering.texts += [line for line in rest.splitlines() if line.strip()] or [text]
        else:
            gathering.texts.append(text)


def _unechoed(text: str) -> str:
    """Return a text without Bottle's sentence about the requested URL."""
    start = text.find(_ECHOES[0])
    end = text.find(_ECHOES[1], start, start + TEXT_LIMIT) if start >= 0 else -1
    return text if end < 0 else text[:start] + text[end + len(_ECHOES[1]) :].lstrip()


def _untraced(text: str) -> str:
    """Return a text without the lines of a Python traceback; the exception in its last line stays."""
    match = _trace.search(text)
    if match is None:
        return text
    behind = [line for line in text[match.end() :].splitlines() if _raised.fullmatch(line)]
    return "\n".join([text[: match.start()], *behind[-1:]])


def _fields(gathering: _Gathering, response: Response) -> None:
    """Return codes and texts in response fields that name the error."""
    headers = response.headers
    for name in _CODE_FIELDS:
        if (value := headers.get(name)) and (match := _code.match(value)) is not None:
            gathering.codes.append(match[0].partition(":")[0])
    for name in _TEXT_FIELDS:
        if value := headers.get(name):
            gathering.texts.append(unquote(value[:TEXT_LIMIT]))


def _unnumbered(text: str, status: int) -> str:
    """Return a text without the response's own status before it: ``403 Forbidden: Sign in first``."""
    if not text.startswith(str(status)):
        return text
    head, colon, rest = text[:TEXT_LIMIT].partition(": ")
    return rest if colon and rest and is_status(head, status) else text


def _in_parentheses(said: list[str]) -> list[str]:
    """Return the codes inside texts: ``Table t already exists. (TABLE_ALREADY_EXISTS)``."""
    return [match[1] for text in said[:4] if "_" in text and (match := _enclosed.search(text[:TEXT_LIMIT])) is not None]


def _number(gathering: _Gathering, status: int) -> None:
    """Return the status at the begin of a text as a code: ``404 NOT_FOUND - no queue 'q'`` under 400."""
    for text in gathering.texts[:4]:
        start = text[:24]
        match = _numbered.match(text[:128]) if "4" in start or "5" in start else None
        if match is None:
            continue
        phrases = _PHRASES.get(int(match[1]), ())
        folded = " ".join(_words_of.findall(match[2])).lower()
        if int(match[1]) != status and phrases and (folded.startswith(phrases) or match[2].partition(" ")[0].isupper()):
            gathering.codes.append(phrases[0].replace(" ", "_").upper())


@once_per_answer
def meanings(exchange: Exchange) -> frozenset[Meaning]:
    """Return the meanings of the response's error. A machine-readable code outranks prose."""
    words = said(exchange)
    for code in words.codes:
        found = texts.of_code(code)
        # "validation error", "bad request": too general to outrank detailed prose.
        if found and not found <= _GENERAL:
            return found
    return texts.of_prose(words.prose) or (frozenset().union(*map(texts.of_code, words.codes)) if words.codes else NONE)


_GENERAL: Final = frozenset({Meaning.INVALID, Meaning.INTERNAL, Meaning.UNAVAILABLE, Meaning.MALFORMED})


def suggested_status(exchange: Exchange) -> int | None:
    """Return the status that fits the response's text; None if unknown."""
    status = texts.best_status(meanings(exchange))
    # A request without content cannot be understood and yet unprocessable.
    return 400 if status == 422 and exchange.request.body.empty else status
