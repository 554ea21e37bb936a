"""Find retry hints in the fields or the content of a refusal.

Besides Retry-After (RFC 9110 §10.2.3) there are the RateLimit fields of the IETF draft, the older X-RateLimit family,
and vendors' own fields.
"""

from __future__ import annotations

import re
from typing import Any, Final

from wirelint.core.body import Body
from wirelint.core.exchange import Exchange
from wirelint.core.headers import Headers
from wirelint.core.once import once

_ELEMENT_LIMIT: Final = 16
_DEPTH: Final = 4
_KEYS: Final = frozenset({"retryafter", "retryaftersec", "retryafterseconds", "retryafterms", "retrydelay", "retryin"})
_prose: Final = re.compile(r"\b(?:retry|again) (?:in|after) \d{1,9}", re.IGNORECASE)
_SCANNED: Final = 4096


@once
def hint_field(exchange: Exchange) -> str | None:
    """Return the name of the response field with a retry hint, in lower case; None if there is none.

    The reset time of a limit with calls left does not count: another limit refused the call.
    """
    response = exchange.response
    if response is None:
        return None
    headers = response.headers
    if "retry-after" in headers:
        return "retry-after"
    found = None
    for name in headers.names():
        if name.startswith(("x-archive-orig-", "access-control-")):  # fields of an archived message, field names
            continue
        if "retry-after" in name or "retryafter" in name:
            return name
        if name == "ratelimit":
            if ";t=" in (headers.get(name) or "").replace(" ", ""):
                found = name
        elif _about_limit(name) and "reset" in name and not _calls_left(headers, name):
            found = found or name
    return found


def _about_limit(name: str) -> bool:
    return "ratelimit" in name or "rate-limit" in name or "rate_limit" in name


def _calls_left(headers: Headers, reset: str) -> bool:
    """Return whether the limit of this reset field has calls left."""
    start, _, end = reset.partition("reset")
    value = headers.get(f"{start}remaining{end}")
    if value is None and end:
        value = headers.get(f"{start}remaining")
    digits = (value or "").strip()
    return len(digits) <= 20 and digits.isascii() and digits.isdigit() and int(digits) > 0


def hint_in_content(body: Body) -> str | None:
    """Return the retry hint in the content: a member's name or a phrase; None if there is none."""
    found = _member(body.members, _DEPTH)
    if found is not None:
        return found
    text = (body.text or "")[:_SCANNED]
    folded = text.lower()
    match = _prose.search(text) if "retry " in folded or "again " in folded else None
    return match[0] if match else None


def _member(value: Any, depth: int) -> str | None:
    if depth == 0:
        return None
    if isinstance(value, dict):
        for name, inner in list(value.items())[:_ELEMENT_LIMIT]:
            folded = name.lower().replace("_", "").replace("-", "")
            if folded in _KEYS and inner not in (None, "", False):
                return str(name)
        inners = list(value.values())
    elif isinstance(value, list):
        inners = value
    else:
        return None
    for inner in inners[:_ELEMENT_LIMIT]:
        if (found := _member(inner, depth - 1)) is not None:
            return found
    return None
