"""Detect errors in successful responses, in data or pages."""

from __future__ import annotations

from wirelint.core.exchange import Exchange
from wirelint.core.once import once
from wirelint.evidence.envelope import Grade, envelope
from wirelint.evidence.pages import error_page


@once
def holds_error(exchange: Exchange) -> bool:
    """Return whether the content is certainly an error: a marked one with its explanation, or an error page."""
    found = envelope(exchange)
    return (found is not None and found.grade > Grade.WEAK) or error_page(exchange) is not None
