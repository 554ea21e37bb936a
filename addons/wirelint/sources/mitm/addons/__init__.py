"""The add-ons of the auditor, one job each; ``wirelint.sources.mitm.addon`` combines them."""

from __future__ import annotations

from mitmproxy import ctx


def has_screen() -> bool:
    """Return whether flows are shown, by mitmweb or mitmproxy's console."""
    return ctx.master.addons.get("view") is not None
