"""Decide whether content is an error, for all rules about errors under a success status.

The word "error" proves nothing: resources have states, jobs have the errors with which they ended, lists of errors are
lists. So a marker counts only if nothing else in the content looks like a resource, and it counts fully only with an
explanation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from wirelint.core.body import Body
from wirelint.core.condition import Condition, member
from wirelint.core.exchange import Exchange, Response
from wirelint.core.json_parts import value_of
from wirelint.core.knowledge import known
from wirelint.core.once import once
from wirelint.evidence import own_codes, texts
from wirelint.evidence.echoes import belongs_to_call, is_echo
from wirelint.evidence.envelope_glance import JSON_KEYS, LISTS, NESTS, STATUS_OBJECTS, is_harmless
from wirelint.evidence.envelope_texts import of_text
from wirelint.evidence.envelope_words import (
    CALL_IDS,
    CALLERS,
    ENVELOPE,
    ERRORS,
    EXPLANATIONS,
    FAILED,
    FAULTS,
    FINE,
    FLAGS,
    MARKS,
    NUMBERS,
    STATES,
    WRAPPERS,
    Envelope,
    Grade,
    is_identity,
    is_truthy,
)
from wirelint.evidence.failures import reads_as_error
from wirelint.evidence.short_errors import short_error
from wirelint.evidence.streams import last_object
from wirelint.evidence.texts import Meaning

_REPORTS: Final = frozenset(
    "errors error-log errorlog validate validation validations lint check checks test tests test-connection testconnection dry-run"
    " dryrun siteverify health healthz ready readyz live livez ping diagnostics logs history events audit".split()
)
"""Last path segments of reports, in which an error is the requested data."""
_CATALOGUES: Final = frozenset("locale locales i18n l10n lang langs languages translations".split())
"""Path segments of texts for people, errors among them."""
_MOST_SEGMENTS: Final = 12
_MOST_EVIDENCE: Final = 6
_json_of: Final = json.JSONEncoder(ensure_ascii=False, default=str).encode
_HEALTH: Final = "application/health+json"
_UNHEALTHY: Final = frozenset({"fail", "error", "down"})
_MOST_OUTCOMES: Final = 32
_SMALL: Final = 2 * 1024


@once
def envelope(exchange: Exchange) -> Envelope | None:
    """Return the error that a response's content declares, whatever its status; None if there is none."""
    response = exchange.response
    if response is None:
        return None
    body = response.body
    if body.unavailable is not None or body.empty:
        return None
    conditions = known(exchange).error_when
    if conditions and body.members is not None:
        results = [(condition, condition.holds(body.members)) for condition in conditions]
        if any(holds is not None for _, holds in results):
            return next((_by_condition(condition, body.members) for condition, holds in results if holds), None)
    if response.headers.media_type.essence == _HEALTH and _is_failed_health(body):
        return Envelope(Grade.STRONG, "status", _evidence(body.members or {}))
    found = _of_response(exchange, response)
    if found is not None and found.grade > Grade.WEAK and _is_report(exchange):
        return found._replace(grade=Grade.WEAK)
    return found or short_error(exchange)


def _is_failed_health(body: Body) -> bool:
    """Return whether a health report, whose media type requires 4xx or 5xx for it, reports a failure."""
    status = (body.members or {}).get("status")
    return isinstance(status, str) and status.lower() in _UNHEALTHY


def _by_condition(condition: Condition, members: Mapping[str, Any]) -> Envelope:
    """Return the error by the operator's ``error-when``: the member that shows it, and explanations beside it."""
    name, last = ".".join(condition.path), condition.path[-1].lower()
    _, value = member(members, condition.path)
    _, beside = member(members, condition.path[:-1])
    explained = {other: text for other, text in beside.items() if other.lower() in EXPLANATIONS - {last}}
    shown = {name: _short(value)} | {other: _short(text) for other, text in explained.items()}
    evidence = _json_of(dict(list(shown.items())[:_MOST_EVIDENCE]))
    return Envelope(Grade.STRONG, condition.text, evidence)


def _is_report(exchange: Exchange) -> bool:
    segments = exchange.request.path.rstrip("/").lower().split("/")[-_MOST_SEGMENTS:]
    last = segments[-1]
    if exchange.request.method == "GET":
        # /runs/9/status answers with the state of run 9.
        of_one = last == "status" and len(segments) > 2 and any(map(str.isdigit, segments[-2]))
        if of_one or not _CATALOGUES.isdisjoint(segments):
            return True
    # /system/error has a list of past errors, unlike /error, to which many services send failed requests.
    return last in _REPORTS or (
        last == "error" and exchange.response is not None and "errors" in (exchange.response.body.names or ())
    )


def _of_response(exchange: Exchange, response: Response) -> Envelope | None:  # noqa: PLR0911 - a table of forms
    if "mediawiki-api-error" in response.headers.index and (declared := response.headers.get("mediawiki-api-error")):
        return Envelope(Grade.STRONG, "MediaWiki-API-Error", f"MediaWiki-API-Error: {declared}")
    body = response.body
    top = body.top_level
    if top is not None and is_harmless(top, body.names or frozenset(), len(body.content or b"")):
        return None
    members = body.members
    if members is not None:
        if (found := _of_object(exchange, members)) is not None:
            return found
        return _of_outcomes(exchange, members) or _nested(exchange, members)
    if body.elements is not None:
        return _of_list(exchange, body.elements)
    if (last := last_object(body)) is not None:
        found = _of_object(exchange, last)
        return None if found is None else found._replace(grade=min(found.grade, Grade.MEDIUM))
    return of_text(body, response.headers.media_type.kind)


def _of_list(exchange: Exchange, elements: list[msgspec.Raw]) -> Envelope | None:
    if len(elements) == 2:
        return _of_pair(exchange, value_of(elements[0]), value_of(elements[1]))
    value = value_of(elements[0]) if len(elements) == 1 else None
    if not isinstance(value, dict) or not value or not {name.lower() for name in value} <= ENVELOPE:
        return None
    return _of_object(exchange, value)


def _of_pair(exchange: Exchange, outcome: Any, text: Any) -> Envelope | None:
    """Find an outcome and its reason: ``[false, "ERR_NOT_FOUND"]``, ``["error", "no device with this name"]``.

    Two words for states are a list of these: ``["failed", "not found"]``.
    """
    if outcome is not False and (not isinstance(outcome, str) or outcome.lower() not in FAILED):
        return None
    if not isinstance(text, str) or not text or is_echo(exchange, "", text):
        return None
    words = len(text.split(None, 3))
    says_so = (
        reads_as_error(text)
        if words > (1 if outcome is False else 2)
        else outcome is False and text.isupper() and bool(texts.of_code(text))
    )
    return Envelope(Grade.MEDIUM, "[0]", _json_of([outcome, _short(text)])) if says_so else None


def _of_outcomes(exchange: Exchange, members: Mapping[str, Any]) -> Envelope | None:
    """Find only errors in a list of results: ``{"results": [{"statement_id": 0, "error": "…"}]}``."""
    filled = [name for name, value in members.items() if value and isinstance(value, list)]
    outcomes = members[filled[0]] if len(filled) == 1 and filled[0].lower() in LISTS else []
    if not 0 < len(outcomes) <= _MOST_OUTCOMES or not isinstance(outcomes[0], dict):
        return None
    if ERRORS.isdisjoint(map(str.lower, outcomes[0])) or any(
        is_truthy(value) and name != filled[0] and not belongs_to_call(exchange, name.lower(), value)
        for name, value in members.items()
    ):
        return None
    for at, outcome in enumerate(outcomes):
        if not isinstance(outcome, dict):
            return None
        folded = {name.lower(): value for name, value in outcome.items()}
        failed = [
            name for name, value in folded.items() if name in ERRORS and _is_error(value) and not _is_count(name, value)
        ]
        others = [
            name
            for name, value in folded.items()
            if name not in ERRORS | NUMBERS
            and value != at
            and is_truthy(value)
            and not belongs_to_call(exchange, name, value)
        ]
        if not failed or not {*others} <= EXPLANATIONS - {"title", "text", "description", "detail", "details"}:
            return None
    name = next(name for name in outcomes[0] if name.lower() in ERRORS)
    return Envelope(Grade.STRONG, f"{filled[0]}[].{name}", _evidence(outcomes[0]))


def _nested(exchange: Exchange, members: Mapping[str, Any]) -> Envelope | None:
    """Find ``{"janus": "success", "sender": 7, "plugindata": {"plugin": "…", "data": {"error_code": 421, "error":
    "…"}}}``.

    A number and a text about an error are inside, and around them only words of the transport and echoes. Control
    interfaces answer calls, which are POST requests, in this way.
    """
    body = exchange.response.body if exchange.response is not None else None
    if exchange.request.method != "POST" or body is None or NESTS.isdisjoint(body.names or ()):
        return None
    if len(body.content or b"") > _SMALL:
        return None
    inner: Mapping[str, Any] = members
    for depth in range(3):
        folded = {name.lower(): value for name, value in inner.items()}
        nests = [value for name, value in folded.items() if isinstance(value, dict) and value]
        words = [
            value
            for name, value in folded.items()
            if not isinstance(value, dict) and not belongs_to_call(exchange, name, value)
        ]
        number = next(
            (name for name in folded if name in NUMBERS and _is_number(folded[name], folded | _texts(folded))), None
        )
        error = next(
            (name for name in folded if name in ERRORS and isinstance(folded[name], str) and _is_error(folded[name])),
            None,
        )
        if depth and number is not None and error is not None and not nests:
            return Envelope(Grade.MEDIUM, error, _evidence(inner))
        if len(nests) != 1 or not all(_is_word(value) for value in words):
            return None
        inner = nests[0]
    return None


def _texts(folded: Mapping[str, Any]) -> dict[str, Any]:
    return {"message": folded.get("error")} if isinstance(folded.get("error"), str) else {}


def _is_word(value: Any) -> bool:
    """Return whether a value is empty, or one word such as «success», «event» or the name of a module."""
    return not value or (isinstance(value, str) and len(value) <= 64 and not any(map(str.isspace, value)))


def _of_object(exchange: Exchange, members: Mapping[str, Any], depth: int = 0) -> Envelope | None:
    folded = {name.lower(): value for name, value in members.items()}
    if len(folded) == 1 and depth < 2:
        name, inner = next(iter(folded.items()))
        if isinstance(inner, dict) and (
            name in WRAPPERS or (inner.keys() == {"result", "error"} and not inner["result"])
        ):
            return _of_object(exchange, inner, depth + 1)
    marks = _marks(folded)
    if marks is None:
        return None
    flag, state, error, number = marks
    marker = flag or state or error or number
    if marker is None:
        return _of_status_object(exchange, folded, depth) or _of_code(exchange, members, folded)
    if not (flag or state) and any(_is_fine(folded[name]) for name in ("status", "result", "state") if name in folded):
        return Envelope(Grade.WEAK, marker, _evidence(members))
    if flag is None and state is None and error == "errmsg" and number is None:
        return None  # {"errcode": 0, "errmsg": "…"}: the number decides
    return Envelope(_grade(exchange, folded, marks), marker, _evidence(members))


class _Marks(NamedTuple):
    """The names of members that mark a failure, by kind."""

    flag: str | None
    state: str | None
    error: str | None
    number: str | None


def _marks(folded: Mapping[str, Any]) -> _Marks | None:
    """Return the marks of an error in an object; None if a flag marks success."""
    flag = state = error = number = None
    for name, value in folded.items():
        if name not in MARKS:
            continue
        if name in FLAGS:
            if _is_fine(value):
                return None
            # The data may be the number 0.
            if _says_no(value) and (name != "response" or value is False or value != 0):
                flag = flag or name
        elif name in FAULTS:
            counted = name in ("failed", "hasfailed") and isinstance(value, int) and not isinstance(value, bool)
            flag = flag or (name if not counted and _is_fine(value) else None)
        elif name in STATES:
            state = state or (name if _says_failed(value) else None)
        elif name in ERRORS:
            error = error or (name if not _is_count(name, value) and _is_error(value) else None)
        elif _is_number(value, folded):
            number = number or name
    return _Marks(flag, state, error, number)


def _grade(exchange: Exchange, folded: Mapping[str, Any], marks: _Marks) -> Grade:  # noqa: PLR0911 - a table of guards
    flag, state, error, number = marks
    whole = exchange.response is not None and exchange.response.body.complete
    identities = [name for name, value in folded.items() if is_identity(name, value)]
    if identities and not _belong_to_the_call(exchange, folded, marks, identities):
        return Grade.MEDIUM if _is_empty_answer(exchange, folded) else Grade.WEAK
    if error and not (flag or state) and exchange.request.method == "GET" and _is_catalogue(folded[error]):
        return Grade.WEAK
    if isinstance(folded.get("valid", folded.get("passed")), bool):
        return Grade.WEAK  # the errors are the requested data
    others = [
        name
        for name, value in folded.items()
        if name not in ENVELOPE
        and name not in identities
        and not name.endswith(CALL_IDS)
        and is_truthy(value)
        and not _says_failed(value)
        and not belongs_to_call(exchange, name, value)
    ]
    # {"ip": "127.0.0.1", "error": true, "reason": "…"}: so explicit that the subject of the request may be beside it.
    plain = folded.get("error") is True and isinstance(folded.get("reason", folded.get("message")), str)
    if len(others) > (3 if plain else 1) or (
        others and isinstance(folded[others[0]], list | dict) and len(folded[others[0]]) > 3
    ):
        return Grade.WEAK
    data = folded.get("data")
    if flag is None and state is None and isinstance(data, dict | list) and data and not _is_empty_page(data):
        return Grade.WEAK  # data beside errors: a partial answer
    explained = any(is_truthy(folded[name]) for name in EXPLANATIONS if name in folded and name not in (flag, state))
    if flag is None and state == "state" and explained and not (error or number):
        return Grade.MEDIUM if whole else Grade.WEAK  # usually the state of a thing, not of the call
    if (flag or state) and explained:
        return Grade.STRONG
    if error or number:
        return Grade.STRONG
    if flag is None and others:
        return Grade.WEAK  # {"state": "failure", "sha": "…"}: the state of a thing
    return Grade.MEDIUM if whole else Grade.WEAK


def _belong_to_the_call(exchange: Exchange, folded: Mapping[str, Any], marks: _Marks, identities: list[str]) -> bool:
    """Return whether apparent ids of a resource are ids of the caller, or echoes of a call, beside an error.

    The answer to ``GET /payments/7`` is the payment, and a ``status`` beside an id is the resource's.
    """
    if marks.state is not None and marks.state in ("status", "state"):
        return False
    explained = (
        isinstance(error := folded.get("error"), dict) and isinstance(error.get("message"), str) and "code" in error
    )
    return all(
        (explained and name in CALLERS and str(folded[name]) not in exchange.request.path)
        or belongs_to_call(exchange, name, folded[name])
        for name in identities
    )


_RESULTS: Final = frozenset(
    "output outputs choices results result data items content candidates completion embeddings".split()
)
_OF_THE_SERVICE: Final = frozenset(
    {
        Meaning.RATE,
        Meaning.QUOTA,
        Meaning.AUTHN,
        Meaning.UPSTREAM,
        Meaning.TIMEOUT,
        Meaning.UNAVAILABLE,
        Meaning.INTERNAL,
    }
)


def _is_empty_answer(exchange: Exchange, folded: Mapping[str, Any]) -> bool:
    """Find ``{"id": "resp_1", "status": "failed", "error": {"code": "rate_limit_exceeded", …}, "output": []}``.

    The requested data are missing, and the error is the service's, not the state of a thing.
    """
    error = folded.get("error")
    if exchange.request.method != "POST" or exchange.status != 200 or not isinstance(error, dict):
        return False
    message, code = error.get("message"), error.get("code", error.get("type"))
    if not isinstance(message, str) or not message or not isinstance(code, str | int) or isinstance(code, bool):
        return False
    if isinstance(code, int):
        others = (value for name, value in folded.items() if name != "error")
        return 400 <= code <= 599 and not any(isinstance(value, dict | list) and value for value in others)
    empty = any(name in folded and not folded[name] for name in _RESULTS)
    return empty and bool((texts.of_code(code) | texts.of_prose(message)) & _OF_THE_SERVICE)


def _is_catalogue(errors: Any) -> bool:
    """Return whether this is a file of error texts, such as translations: ``{"not_found": "Nicht gefunden"}``."""
    return (
        isinstance(errors, dict)
        and not {name.lower() for name in errors} & (EXPLANATIONS | NUMBERS | {"type"})
        and all(isinstance(value, str | dict) for value in errors.values())
    )


def _is_empty_page(data: Any) -> bool:
    return isinstance(data, dict) and not any(is_truthy(value) for value in data.values())


def _of_status_object(exchange: Exchange, folded: Mapping[str, Any], depth: int) -> Envelope | None:
    """Find a service's code beside a text about an error: ``{"status": {"code": "13", "message": "…"}}``."""
    for name in STATUS_OBJECTS:
        inner = folded.get(name)
        if not isinstance(inner, dict):
            continue
        small = {key.lower(): value for key, value in inner.items()}
        code = small.get("code", small.get("status_code", small.get("status", small.get("value"))))
        text = small.get("message", small.get("error_message", small.get("msg", small.get("errordetail"))))
        if (
            code is None
            or not isinstance(text, str)
            or str(code).lower() in FINE
            or str(code) in ("0", "200", "201", "202")
        ):
            continue
        about = texts.of_prose(text)
        rest = [key for key, value in folded.items() if key != name and is_truthy(value)]
        if (about - {Meaning.UNAVAILABLE} or reads_as_error(text)) and not rest:
            return Envelope(Grade.STRONG, f"{name}.code", _evidence({name: inner}))
    if depth == 0:
        for name in STATUS_OBJECTS:
            inner = folded.get(name)
            if isinstance(inner, dict) and not any(
                is_truthy(value) for other, value in folded.items() if other != name
            ):
                return _of_object(exchange, inner, depth + 1)
    return None


def _of_code(exchange: Exchange, members: Mapping[str, Any], folded: Mapping[str, Any]) -> Envelope | None:
    """Find a service's number beside a text about an error: ``{"code": 1002, "message": "Invoice does not exist"}``."""
    marker = own_codes.of_members(folded)
    if marker is None:
        return None
    others = [
        name
        for name, value in folded.items()
        if name not in ENVELOPE
        and is_truthy(value)
        and not _is_measure(name, value)
        and not belongs_to_call(exchange, name, value)
    ]
    # Beside a code with the name of a product, the service may say which version of it answers.
    labelled = isinstance(folded[marker], str) and folded[marker][:1].isalpha()
    if others and not (labelled and len(others) == 1 and not isinstance(folded[others[0]], list | dict)):
        return None
    if any(is_identity(name, folded[name]) for name in others):
        return None
    if any(
        folded.get(name) not in (None, "", [], {})
        for name in ("data", "result")
        if not isinstance(folded.get(name), str)
    ):
        return None
    return Envelope(Grade.STRONG, marker, _evidence(members))


_measure: Final = re.compile(
    r".{0,24}(?:time|elapsed|duration|latency|took|stamp)(?:_?(?:ms|us|ns|s|sec|millis|micros))?"
)


def _is_measure(name: str, value: Any) -> bool:
    """Return whether a member is the time that the service took, or at which it answered: ``{"procTimeMs": 3}``."""
    return isinstance(value, int | float) and _measure.fullmatch(name) is not None


def _is_fine(value: Any) -> bool:
    return (
        value is True
        or (isinstance(value, str) and value.strip().lower() in FINE)
        or (value == 1 and not isinstance(value, bool))
    )


def _says_no(value: Any) -> bool:
    if value is False:
        return True
    if isinstance(value, str):
        word = value.strip().lower()
        return word in ("false", "no", "0") or word in FAILED
    return isinstance(value, int) and value == 0


def _is_count(name: str, value: Any) -> bool:
    """Return whether a member is a count: ``{"errors": 3, "warnings": 7}``."""
    return name == "errors" and isinstance(value, int) and not isinstance(value, bool)


def _says_failed(value: Any) -> bool:
    return value is False or (isinstance(value, str) and value.strip().lower() in FAILED)


def _is_error(value: Any) -> bool:
    if isinstance(value, str):
        word = value.strip().strip(".!").lower()
        return word not in _NO_ERROR
    if isinstance(value, dict):
        return any(is_truthy(inner) for inner in value.values()) and not _reports_success(value)
    if isinstance(value, list):
        return any(is_truthy(inner) for inner in value)
    return value is True or (isinstance(value, int | float) and value not in (0, 1) and not isinstance(value, bool))


_NO_ERROR: Final = frozenset(
    {"", "success", "ok", "none", "no error", "no errors", "null", "false", "0", "no", "n/a", "succeeded", "successful"}
)


def _reports_success(error: Mapping[str, Any]) -> bool:
    text = error.get("message", error.get("code"))
    if not isinstance(text, str):
        return text == 0 and not any(isinstance(value, str) and value for value in error.values())
    words = text.strip(" .!").lower()
    return words in _NO_ERROR or words.endswith(("success", "successfully"))


def _is_number(value: Any, folded: Mapping[str, Any]) -> bool:
    """Return whether a value is an error number, which proves something only beside its text."""
    text = next(
        (
            folded[name]
            for name in ("errmsg", "errormessage", "error_message", "message", "msg", "error_msg", "description")
            if name in folded
        ),
        None,
    )
    if not isinstance(text, str) or text.strip(" .!").lower() in _NO_ERROR:
        return False
    if isinstance(value, str):
        return value.strip().lower() not in _NO_ERROR and value.strip() not in ("200", "00", "000", "0000")
    return isinstance(value, int) and not isinstance(value, bool) and value not in (0, 200)


def _evidence(members: Mapping[str, Any]) -> str:
    """Return only the markers and explanations, as JSON: never the data beside them."""
    shown = {
        name: _short(value)
        for name, value in members.items()
        if name.lower() in ENVELOPE and name.lower() not in ("data", "stack", "trace")
    }
    return _json_of(dict(list(shown.items())[:_MOST_EVIDENCE]))


def _short(value: Any, depth: int = 0) -> Any:
    if isinstance(value, str):
        return value if len(value) <= 120 else value[:119] + "…"
    if depth > 2:
        return "…"
    if isinstance(value, dict):
        return {name: _short(inner, depth + 1) for name, inner in list(value.items())[:5]}
    if isinstance(value, list):
        return [_short(inner, depth + 1) for inner in value[:3]]
    return value


def looks_like_resource(members: Mapping[str, Any]) -> bool:
    """Return whether a JSON object looks like a resource: an id, a link, its own times."""
    return any(is_identity(name.lower(), value) for name, value in members.items())


__all__ = ["JSON_KEYS", "Envelope", "Grade", "envelope", "looks_like_resource"]
