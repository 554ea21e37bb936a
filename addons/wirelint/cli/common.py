"""Define the options of every command that can fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wirelint.cli import switch_debug
from wirelint.settings.options import option
from wirelint.settings.setup import configured


def common(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--config`` and ``--debug``."""
    debug = option("--debug", is_flag=True, expose_value=False, callback=switch_debug, help="Show tracebacks.")
    return configured(debug(function))
