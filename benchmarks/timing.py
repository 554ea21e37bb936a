"""Time audits."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence

from wirelint.core.audit import Audit
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange
from wirelint.rules import catalogue
from wirelint.settings.selection import select
from wirelint.sinks.journal import Journal
from wirelint.sinks.metrics.registry import Metrics


def fresh() -> Engine:
    """Return the engine of ``wirelint proxy`` with default settings."""
    return Engine(select(catalogue()))


def counted(engine: Engine) -> Callable[[Exchange], Audit]:
    """Return a function that audits an exchange and passes the result to metrics and journal, as for live traffic."""
    metrics, journal = Metrics(engine.rules), Journal()

    def consume(exchange: Exchange) -> Audit:
        audit = engine.audit(exchange)
        metrics.accept(audit)
        journal.accept(audit)
        return audit

    return consume


def microseconds(audit: Callable[[Exchange], object], exchanges: Sequence[Exchange]) -> float:
    """Return the microseconds that ``audit`` takes for all of ``exchanges``."""
    gc.disable()
    try:
        begun = time.perf_counter()
        for exchange in exchanges:
            audit(exchange)
        return (time.perf_counter() - begun) * 1e6
    finally:
        gc.enable()
