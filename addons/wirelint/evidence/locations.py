"""Where a response sends its reader: Location, resolved against the request (RFC 9110 §10.2.2)."""

from __future__ import annotations

from typing import Final
from urllib.parse import urljoin, urlsplit

from wirelint.core.exchange import Exchange, once

_LONGEST: Final = 2048


@once
def location(exchange: Exchange) -> str | None:
    """Path and query of the resource that Location names, None where there is none, or it is not this service's.

    What stands at the same authority is taken for the same service. The scheme makes no difference: behind what ends
    TLS, services do not know it.
    """
    request, response = exchange.request, exchange.response
    values = response.headers.get_all("location") if response is not None else []
    if len(values) != 1 or not request.target.startswith("/"):
        return None
    value = values[0].strip()
    if not value or len(value) > _LONGEST or len(request.target) > _LONGEST:
        return None
    try:
        goal = urlsplit(urljoin(f"{request.scheme}://{request.authority}{request.target}", value))
    except ValueError:
        return None
    if goal.scheme not in ("http", "https") or _host(goal.netloc) != _host(request.authority):
        return None
    return (goal.path or "/") + (f"?{goal.query}" if goal.query else "")


def _host(authority: str) -> str:
    return authority.rpartition("@")[2].lower().removesuffix(":80").removesuffix(":443")
