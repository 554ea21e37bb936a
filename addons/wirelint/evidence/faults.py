"""Find the words of libraries for a fault of the request, under a status for a fault of the service.

``data/faults.tsv`` has the words, the correct status, and the part that the request must have:

- ``content``: content, or a media type for it;
- ``json``: content, or a media type for it, that is not JSON;
- ``input``: content, an id in its path, or a query;
- ``value``: the same, or a path of at least two segments, of which one may be a value;
- ``id``: an id in its path, or a query, which may refer to a missing thing;
- ``credential``: credentials;
- ``origin``: an ``Origin`` field, as browsers send it across origins.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import parse_qsl

from wirelint.core.exchange import Exchange, Request
from wirelint.core.json_parts import NOTHING, value_of
from wirelint.evidence import vocabulary
from wirelint.evidence.credentials import credentials
from wirelint.evidence.phrases import Phrases, words_of

_LONGEST: Final = 2048
_rows: Final[Mapping[str, tuple[int, str]]] = {
    phrase: (int(status), needs) for status, needs, phrase, _ in vocabulary.table("faults")
}
_phrases: Final = Phrases([(phrase, phrase) for phrase in _rows], {}, {})
# A service's own response, or that of its upstream, may be invalid: that is not a fault of the request.
_of_the_service: Final = re.compile(
    r"\bresponse\b.{0,40}\b(?:validation|serializ|schema|parse|pars|decod)|\b(?:validation|validate|serializ\w+|schema|parse|parsing|decod\w+)\b.{0,40}\bresponse\b"
    r"|responsevalidation|\bupstream\b|\bbackend\b|\bconfig\w{0,10}\b|\benvironment variable\b",
    re.IGNORECASE,
)
_id: Final = re.compile(r"\d|[0-9a-f]{6}|[^A-Za-z0-9._~/-]", re.IGNORECASE)


class Fault(NamedTuple):
    """The correct status, and the words that say so."""

    status: int
    words: str


def fault(exchange: Exchange, text: str) -> Fault | None:
    """Return the fault that the text of a 500 finds in the request; None if there is none.

    :param text: the text of the response, prose and codes.
    """
    text = text[:_LONGEST]
    row = words_of(text)
    found = _phrases.find(row)
    if not found or _of_the_service.search(text):
        return None
    fitting = [each for each in found if _has(exchange, _rows[each.label][1], text)]
    if not fitting:
        return None
    first = min(fitting, key=lambda each: (_ORDER.index(_rows[each.label][0]), each.start - each.end))
    words, status = " ".join(row[first.start : first.end]), _rows[first.label][0]
    # What others refer to cannot be deleted.
    return Fault(409 if exchange.request.method == "DELETE" and "foreign key" in words else status, words)


_ORDER: Final = (401, 403, 405, 409, 413, 415, 404, 400)
_character: Final = re.compile(r"(?:character|token) ['\"`](.)")


def _has(exchange: Exchange, needs: str, text: str) -> bool:
    request = exchange.request
    if needs in ("content", "json"):
        return (_sends(request) and (needs == "content" or _is_not_json(request))) or _is_in_query(request, text)
    if needs in ("input", "value") and (_sends(request) or request.query):
        return True
    if needs == "value":
        return request.path[:1024].rstrip("/").count("/") > 1
    if needs in ("input", "id"):
        return names_something(request)
    if needs == "origin":
        return "origin" in request.headers
    return needs != "credential" or bool(credentials(exchange))


def _is_not_json(request: Request) -> bool:
    body = request.body
    return body.unavailable is None and body.complete and body.json is NOTHING


def _sends(request: Request) -> bool:
    return not request.body.empty or "content-type" in request.headers


def _is_in_query(request: Request, text: str) -> bool:
    """Return whether the query has the value that a parser could not read.

    It begins with the character that the parser names, or is an object or list that is no JSON.
    """
    if not request.query:
        return False
    match = _character.search(text)
    return any(
        (match is not None and value.startswith(match[1])) or (value[:1] in ("{", "[") and _is_broken(value))
        for _, value in parse_qsl(request.query[:_LONGEST])
    )


def _is_broken(value: str) -> bool:
    return value_of(value.encode("utf-8", "replace")) is NOTHING


def names_something(request: Request) -> bool:
    """Return whether a request names something by an id, in the last parts of its path, or in its query."""
    return bool(request.query) or any(_id.search(part) for part in request.path[:1024].rstrip("/").split("/")[-3:])
