"""Find signs that somebody else established who sent a request, or that something in it may be a credential after all.

To claim that a request was anonymous takes more than the lack of known credentials: nothing in it may even look as if
it named the caller. Gateways that end TLS or check tokens hand on whom they let in, by fields.
"""

from __future__ import annotations

from wirelint.core.credentials import Sensitivity, carried
from wirelint.core.exchange import Exchange
from wirelint.core.once import once


@once
def may_be_known(exchange: Exchange) -> bool:
    """Return whether fields or cookies may tell the service who the caller is, known credentials or not."""
    return any(each.kind != "content" for each in carried(exchange, Sensitivity.NAMING))
