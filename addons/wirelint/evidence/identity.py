"""Who sent a request, as far as its credentials tell. What comes out is sealed: only ever compared, never shown.

Two things are told apart. The *credential* is the very secret that was sent: what was proven of it holds for it alone,
for tokens expire and get replaced. The *principal* is whom it speaks of: the subject of a JWT, the user of Basic.
"""

from __future__ import annotations

import base64
import binascii
import functools
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

from wirelint.core.exchange import Exchange
from wirelint.core.knowledge import NOTHING, known
from wirelint.core.state import State
from wirelint.core.visit import Identity
from wirelint.evidence.credentials import in_query, is_cookie, is_field, is_parameter, is_stranger
from wirelint.evidence.vouching import may_be_known, may_name

_SIGNED: Final = frozenset(
    {
        "aws", "aws4-hmac-sha256", "digest", "dpop", "hawk", "hmac", "mac", "negotiate", "ntlm", "oauth", "sharedkey",
        "sharedkeylite", "signature", "vapid", "webpush", "edgegrid", "eg1-hmac-sha256", "hobadsha256", "mutual",
        "scram-sha-256", "scram-sha-1", "acs3-hmac-sha256", "tc3-hmac-sha256", "sdk-hmac-sha256",
    }
)  # fmt: skip
"""Authentication schemes that prove a secret anew with each request."""
_SIGNATURES: Final = ("signature", "hmac", "dpop", "digest", "nonce", "timestamp")
_signer: Final = re.compile(
    r"\b(?:credential|keyid|username|oauth_token|oauth_consumer_key|access_?key|id)=\"?([^\",/\s]{1,256})",
    re.IGNORECASE,
)
# What recorders write in place of secrets is the same for all of them, and so tells nobody apart.
_masked: Final = re.compile(
    r"redact|filtered|scrubbed|sanitized|masked|hidden|removed|dummy|\*{3}|x{4}|<[\w .-]{2,40}>|\{\{|%3C[A-Z_]{2,40}%3E",
    re.IGNORECASE,
)
_LONGEST: Final = 8192
_MOST_PARTS: Final = 8
_MOST_NAMES: Final = 40
_MOST_LATELY: Final = 4096
_AUTHORIZATION: Final = ("authorization",)
_TELLING: Final = frozenset({"authorization", "cookie", "dpop", "signature-input", "signature"})

Seal = Callable[..., bytes]


_STRANGER: Final = Identity(None, None, True)
_UNKNOWN: Final = Identity(None, None, False)


def identity(exchange: Exchange, state: State) -> Identity:
    """Who sent a request.

    :param state: seals secrets; what it made of Authorization lately is looked up there.
    """
    request = exchange.request
    index, query = request.headers.index, request.query
    telling = _telling(tuple(index))
    if telling is None or "@" in request.authority or known(exchange) is not NOTHING or (query and in_query(query)):
        return _identity(exchange, state.seal)
    if not telling:
        return _STRANGER if request.body.empty or is_stranger(exchange) else _UNKNOWN
    if telling != _AUTHORIZATION and not request.body.empty:
        return _identity(exchange, state.seal)
    # What is left to tell is told by these fields, and a client sends the same ones with each request.
    key = hash((telling, *map(index.get, telling)))
    lately = state.identities
    found = lately.get(key)
    if found is None:
        if len(lately) >= _MOST_LATELY:
            lately.clear()
        found = lately[key] = _identity(exchange, state.seal)
    return found


@functools.lru_cache(maxsize=4096)
def _telling(names: tuple[str, ...]) -> tuple[str, ...] | None:
    """Those of a request's fields that may tell of the caller; None where there are too many to say."""
    if len(names) > _MOST_NAMES:
        return None
    return tuple(name for name in names if name in _TELLING or is_field(name) or may_name(name))


def _identity(exchange: Exchange, seal: Seal) -> Identity:
    if is_stranger(exchange):
        return _UNKNOWN if may_be_known(exchange) else _STRANGER
    request = exchange.request
    authorization = (request.headers.get("authorization") or "").strip()[:_LONGEST]
    scheme, _, rest = authorization.partition(" ")
    signed = scheme.lower() in _SIGNED or "dpop" in request.headers or "signature-input" in request.headers
    parts = list(_parts(exchange, authorization))[:_MOST_PARTS]
    if signed or any(sign in name for name, _ in parts for sign in _SIGNATURES):
        match = _signer.search(authorization)
        return Identity(None, seal("signer", match[1]), False) if match else _UNKNOWN
    if not parts or any(_masked.search(value) for _, value in parts):
        return _UNKNOWN
    credential = seal(*(text for part in sorted(parts) for text in part))
    whom = _whom(scheme.lower(), rest.strip()) if len(parts) == 1 else None
    return Identity(credential, seal("principal", whom) if whom else credential, False)


def _parts(exchange: Exchange, authorization: str) -> Iterator[tuple[str, str]]:
    """Name and value of each credential that stands outside the content."""
    request, told = exchange.request, known(exchange)
    if authorization:
        yield "authorization", authorization
    for name in request.headers.names():
        if is_field(name) or name in told.fields:
            yield name, (request.headers.get(name) or "")[:_LONGEST]
    for name, value in _pairs(request.headers.get("cookie") or "", ";"):
        if is_cookie(name) or name.lower() in told.cookies:
            yield f"cookie {name}", value
    for name, value in _pairs(request.query, "&"):
        if is_parameter(name) or name.lower() in told.parameters:
            yield f"query {name.lower()}", value
    if "@" in request.authority:
        yield "userinfo", request.authority.rpartition("@")[0]


def _pairs(text: str, between: str) -> Iterator[tuple[str, str]]:
    if not text:
        return
    for pair in text[:_LONGEST].split(between):
        name, _, value = pair.strip().partition("=")
        if value:
            yield name, value


def _whom(scheme: str, value: str) -> str | None:
    """Whom a credential of Authorization names, where it can be read."""
    if scheme == "basic":
        return _decoded(value).partition(b":")[0].decode("utf-8", "replace") or None
    if scheme == "bearer" and value.startswith("eyJ") and value.count(".") == 2:
        try:
            claims: Any = msgspec.json.decode(_decoded(value.split(".")[1]))
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        if isinstance(claims, dict) and isinstance(subject := claims.get("sub"), str) and subject:
            return f"{claims.get('iss')} {subject}"
    return None


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_" if set("-_") & set(value) else None)
    except (binascii.Error, ValueError):
        return b""
