"""Find errors about the names and values in a request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, unquote

import msgspec

from wirelint.core.exchange import Exchange, Request
from wirelint.evidence.texts import Meaning, of_prose

_LONGEST_TARGET: Final = 4096
_LONGEST_TEXT: Final = 512
_MOST_VALUES: Final = 24
_AROUND: Final = 48
_LONGEST_GIVEN: Final = 300
_MOST_SEGMENTS: Final = 8
_DEEPEST: Final = 5
_FAULTS: Final = frozenset({Meaning.NOT_FOUND, Meaning.INVALID, Meaning.MALFORMED})
_BESIDE: Final = frozenset({Meaning.INTERNAL, Meaning.NOT_IMPLEMENTED})
_clauses: Final = re.compile(r"[.;\n]\s|\n")
_absent: Final = re.compile(
    r"\W*(?:error: )?(?:the )?(?:no such (?P<noun>[a-z]{3,24})|(?P<other>[a-z]{3,24})(?: was| is)? {1,3}(?:not found|does not exist|doesn't exist))\W*",
    re.IGNORECASE,
)
_before: Final = re.compile(
    r"\b(?:(?P<invalid>invalid|unsupported|unrecogni[sz]ed|illegal|malformed)|unknown|no such|non-?existent)(?: [\w-]{1,30}){0,2}[ :=]{0,2}[\"'`«“]?$"
    # «no record found for id '7'», «no pod with name or ID 7», «key not found: "7"»
    r"|\bno(?: [\w-]{1,20}){1,3} (?:with|by|for|named|called)(?: (?:the |given )?(?:name|id|key|identifier|uuid|number))?(?: or (?:name|id))?[ :=]{1,2}[\"'`«“]?$"
    r"|\b(?:could not|couldn't|can ?not|can't|unable to) (?:find|locate)(?: [\w-]{1,30}){1,5}[ :=]{1,2}[\"'`«“]?$"
    r"|\b(?:not found|does not exist)(?: (?:for|with|by)(?: (?:this|the|that|given|provided))?(?: (?:name|id|key|identifier|uuid|number|slug))?)?[ :=]{1,4}[\"'`«“]?$",
    re.IGNORECASE,
)
_behind: Final = re.compile(
    r"[\"'`»”]?(?::(?: [\w-]{1,30}){0,3}| is| was)? (?:(?P<invalid>invalid|not valid|not an? valid|unsupported|out of range|malformed|unknown|unrecogni[sz]ed)"
    r"|not found|(?:could|can) ?not be found|couldn't be found|can't be found|does not exist|doesn't exist)\b",
    re.IGNORECASE,
)
# A service's own missing parts, whatever their name.
_own: Final = re.compile(
    r"\b(?:table|relation|column|view|template|class|function|module|host|driver|schema|database|index|file or directory|route"
    r"|method|action|bean|property|variable|environment|library|command|certificate|secret|config\w{0,8})\b",
    re.IGNORECASE,
)
_quoting: Final = re.compile(
    r"(?:For input string|invalid literal for int\(\) with base \d{1,2}|invalid value for (?:Integer|Float)\(\)"
    r"|could not convert string to float|invalid input syntax for (?:type )?[a-z ]{1,30}):? ?"
    r"(?:&quot;|&#0?3[49];|&#x2[27];|[\"'])(?P<value>.{1,80}?)(?:&quot;|&#0?3[49];|&#x2[27];|[\"'])"
)


_THINGS: Final = frozenset(
    "user account customer order product item post article record document project message comment invoice payment task"
    " ticket book movie patient employee student contact event booking entity object resource entry row"
    # German, French, Spanish, Italian, Portuguese, Dutch, Polish, Russian
    " benutzer nutzer kunde bestellung artikel produkt beitrag datensatz eintrag dokument projekt nachricht kommentar rechnung"
    " zahlung aufgabe buch termin mitarbeiter ressource objekt konto"
    " utilisateur client commande produit enregistrement entrée projet facture paiement tâche livre compte élément objet"
    " usuario cliente pedido producto artículo registro documento proyecto mensaje comentario factura pago tarea libro cuenta"
    " elemento recurso objeto utente ordine prodotto articolo progetto messaggio commento fattura libro attività conto risorsa"
    " usuário produto artigo projeto mensagem fatura pagamento tarefa livro conta item"
    " gebruiker klant bestelling factuur taak boek użytkownika użytkownik klienta zamówienia produktu"
    " пользователь клиент заказ товар запись документ проект сообщение объект".split()
)
"""What services keep for their clients: where a path ends in an id, «User not found» speaks of that one."""
_MOST_WORDS: Final = 8
_word: Final = re.compile(r"[^\W\d_]+")
_number: Final = re.compile(r"\d+")
_NOT_FOUND: Final = frozenset({Meaning.NOT_FOUND})
# Python's KeyError is only the key; Ruby's and .NET's have a sentence.
_key: Final = re.compile(
    r"\W{0,3}(?:(?:KeyError\W{1,3}|key not found: |The given key )(?P<q>['\"`]?)|(?P<o>['\"`]))(?P<key>[^'\"`\n]{1,80})(?:(?P=q)|(?P=o))(?: was not present in the dictionary)?\W{0,3}"
)

_argument: Final = re.compile(
    r"\b(?:IllegalArgument|InvalidArgument|ArgumentOutOfRange|InvalidParameter|InvalidFormat)(?:Exception|Error)\b: (?P<message>[^\r\n<]{4,160})"
)


class Faulted(NamedTuple):
    """A fault of something requested: whether it is absent, or else invalid, and the words that say so."""

    absent: bool
    evidence: str


def faulted(exchange: Exchange, prose: str) -> Faulted | None:
    """Return the fault that a text finds in a value of the request's target or path, None if there is none.

    ``No such folder`` for ``/scan?folder=x``, ``"x": device ID invalid`` for ``/devices/x``. Texts about a service's
    own parts, such as tables or templates, say nothing about the request.
    """
    text = prose[:_LONGEST_TEXT]
    request = exchange.request
    if text and (found := _of_given(request, text) or _of_key(request, text)) is not None:
        return found
    if not text or _own.search(text):
        return None
    match = _absent.fullmatch(text)
    if match is not None:
        noun = (match["noun"] or match["other"]).lower()
        asked = noun in _nouns(request) or (noun in _THINGS and _ends_in_id(request))
        return Faulted(absent=True, evidence=text) if asked else None
    return _thing_absent(request, text) or next(
        (found for value in _values(request) if (found := _of_value(value, text)) and _fits(found, value, request)),
        None,
    )


def _of_key(request: Request, text: str) -> Faulted | None:
    """Return the fault in a text that is only a key without a value, if the request named that key."""
    match = _key.fullmatch(text) if len(text) <= _LONGEST_GIVEN else None
    if match is None:
        return None
    key = match["key"]
    path, _, query = request.target[:_LONGEST_TARGET].partition("?")
    if unquote(path).rstrip("/").endswith(f"/{key}") and any(map(str.isdigit, key)):
        return Faulted(absent=True, evidence=text)
    named = len(key) > 1 and (
        any(value == key for _, value in parse_qsl(query)[:_MOST_VALUES]) or key in _given(request)
    )
    return Faulted(absent=False, evidence=text) if named else None


def _thing_absent(request: Request, text: str) -> Faulted | None:
    """Return the fault in a short text that only says that a thing is missing, where the path ends in the id of one."""
    if len(text) > 2 * _AROUND or not _ends_in_id(request):
        return None
    words = _word.findall(text.lower())
    if len(words) > _MOST_WORDS or _THINGS.isdisjoint(words) or of_prose(text) != _NOT_FOUND:
        return None
    last = request.path[:_LONGEST_TARGET].rstrip("/").rpartition("/")[2]
    if any(number not in last for number in _number.findall(text)):
        return None  # «order 42 of 421 not found»
    return Faulted(absent=True, evidence=text)


def _fits(found: Faulted, value: str, request: Request) -> bool:
    """Return whether a fault is of a value: what a service does not support by the name of its path is its own."""
    return found.absent or not value.isalpha() or _is_quoted(value, found.evidence) or f"/{value}" not in request.path


def _of_given(request: Request, text: str) -> Faulted | None:
    """Return the fault that a text finds in a value that only the request has: of its content, query or path.

    Here the text may be about a table or a module, because the client chose the value.
    """
    if len(text) > _LONGEST_GIVEN:
        return None
    path = unquote(request.path[:_LONGEST_TARGET]).strip("/")
    for value in _given(request):
        if (value.isdigit() or _is_quoted(value, text)) and (found := _of_value(value, text)) is not None:
            return found
        if value.isdigit():
            continue
        for clause in _clauses.split(text):
            if not _stands_in(value, clause):
                continue
            about = of_prose(clause)
            if about & _FAULTS and about <= _FAULTS | _BESIDE:
                return Faulted(absent=Meaning.NOT_FOUND in about, evidence=text)
    # The end of the path, two or more segments.
    parts = path.split("/")[-_MOST_SEGMENTS:]
    named = any("/".join(parts[at:]) in text for at in range(len(parts) - 1)) or (
        "." in parts[-1] and _stands_in(parts[-1], text)
    )
    about = of_prose(text)
    if named and about & _FAULTS and about <= _FAULTS | _BESIDE:
        return Faulted(absent=Meaning.NOT_FOUND in about, evidence=text)
    return None


def _is_quoted(value: str, text: str) -> bool:
    return any(f"{mark}{value}{mark}" in text for mark in "'\"`")


def _stands_in(value: str, text: str) -> bool:
    at = text.find(value)
    if at < 0:
        return False
    end = at + len(value)
    return (
        not text[at - 1 : at].isalnum() and not text[end : end + 1].isalnum()
        if at
        else not text[end : end + 1].isalnum()
    )


def _given(request: Request) -> Iterator[str]:
    """Yield the values of the query and of the content's members, and path segments that are not part of the route."""
    path, _, query = request.target[:_LONGEST_TARGET].partition("?")
    segments = [part for each in path.split("/")[:_MOST_VALUES] if any(map(str.isdigit, part := unquote(each)))]
    values = [value for _, value in parse_qsl(query)[:_MOST_VALUES]]
    packed = [_json_of(value) for value in values if value[:1] in ("{", "[")]
    inner = [] if request.body.unavailable is not None else _texts_in([*packed, request.body.json], 0)
    for value in (*segments, *values, *islice(inner, _MOST_VALUES)):
        if 1 < len(value) <= 80 or (len(value) == 1 and value.isdigit()):
            yield value


def _json_of(text: str) -> Any:
    """Return the JSON value in a parameter of a query; None if there is none."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None


def _texts_in(value: Any, depth: int) -> Iterator[str]:
    """Yield the texts and whole numbers of a JSON value, outer ones first where they stand first."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, int) and not isinstance(value, bool):
        yield str(value)[:_AROUND]
    elif depth < _DEEPEST and isinstance(value, dict | list):
        for inner in list(value.values() if isinstance(value, dict) else value)[:_MOST_VALUES]:
            yield from _texts_in(inner, depth + 1)


def argument_named(exchange: Exchange, text: str) -> str | None:
    """Return the words of an exception for an argument that name a value of the request; None where none does."""
    for match in _argument.finditer(text):
        if any(_stands_in(value, match["message"]) for value in _given(exchange.request)):
            return match[0]
    return None


def quoted_value(exchange: Exchange, text: str) -> str | None:
    """Return the words that say that a value of the request's target is not a number, None if there are none.

    Works on pages, too, with quotation marks as in HTML.
    """
    for match in _quoting.finditer(text):
        value = match["value"]
        if any(value == other for other in _values(exchange.request, least=1)):
            return match[0]
    return None


def _of_value(value: str, text: str) -> Faulted | None:
    at = text.find(value)
    while at >= 0:
        end = at + len(value)
        alone = not (text[at - 1 : at].isalnum() if at else False) and not text[end : end + 1].isalnum()
        match = (_before.search(text[max(0, at - _AROUND) : at]) or _behind.match(text, end)) if alone else None
        if match is not None:
            return Faulted(absent=match["invalid"] is None, evidence=text)
        at = text.find(value, end)
    return None


def _values(request: Request, least: int = 2) -> Iterator[str]:
    """Yield the segments of the path and the values of the query."""
    path, _, query = request.target[:_LONGEST_TARGET].partition("?")
    segments = [unquote(segment) for segment in path.split("/")[:_MOST_VALUES]]
    pairs = parse_qsl(query)[:_MOST_VALUES]
    yield from (value for value in (*segments, *(value for _, value in pairs)) if least <= len(value) <= 80)


def _ends_in_id(request: Request) -> bool:
    return any(map(str.isdigit, request.path[:_LONGEST_TARGET].rstrip("/").rpartition("/")[2]))


def _nouns(request: Request) -> frozenset[str]:
    """Return the nouns in path and query, in the singular and in the plural."""
    path, _, query = request.target[:_LONGEST_TARGET].partition("?")
    words = {word.lower() for word in (*path.split("/")[:_MOST_VALUES], *(name for name, _ in parse_qsl(query)))}
    return frozenset(words | {word.removesuffix("s") for word in words} | {word.removesuffix("es") for word in words})
