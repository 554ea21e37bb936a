"""Find signs that another system authenticated the request, or that a value in it may be an unknown credential.

A request without known credentials is anonymous only if nothing in it seems to identify the caller. Gateways that
terminate TLS or check tokens pass the caller's identity on in header fields.
"""

from __future__ import annotations

from wirelint.core.credentials import Sensitivity, carried
from wirelint.core.exchange import Exchange
from wirelint.core.once import once


@once
def may_be_known(exchange: Exchange) -> bool:
    """Return whether fields or cookies may identify the caller, with or without known credentials."""
    return any(each.kind != "content" for each in carried(exchange, Sensitivity.NAMING))
