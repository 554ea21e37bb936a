"""Classify failures in HAR entries: each recorder has its own words for them.

Chrome and Playwright name network errors (``net::ERR_CONNECTION_REFUSED``), Firefox its result codes
(``NS_ERROR_NET_TIMEOUT``), WebKit and mitmproxy speak English.
"""

from __future__ import annotations

import re
from typing import Any, Final

from wirelint.core.exchange import Failure, FailureKind

_CONNECT: Final = (
    r"refused|name_?.?not_?.?resolved|unknown_host|unreachable|connection_failed|dns|getaddrinfo"
    r"|could not connect|cannot connect|could not be found"
)
_RESET: Final = (
    r"reset|connection_closed|empty_response|incomplete|length_mismatch|interrupt|partial_transfer"
    r"|(server|peer) (disconnected|closed)|closed connection|connection (was )?(closed|lost)|eof"
)
_PATTERNS: Final = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        (FailureKind.CLIENT_GONE, r"abort|cancel|client (disconnected|closed|gone)|closed by the client|NS_BINDING_"),
        (FailureKind.TIMEOUT, r"time[d_ -]{0,2}out"),
        (FailureKind.TLS, r"ssl|tls|cert|handshake|secure connection"),
        (FailureKind.PROTOCOL, r"protocol|invalid.{0,10}response|malformed|decoding_failed"),
        (FailureKind.CONNECT, _CONNECT),
        (FailureKind.RESET, _RESET),
    )
)
# The client itself blocked these, or was offline.
_NEVER_SENT: Final = re.compile(
    r"blocked|internet_disconnected|network_changed|cors|cache_miss|ERR_FAILED|offline|access_control", re.IGNORECASE
)
_LONGEST: Final = 200


def failure_text(entry: dict[str, Any], response: dict[str, Any]) -> str:
    """Return the text of an entry about its failure, empty if there is none."""
    for place, key in (
        (response, "_error"),  # Chrome, mitmproxy
        (response, "_failureText"),  # Playwright
        (entry, "_error"),
        (response, "_errorMessage"),
        (response, "error"),
    ):
        text = place.get(key)
        if isinstance(text, dict):
            text = text.get("message")
        if isinstance(text, str) and text.strip():
            return " ".join(text.split())[:_LONGEST]
    return ""


def never_sent(text: str) -> bool:
    """Return whether the request was never sent."""
    return _NEVER_SENT.search(text) is not None


def failure(text: str) -> Failure | None:
    """Return the failure that ``text`` describes; None if unknown."""
    for kind, pattern in _PATTERNS:
        if pattern.search(text):
            return Failure(kind=kind, message=text)
    return None
