"""Find refusals that say nothing about the validity or the permissions of a credential."""

from __future__ import annotations

import re
from typing import Final

from wirelint.core.answers import once_per_answer
from wirelint.core.exchange import Exchange, Response
from wirelint.evidence.makers import gateway_made
from wirelint.evidence.said import meanings, said
from wirelint.evidence.texts import Meaning

OTHER_MATTERS: Final = re.compile(
    r"csrf|xsrf|forgery|captcha|cloudflare|\bwaf\b|\bbot\b|\bvpn\b|ip address|\bgeo|country|region|inactive|no longer active|disabled"
    r"|suspended|blocked|banned|deactivated|locked|two[- ]factor|\b[2m]fa\b|\botp\b|sudo|re-?authenticat|subscription|upgrade your|terms of service|device"
    r"|\b(?:download|(?:pre-?)?signed) (?:link|url)\b",
    re.IGNORECASE,
)
"""Words of refusals about forgery, the network, the state of an account or a second factor."""

ABOUT_VALUES: Final = re.compile(
    r"not (?:allowed|permitted) to (?:be|have|contain)\b|\b(?:field|value|parameter|property|character|column|attribute|filter)s?\b|\bproperties\b"
    r"|\b(?:role|type|kind|level|scope)s? (?:must|should|has to|may only) be\b",
    re.IGNORECASE,
)
"""Words of texts that forbid a value, not an action of the caller."""

_CALLER: Final = frozenset({Meaning.AUTHN, Meaning.AUTHZ, Meaning.NOT_FOUND})
_WORDING: Final = frozenset({Meaning.INVALID, Meaning.MALFORMED})  # "invalid token", "must be an admin"
# A nonce for proof of possession (RFC 9449 §8), stronger or fresher authentication (RFC 9470 §3), a new nonce of
# Digest.
_further: Final = re.compile(
    r"use_dpop_nonce|insufficient_user_authentication|acr_values|max_age|stale=\"?true|\botp\b|\bmfa\b", re.IGNORECASE
)
_FURTHER_FIELDS: Final = frozenset({"dpop-nonce", "x-github-otp", "x-otp", "x-mfa-required"})
_BLOCKING_FIELDS: Final = frozenset({"cf-mitigated", "x-amzn-waf-action", "x-sucuri-block", "x-iinfo", "x-datadome"})
_block_page: Final = re.compile(
    r"just a moment|attention required|access denied|request (?:was )?(?:blocked|rejected)|firewall|not acceptable|security check",
    re.IGNORECASE,
)
_LONGEST: Final = 2048


@once_per_answer
def is_aside(exchange: Exchange) -> bool:
    """Return whether a 401, 403 or 404 is not about the caller's identity or permissions.

    That is: a step of a protocol (a nonce, stronger authentication), a rate limit, a forged request, the caller's
    location, the state of its account, or any reason of a gateway.
    """
    response = exchange.response
    if response is None or response.status not in (401, 403, 404):
        return False
    about = meanings(exchange)
    if gateway_made(exchange) or _by_fields(response) or not about <= _CALLER | _WORDING:
        return True
    if about and about <= _WORDING:
        return True
    if response.status == 404:
        return False
    words = said(exchange)
    text = f"{words.prose} {' '.join(words.codes)}"
    if OTHER_MATTERS.search(text):
        return True
    return (response.body.content or b"")[:64].lstrip()[:1] == b"<" and _block_page.search(text) is not None


def _by_fields(response: Response) -> bool:
    fields = response.headers
    if not _BLOCKING_FIELDS.isdisjoint(fields.names()):
        return True
    if response.status != 401:
        return "retry-after" in fields or (fields.get("x-ratelimit-remaining") or "").strip() == "0"
    asked = ", ".join(fields.get_all("www-authenticate"))[:_LONGEST]
    return not _FURTHER_FIELDS.isdisjoint(fields.names()) or _further.search(asked) is not None
