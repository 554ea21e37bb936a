"""Determine who made an error: the service itself, or a gateway in front of it."""

from __future__ import annotations

import re
from typing import Final

from wirelint.core.answers import once_per_answer
from wirelint.core.exchange import Exchange
from wirelint.core.media import Kind
from wirelint.evidence.pages import error_page

# These add their name only to their own responses; nginx and Envoy add it to every response.
_SERVERS: Final = re.compile(r"(?:awselb|cloudfront|akamaighost|bigip|haproxy|squid|varnish|kong)\b", re.IGNORECASE)
_BANNERS: Final = (
    "<center>nginx",
    "<center>openresty",
    "cloudflare",
    "cloudfront",
    "awselb",
    "varnish",
    "haproxy",
    "akamai",
    "upstream connect error",
    "no healthy upstream",
    "upstream request timeout",
)
_reference: Final = re.compile(r"reference #\d")
_ANSWERS_OF_GATEWAYS: Final = frozenset({408, 413, 414, 431, 502, 503, 504})
_SCANNED: Final = 4096


@once_per_answer
def gateway_made(exchange: Exchange) -> bool:
    """Return whether a gateway answered in the service's place, by the response's fields and content."""
    response = exchange.response
    if response is None:
        return False
    if _SERVERS.match(response.headers.get("server") or ""):
        return True
    if (
        response.headers.media_type.kind not in (Kind.HTML, Kind.TEXT, Kind.NONE)
        or response.body.unavailable is not None
    ):
        return False
    text = (response.body.text or "")[:_SCANNED].lower()
    if any(banner in text for banner in _BANNERS) or _reference.search(text):
        return True
    return response.status in _ANSWERS_OF_GATEWAYS and error_page(exchange) is not None


@once_per_answer
def maker(exchange: Exchange) -> str:
    """Return a key that separates servers behind one service name: the product in Server, and the hops in Via."""
    response = exchange.response
    if response is None:
        return ""
    product = (response.headers.get("server") or "")[:64].partition("/")[0].partition(" ")[0].lower()
    via = response.headers.get("via")
    return product if via is None else f"{product} via {min(via.count(',') + 1, 4)}"
