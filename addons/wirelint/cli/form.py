"""The form of wirelint that runs: compiled or not."""

from __future__ import annotations

from importlib.util import find_spec


def compiled() -> bool:
    """Return whether the engine is the compiled one, without loading it."""
    found = find_spec("wirelint.core.engine")
    return found is not None and not (found.origin or "").endswith(".py")
