"""Find the HTTP status that content itself declares."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from wirelint.core.answers import once_per_answer
from wirelint.core.exchange import Exchange
from wirelint.evidence.texts import best_status, of_prose

_NAMED: Final = (
    "statuscode",
    "status_code",
    "httpstatus",
    "http_status",
    "httpstatuscode",
    "http_status_code",
    "http_code",
    "httpcode",
)
_NAMES: Final = frozenset(_NAMED)
JSON_KEYS: Final = _NAMES | {"status", "error", "errors", "meta"}


class OwnStatus(NamedTuple):
    """A status code in content, and its member."""

    code: int
    member: str


@once_per_answer
def own_status(exchange: Exchange) -> OwnStatus | None:
    """Return the error status that a JSON object declares; None if there is none.

    A plain ``code`` is not trusted: services have their own numbers that look like statuses.
    """
    response = exchange.response
    if response is None or response.body.unavailable is not None:
        return None
    picked = response.body.pick(JSON_KEYS)
    found = _found(picked) if picked else None
    if found is None:
        return None
    # The member's original name, if it is at the top level.
    members = response.body.members or {}
    return found._replace(member=next((name for name in members if name.lower() == found.member), found.member))


def _found(folded: dict[str, Any]) -> OwnStatus | None:
    found = _named(folded, "") or _status(folded.get("status"), "status")
    if found is not None:
        return found
    error = folded.get("error")
    if isinstance(error, dict):
        inner = {name.lower(): value for name, value in error.items()}
        return _named(inner, "error.") or _status(inner.get("status"), "error.status") or _code_of_error(inner)
    errors = folded.get("errors")
    if isinstance(errors, list) and len(errors) == 1 and isinstance(errors[0], dict):
        return _status(errors[0].get("status"), "errors[0].status", text=True)
    meta = folded.get("meta")
    return _status(meta.get("code"), "meta.code") if isinstance(meta, dict) else None


def _named(folded: dict[str, Any], prefix: str) -> OwnStatus | None:
    if _NAMES.isdisjoint(folded):
        return None
    return next((found for name in _NAMED if (found := _status(folded.get(name), prefix + name, text=True))), None)


def _status(value: Any, member: str, *, text: bool = False) -> OwnStatus | None:
    if text and isinstance(value, str) and len(value) == 3 and value.isdigit():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 400 <= value <= 599:
        return OwnStatus(value, member)
    return None


def _code_of_error(inner: dict[str, Any]) -> OwnStatus | None:
    """Return ``error.code`` as a status if ``error.status`` or ``error.title`` is beside it, or the message agrees."""
    found = _status(inner.get("code"), "error.code")
    if found is None or isinstance(inner.get("status"), str) or isinstance(inner.get("title"), str):
        return found
    message = inner.get("message")
    about = best_status(of_prose(message)) if isinstance(message, str) else None
    return found if about is not None and about // 100 == found.code // 100 else None
