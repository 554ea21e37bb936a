"""Find the kinds of credentials of a request. Their values are read, never kept."""

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
    """Return the authentication scheme of Authorization, in lower case; empty without the field or without a scheme."""
    headers = exchange.request.headers
    if "authorization" not in headers:
        return ""
    found = next(of_authorization(headers, Sensitivity.CREDENTIAL), None)
    return "" if found is None or found.name == "bare" else found.name


def is_anonymous(exchange: Exchange) -> bool:
    """Return whether the request provably had no credentials, not even in content that was not captured."""
    return not exchange.credentials_hidden and not sent(exchange) and exchange.request.body.unavailable is None
