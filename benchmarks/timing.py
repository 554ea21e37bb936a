"""What is timed, and how."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence

from wirelint import policy
from wirelint.config import Config
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange
from wirelint.core.scoped import engine_for
from wirelint.rules import catalogue


def fresh() -> Engine:
    """An engine as ``wirelint proxy`` has it where nothing is set."""
    return engine_for(policy.build(catalogue(), policy.Wanted(), Config(), now=time.time()))


def microseconds(audit: Callable[[Exchange], object], exchanges: Sequence[Exchange]) -> float:
    """How long ``audit`` takes for all of ``exchanges``."""
    gc.disable()
    try:
        begun = time.perf_counter()
        for exchange in exchanges:
            audit(exchange)
        return (time.perf_counter() - begun) * 1e6
    finally:
        gc.enable()
