"""Whether a request carries credentials, and of which kind. Their values are looked at, never kept."""

from __future__ import annotations

import functools
import re
from typing import Final
from urllib.parse import unquote_plus

from wirelint.core.credentials import FIELDS
from wirelint.core.exchange import Exchange, Request
from wirelint.core.knowledge import NOTHING, Knowledge, known
from wirelint.core.media import Kind
from wirelint.core.once import once

_SCHEMES: Final = frozenset({"basic", "bearer", "digest", "negotiate", "token", "apikey"})
"""Schemes of which nothing is sent where nothing stands behind them."""
_LONGEST_NAME: Final = 64
_cookie: Final = re.compile(
    r"(?:^|;)\s{0,4}(?:__Host-|__Secure-)?[\w.-]{0,40}?(?:sess|sid|auth|token|jwt|login|remember|identity)[\w.-]{0,40}=[^;\s]",
    re.IGNORECASE,
)
_parameter: Final = re.compile(
    r"(?:[\w.-]{0,24}(?:access_?token|api_?key|auth_?token|apitoken|app_?key|appid|sig(?:nature)?|authkey|secret|credential|passw(?:or)?d)|key|token|auth|jwt|code"
    r"|user(?:name)?|sv|hmac|session(?:_?id)?|sid)",
    re.IGNORECASE,
)
_form: Final = re.compile(
    r"(?:^|&)(?:[\w.-]{0,24}(?:access_?token|api_?key|token|secret|passw(?:or)?d)|login|username|assertion|code)=[^&]",
    re.IGNORECASE,
)
_JSON_NAMES: Final = frozenset(
    {
        "password",
        "token",
        "access_token",
        "accesstoken",
        "api_key",
        "apikey",
        "authtoken",
        "auth_token",
        "client_secret",
        "secret",
        "auth",
        "credentials",
        "passwd",
        "refresh_token",
    }
)


@once
def credentials(exchange: Exchange) -> frozenset[str]:
    """The kinds of credentials that the request carries, empty for a stranger.

    Kinds: the authentication scheme in lower case (``bearer``, ``basic`` …), ``cookie``, ``field``, ``query``,
    ``content``, ``userinfo``.
    """
    request = exchange.request
    fields = request.headers
    found = set()
    authorization = fields.get("authorization")
    if authorization and authorization.strip():
        scheme, _, rest = authorization.strip().partition(" ")
        if rest or scheme.lower() not in _SCHEMES:  # «Bearer», and an empty variable
            found.add(scheme.lower() if rest and len(scheme) <= 24 else "bare")
    cookies = fields.get("cookie")
    if cookies and _cookie.search(cookies[:8192]):
        found.add("cookie")
    if not FIELDS.isdisjoint(fields.names()):
        found.add("field")
    if request.query and in_query(request.query):
        found.add("query")
    if "@" in request.authority:
        found.add("userinfo")
    if (told := known(exchange)) is not NOTHING:
        found |= _told(request, told)
    if _in_content(exchange):
        found.add("content")
    return frozenset(found)


def _told(request: Request, told: Knowledge) -> set[str]:
    """The kinds of those credentials that only the service's operator can know by name."""
    found = set()
    if not told.fields.isdisjoint(request.headers.names()):
        found.add("field")
    if told.cookies:
        pairs = (pair.partition("=") for pair in (request.headers.get("cookie") or "")[:8192].split(";"))
        if any(value and name.strip().lower() in told.cookies for name, _, value in pairs):
            found.add("cookie")
    if told.parameters:
        pairs = (pair.partition("=") for pair in request.query[:8192].split("&"))
        if any(value and unquote_plus(name).lower() in told.parameters for name, _, value in pairs):
            found.add("query")
    return found


def _in_content(exchange: Exchange) -> bool:
    body = exchange.request.body
    if body.empty or body.unavailable is not None:
        return False
    if exchange.request.headers.media_type.kind is Kind.FORM:
        return bool(_form.search((body.text or "")[:16384]))
    members = body.members
    return members is not None and not _JSON_NAMES.isdisjoint(name.lower() for name in members)


def sent_scheme(exchange: Exchange) -> str:
    """The authentication scheme of Authorization, in lower case; empty where there is none, or no scheme."""
    scheme, _, rest = (exchange.request.headers.get("authorization") or "").strip().partition(" ")
    return scheme.lower() if rest and len(scheme) <= 24 else ""


def is_field(name: str) -> bool:
    """Whether a request field of that name (lower case) carries a credential."""
    return name in FIELDS


def is_cookie(name: str) -> bool:
    """Whether a cookie of that name carries a session."""
    return _cookie.match(f"{name[:128]}=x") is not None


def is_parameter(name: str) -> bool:
    """Whether a query parameter of that name carries a credential."""
    return len(name) <= _LONGEST_NAME and _is_parameter(name)


@functools.lru_cache(maxsize=4096)  # a service has a few, which come back in every query
def _is_parameter(name: str) -> bool:
    return _parameter.fullmatch(name) is not None


def in_query(query: str) -> bool:
    """Whether a query (without its question mark) has a parameter that carries a credential."""
    for pair in query[:8192].split("&"):
        name, _, value = pair.partition("=")
        if value and is_parameter(name):
            return True
    return False


def is_stranger(exchange: Exchange) -> bool:
    """Whether the request provably came without any credentials: also none in content that was not captured."""
    return not credentials(exchange) and exchange.request.body.unavailable is None
