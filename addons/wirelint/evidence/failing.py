"""Whether a success holds an error, be it data or a page."""

from __future__ import annotations

from wirelint.core.exchange import Exchange
from wirelint.core.once import once
from wirelint.evidence.envelope import Grade, envelope
from wirelint.evidence.pages import error_page


@once
def holds_error(exchange: Exchange) -> bool:
    """Whether the response's content is an error beyond doubt: an envelope with its explanation, or an error page."""
    found = envelope(exchange)
    return (found is not None and found.grade > Grade.WEAK) or error_page(exchange) is not None
