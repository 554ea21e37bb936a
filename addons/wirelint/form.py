"""Which form of wirelint runs: compiled, or not."""

from __future__ import annotations

from importlib.util import find_spec


def compiled() -> bool:
    """Whether the engine is the compiled one. It need not be loaded for that."""
    found = find_spec("wirelint.core.engine")
    return found is not None and not (found.origin or "").endswith(".py")
