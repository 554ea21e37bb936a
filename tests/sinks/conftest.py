"""What several tests of sinks begin with."""

from __future__ import annotations

import pytest

from lab.audits import RULE, rule
from wirelint.core.finding import Severity
from wirelint.sinks.metrics.registry import Metrics
from wirelint.sources.stats import Stats, StatsCollector


@pytest.fixture
def metrics() -> Metrics:
    """Return metrics of two rules, before any exchange."""
    metrics = Metrics([RULE, rule("other", Severity.HIGH)], mitmproxy="12.2.3")
    metrics.register(StatsCollector(Stats()))
    return metrics
