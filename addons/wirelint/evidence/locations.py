"""Resolve Location against the request (RFC 9110 §10.2.2)."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urljoin, urlsplit

from wirelint.core.exchange import Exchange, Request
from wirelint.core.once import once

_LONGEST: Final = 2048
# Most values need no resolving unless they have dot segments.
_plain: Final = re.compile(
    r"(?:https?://([\w.:-]+))?(/(?!/)[\w%~:@!$&'()*+,=;./-]*)(?:\?([\w%~:@!$&'()*+,=;./?-]*))?", re.ASCII
)


@once
def location(exchange: Exchange) -> str | None:
    """Return path and query of the resource in Location, None if there is none, or if it is not this service's.

    The same authority counts as the same service. The scheme is ignored: behind a TLS terminator, services do not know
    it.
    """
    request, response = exchange.request, exchange.response
    values = response.headers.get_all("location") if response is not None else []
    if len(values) != 1 or not request.target.startswith("/"):
        return None
    value = values[0].strip()
    if not value or len(value) > _LONGEST or len(request.target) > _LONGEST:
        return None
    plain = _plain.fullmatch(value)
    host, path, query = _resolved(request, value) if plain is None or "/." in value else plain.groups()
    if path is None or (host is not None and _host(host) != _host(request.authority)):
        return None
    return f"{path}?{query}" if query else path


def _resolved(request: Request, value: str) -> tuple[str, str | None, str]:
    """Return authority, path (None if it cannot be requested) and query."""
    try:
        goal = urlsplit(urljoin(f"{request.scheme}://{request.authority}{request.target}", value))
    except ValueError:
        return "", None, ""
    return goal.netloc, (goal.path or "/") if goal.scheme in ("http", "https") else None, goal.query


def _host(authority: str) -> str:
    return authority.rpartition("@")[2].lower().removesuffix(":80").removesuffix(":443")
