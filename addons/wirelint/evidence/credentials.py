"""Tell whether a request carries credentials, and of which kind. Their values are looked at, never kept."""

from __future__ import annotations

from wirelint.core.credentials import Sensitivity, of_authorization, sent
from wirelint.core.exchange import Exchange
from wirelint.core.once import once


@once
def credentials(exchange: Exchange) -> frozenset[str]:
    """Return the kinds of credentials that the request carries, empty for an anonymous client.

    Kinds: the authentication scheme in lower case (``bearer``, ``basic`` …, ``bare`` without one), ``cookie``,
    ``field``, ``query``, ``content``, ``userinfo``.
    """
    return frozenset([each.name if each.kind == "authorization" else each.kind for each in sent(exchange)])


def sent_scheme(exchange: Exchange) -> str:
    """Return the authentication scheme of Authorization, in lower case; empty where there is none, or no scheme."""
    headers = exchange.request.headers
    if "authorization" not in headers:
        return ""
    found = next(of_authorization(headers, Sensitivity.CREDENTIAL), None)
    return "" if found is None or found.name == "bare" else found.name


def is_stranger(exchange: Exchange) -> bool:
    """Return whether the request provably came without any credentials: also none in content that was not captured."""
    return not sent(exchange) and exchange.request.body.unavailable is None
