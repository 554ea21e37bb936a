"""Recognise short responses that are only an error text: ``{"message": "Unauthorized"}``, one line, one result."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from wirelint.core.body import Body
from wirelint.core.exchange import Exchange, Response
from wirelint.core.json_parts import NOTHING
from wirelint.core.media import Kind
from wirelint.evidence.echoes import belongs_to_call, is_echo
from wirelint.evidence.envelope_words import CALL_IDS, ENVELOPE, FLAGS, STATES, WRAPPERS, Envelope, Grade, is_identity
from wirelint.evidence.failures import is_status_phrase, reads_as_error
from wirelint.evidence.texts import of_code

LARGEST: Final = 640
"""Most octets of content that can be only a message."""
MESSAGES: Final = frozenset(
    "message msg reason detail errordescription error_description errortext error_text info".split()
)
"""Members that are always a message."""
RESULTS: Final = frozenset({"result", "text", "response", "output", "answer"})
"""Members that are often the requested data: they need a number for failure or an empty result beside them."""

_LINES: Final = frozenset({Kind.TEXT, Kind.HTML, Kind.NONE, Kind.JSON})
_NUMBERS: Final = ("result", "code", "status", "rc", "ret", "retcode", "resultcode", "returncode")
_CODES: Final = frozenset("code statuscode status_code errcode errno error_code retcode ret_code ret rc".split())
_FINE: Final = frozenset({"0", "200", "ok", "success"})
_TEXTS: Final = MESSAGES | RESULTS
_NAMES: Final = _TEXTS | WRAPPERS
_DEEPEST: Final = 2
_LONGEST_LINE: Final = 300
_LONGEST_RESULT: Final = 160
_MOST_MEMBERS: Final = 8
_FILE_FIELDS: Final = ("last-modified", "accept-ranges", "content-disposition", "etag", "content-range")
# Requests about an error, or whose answer is free text.
_asks: Final = re.compile(
    r"(?:^|[/_-])(?:check\w*|verify|verif\w+|valid\w*|is|can|has|exists?|available|availability|search|find|suggest\w*|autocomplete|lint|tests?|diagnos\w*"
    r"|status|state|health\w*|ready|live|ping|logs?|events?|history|audit|chat|comments?|messages?|translat\w*|echo|completions?|generate|ask|prompt|quotes?|jokes?|fortune|i18n|locales?|lang)(?:[/_.-]|$)"
)
_state: Final = re.compile(
    r"(?:failed|error|invalid|unable|could not|cannot)\b\W{0,3}(?:\w{1,32}\W{1,3}){1,24}\w", re.IGNORECASE
)
_file: Final = re.compile(r"\.(?:txt|md|log|csv|tsv|ini|conf|cfg|ya?ml|toml|po|properties|json|html?)$")


def short_error(exchange: Exchange) -> Envelope | None:
    """Return the error of a short 2xx response; None if it may be anything else.

    Requests for a report or a text are not judged, and neither is a text that the request sent.
    """
    response = exchange.response
    if response is None or not 200 <= response.status < 300 or not response.body.complete:
        return None
    body = response.body
    content = body.content
    if not content or len(content) > LARGEST:
        return None
    if body.names is not None and _NAMES.isdisjoint(body.names):
        return _of_state(exchange, body)
    return None if _asks.search(exchange.request.path[-128:].lower()) is not None else _of_short(exchange, response)


def _of_short(exchange: Exchange, response: Response) -> Envelope | None:
    body = response.body
    value = body.json
    if value is NOTHING:
        return _of_line(exchange, response, (body.text or "").strip())
    if isinstance(value, str):
        return _of_line(exchange, response, value.strip())
    if isinstance(value, list):
        value = value[0] if len(value) == 1 else None
    return _of_members(exchange, value, 0) if isinstance(value, dict) else None


def _of_state(exchange: Exchange, body: Body) -> Envelope | None:
    """Find ``{"status": "Failed, wrong address", "credits": 0}``: a sentence in place of a state, and nothing else."""
    if exchange.request.method != "POST" or "status" not in (body.names or ()):
        return None
    folded = {name.lower(): value for name, value in (body.members or {}).items()}
    text = _text(folded.pop("status", None))
    if (
        _state.match(text) is None
        or not reads_as_error(text)
        or not all(holds_nothing(exchange, name, value) for name, value in folded.items())
    ):
        return None
    return Envelope(Grade.MEDIUM, "status", json.dumps({"status": text}, ensure_ascii=False))


def _of_line(exchange: Exchange, response: Response, text: str) -> Envelope | None:
    if (
        not text
        or len(text) > _LONGEST_LINE
        or "\n" in text
        or text[0] in "<{["
        or response.headers.media_type.kind not in _LINES
        or _is_file(exchange, response)
        or is_echo(exchange, "", text)
        or not reads_as_error(text)
    ):
        return None
    return Envelope(Grade.MEDIUM, "text", text)


def _is_file(exchange: Exchange, response: Response) -> bool:
    """Return whether the content is a file, which may contain anything."""
    request = exchange.request
    return request.method in ("GET", "HEAD") and (
        any(name in response.headers for name in _FILE_FIELDS) or _file.search(request.path[-128:].lower()) is not None
    )


def _of_members(exchange: Exchange, members: Mapping[str, Any], depth: int) -> Envelope | None:
    folded = {name.lower(): value for name, value in members.items()}
    if len(folded) == 1 and depth < _DEEPEST:
        name, inner = next(iter(folded.items()))
        if isinstance(inner, dict) and name in WRAPPERS:
            return _of_members(exchange, inner, depth + 1)
    said = {name: text for name, value in folded.items() if name in _TEXTS and (text := _text(value))}
    # Reading the request costs most, so it comes last.
    if not said or not reads_as_error(text := said[name := _first(said)]) or _says_fine(folded):
        return None
    if any(
        name not in said
        and not name.endswith(CALL_IDS)
        and _speaks_against(name, value)
        and not holds_nothing(exchange, name, value)
        for name, value in folded.items()
    ):
        return None
    if is_echo(exchange, name, text) or (name in RESULTS and not _is_failed_result(exchange, folded, text)):
        return None
    return Envelope(Grade.MEDIUM, name, json.dumps(dict(list(said.items())[:3]), ensure_ascii=False))


def _first(said: Mapping[str, str]) -> str:
    return next((name for name in said if name in MESSAGES), next(iter(said)))


def _says_fine(folded: Mapping[str, Any]) -> bool:
    """Return whether a number or word for success is beside the text."""
    return any(str(folded[name]).lower() in _FINE for name in _CODES if name in folded)


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _speaks_against(name: str, value: Any) -> bool:
    """Return whether data, a state, a word for success or a code that it explains is beside a text."""
    if isinstance(value, dict | list) or name not in ENVELOPE or is_identity(name, value):
        return True
    if name in STATES and name != "result":
        return True
    if name in _CODES and isinstance(value, str) and of_code(value):
        return False  # {"code": "ResourceNotFound", "message": "no such order"}
    if name in FLAGS or name in _CODES:
        return not (isinstance(value, int) and not isinstance(value, bool)) or value == 200
    return False


def holds_nothing(exchange: Exchange, name: str, value: Any, depth: int = 0) -> bool:
    """Return whether a member has no data: empty, zero, -1, an echo of the request, or an object of only these."""
    if isinstance(value, dict) and value and depth < _DEEPEST:
        return len(value) <= _MOST_MEMBERS and all(
            holds_nothing(exchange, inner.lower(), each, depth + 1) for inner, each in value.items()
        )
    return not value or (value == -1 and not isinstance(value, bool)) or belongs_to_call(exchange, name, value)


def _is_failed_result(exchange: Exchange, folded: Mapping[str, Any], text: str) -> bool:
    """Return whether a possible result is an error: a number says so, or the actual result is empty."""
    numbers = (value for name, value in folded.items() if name in _NUMBERS)
    if any(isinstance(value, int) and not isinstance(value, bool) and value not in (0, 200) for value in numbers):
        return True
    if len(text) > _LONGEST_RESULT:
        return False
    empty = any(isinstance(value, dict | list) for value in folded.values())
    return is_status_phrase(text) or (exchange.request.method not in ("GET", "HEAD") and empty)
