"""Identify the sender of a request by its credentials. The result is a keyed hash: compared, never shown.

There are two identities. The *credential* is the exact secret that was sent: proofs about it apply to it alone, because
tokens expire and are replaced. The *principal* is the user that it names: the subject of a JWT, the user of Basic.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any, Final

import msgspec

from wirelint.core.credentials import Sensitivity, bearing, of_query, sent
from wirelint.core.exchange import Exchange
from wirelint.core.knowledge import NOTHING, known
from wirelint.core.visit import Identity
from wirelint.evidence.credentials import is_anonymous
from wirelint.evidence.vouching import may_be_known

_SIGNED: Final = frozenset(
    {
        "aws", "aws4-hmac-sha256", "digest", "dpop", "hawk", "hmac", "mac", "negotiate", "ntlm", "oauth", "sharedkey",
        "sharedkeylite", "signature", "vapid", "webpush", "edgegrid", "eg1-hmac-sha256", "hobadsha256", "mutual",
        "scram-sha-256", "scram-sha-1", "acs3-hmac-sha256", "tc3-hmac-sha256", "sdk-hmac-sha256",
    }
)  # fmt: skip
"""Authentication schemes that prove a secret with each request, without sending it."""
_SIGNATURES: Final = ("signature", "hmac", "dpop", "digest", "nonce", "timestamp")
_signer: Final = re.compile(
    r"\b(?:credential|keyid|username|oauth_token|oauth_consumer_key|access_?key|id)=\"?([^\",/\s]{1,256})",
    re.IGNORECASE,
)
# Placeholders that recorders write for secrets are the same for all callers.
_masked: Final = re.compile(
    r"redact(?!ed-[0-9a-f]{8})|filtered|scrubbed|sanitized|masked|hidden|removed|dummy|\*{3}|x{4}|<[\w .-]{2,40}>|\{\{|%3C[A-Z_]{2,40}%3E",
    re.IGNORECASE,
)
_MOST_PARTS: Final = 8
_MOST_NAMES: Final = 40
_AUTHORIZATION: Final = ("authorization",)
_PROOFS: Final = frozenset({"dpop", "signature-input"})

Seal = Callable[..., bytes]


_ANONYMOUS: Final = Identity(None, None, True)
_UNKNOWN: Final = Identity(None, None, False)


def identity(exchange: Exchange, seal: Seal) -> Identity:
    """Return the identity of a request's sender.

    :param seal: replaces texts by keyed hashes.
    """
    request = exchange.request
    if identifying(tuple(request.headers.index)) == () and not _is_identified_elsewhere(exchange):
        return _ANONYMOUS if is_anonymous(exchange) else _UNKNOWN
    return _identity(exchange, seal)


def is_identified_by_fields(exchange: Exchange, fields: tuple[str, ...] | None) -> bool:
    """Return whether the values of some fields identify the sender: requests with equal values have the same one.

    :param fields: the result of ``identifying`` for the request's fields.
    """
    if fields is None or exchange.credentials_hidden or (fields != _AUTHORIZATION and not exchange.request.body.empty):
        return False
    return not _is_identified_elsewhere(exchange)


def _is_identified_elsewhere(exchange: Exchange) -> bool:
    """Return whether something other than fields and content may identify the sender."""
    request = exchange.request
    if "@" in request.authority or known(exchange).bears_on_reading:
        return True
    return "?" in request.target and next(of_query(request.query, NOTHING, Sensitivity.CREDENTIAL), None) is not None


def identifying(names: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the request's fields that may identify the caller; None if there are too many fields."""
    return bearing(names).naming if len(names) <= _MOST_NAMES else None


def _identity(exchange: Exchange, seal: Seal) -> Identity:
    if is_anonymous(exchange):
        return _UNKNOWN if may_be_known(exchange) else _ANONYMOUS
    parts = [each for each in sent(exchange) if each.kind != "content"][:_MOST_PARTS]
    authorization = next((each for each in parts if each.kind == "authorization"), None)
    fields = exchange.request.headers
    signed = (authorization is not None and authorization.name in _SIGNED) or not _PROOFS.isdisjoint(fields.names())
    if signed or any(sign in each.name.lower() for each in parts for sign in _SIGNATURES):
        match = _signer.search(authorization.value) if authorization is not None else None
        return Identity(None, seal("signer", match[1]), False) if match else _UNKNOWN
    if not parts or any(_masked.search(each.value) for each in parts):
        return _UNKNOWN
    credential = seal(*(text for each in sorted(parts) for text in (each.kind, each.name, each.value)))
    whom = None
    if authorization is not None and len(parts) == 1:
        whom = _whom(authorization.name, authorization.value.partition(" ")[2].strip())
    return Identity(credential, seal("principal", whom) if whom else credential, False)


def _whom(scheme: str, value: str) -> str | None:
    """Return the user that a credential in Authorization names, None if it cannot be read."""
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
