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
_AUTHORIZATION: Final = ("authorization",)
_TELLING: Final = frozenset({"authorization", "cookie", "dpop", "signature-input", "signature"})

Seal = Callable[..., bytes]


_STRANGER: Final = Identity(None, None, True)
_UNKNOWN: Final = Identity(None, None, False)


def identity(exchange: Exchange, seal: Seal) -> Identity:
    """Return who sent a request.

    :param seal: makes of texts what stands for them.
    """
    request = exchange.request
    if telling(tuple(request.headers.index)) == () and not _is_told_elsewhere(exchange):
        return _STRANGER if request.body.empty or is_stranger(exchange) else _UNKNOWN
    return _identity(exchange, seal)


def is_told_by_fields(exchange: Exchange, fields: tuple[str, ...] | None) -> bool:
    """Return whether the values of some fields decide who sent a request: another one with the same has the same sender.

    :param fields: what ``telling`` returns for the request's fields.
    """
    if fields is None or (fields != _AUTHORIZATION and not exchange.request.body.empty):
        return False
    return not _is_told_elsewhere(exchange)


def _is_told_elsewhere(exchange: Exchange) -> bool:
    """Return whether something besides fields and content may say who sent a request."""
    request = exchange.request
    if "@" in request.authority or known(exchange) is not NOTHING:
        return True
    return "?" in request.target and in_query(request.query)


@functools.lru_cache(maxsize=4096)
def telling(names: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return those of a request's fields that may tell of the caller; None where there are too many to say."""
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
