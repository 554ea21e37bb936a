"""The names under which messages carry credentials, and what tells of people."""

from __future__ import annotations

import functools
import re
from typing import Final

FIELDS: Final = frozenset(
    {
        "access-token",
        "api-key",
        "apikey",
        "auth-token",
        "circle-token",
        "dd-api-key",
        "dd-application-key",
        "job-token",
        "ocp-apim-subscription-key",
        "pddtoken",
        "private-token",
        "stripe-signature",
        "token",
        "x-access-token",
        "x-amz-security-token",
        "x-api-key",
        "x-api-token",
        "x-apikey",
        "x-app-key",
        "x-application-key",
        "x-auth",
        "x-auth-apikey",
        "x-auth-email",
        "x-auth-key",
        "x-auth-token",
        "x-authorization",
        "x-client-secret",
        "x-csrf-session",
        "x-dns-token",
        "x-figma-token",
        "x-functions-key",
        "x-goog-api-key",
        "x-hub-signature",
        "x-hub-signature-256",
        "x-jfrog-art-api",
        "x-jwt-assertion",
        "x-master-key",
        "x-nsone-key",
        "x-parse-session-token",
        "x-rapidapi-key",
        "x-redlock-auth",
        "x-session-token",
        "x-shopify-access-token",
        "x-slack-signature",
        "x-subject-token",
        "x-token",
        "x-trackertoken",
        "x-user-token",
        "x-vault-token",
    }
)
"""Request fields, by lower-case name, that carry a credential."""

TELLING: Final = (
    "pass|pwd|kennwort|secret|token|api_?key|api-key|access_?key|private_?key|auth|credential|session|cookie|sid|jwt"
    "|bearer|signature|sig|otp|pin|ssn|card|cvv|iban|assertion|nonce|code_verifier|client_id"
)
"""What the names of secrets contain, in queries, content and prose."""
_telling: Final = re.compile(TELLING)
_field: Final = re.compile(
    r"(?:^|[-_])(?:key|hmac|cert|crumb|user(?:id|name)?|email|subject|spiffe|login|consumer|identity|principal)(?:$|[-_])"
)
_harmless_field: Final = re.compile(
    r"^(?:www-|access-control|sec-|user-agent)|idempotency|cache-?key|surrogate-key|routing-key|ratelimit"
)
_person: Final = re.compile(
    r"(?:user|full|first|last|sur|family|given|nick|maiden|holder)[_-]?name|e?[_-]?mail(?:[_-]?address)?|login"
    r"|(?:tele)?phone(?:[_-]?number)?|mobile|dob|birth[_-]?da(?:te|y)|date[_-]?of[_-]?birth|passport|mnemonic",
    re.IGNORECASE,
)
_own: Final = re.compile(
    r"user(?:[_-]?id)?|owner|tel|fax|account(?:[_-]?(?:no|number|holder))?|street|answer|seed|key|license|code",
    re.IGNORECASE,
)
_LONGEST_NAME: Final = 128


def is_telling(text: str) -> bool:
    """Return whether something in a text names a secret. To fold it first takes a tenth of matching without case."""
    return _telling.search(text.casefold()) is not None


def is_private(name: str) -> bool:
    """Return whether a parameter or member of that name holds a secret, or tells who somebody is."""
    return _is_private(name) if len(name) <= _LONGEST_NAME else is_telling(name)


@functools.lru_cache(maxsize=4096)
def _is_private(name: str) -> bool:
    return is_telling(name) or _person.fullmatch(name) is not None


def is_clients_own(name: str) -> bool:
    """Return whether a client puts something of its own behind that name. In a response the same name is harmless."""
    return is_private(name) or (len(name) <= _LONGEST_NAME and _own.fullmatch(name) is not None)


@functools.lru_cache(maxsize=2048)
def is_private_field(name: str) -> bool:
    """Return whether a field (lower case) carries a credential, or tells who somebody is."""
    if name in FIELDS:
        return True
    return (is_telling(name) or _field.search(name) is not None) and _harmless_field.search(name) is None
