"""How much of the documents of services was seen, and who still calls what they deprecate."""

from __future__ import annotations

from wirelint.sinks.coverage import Coverage
from wirelint.sinks.metrics.families import Families, gauge


class ContractFigures:
    """Export the coverage of documents.

    :param coverage: counts it.
    """

    def __init__(self, coverage: Coverage) -> None:
        self._coverage = coverage

    def collect(self) -> Families:
        """Yield the families."""
        services = list(self._coverage.services.items())
        if not services:
            return
        yield gauge(
            "contract_coverage_ratio",
            "Share of the documented answers (operation and status) that was seen since the start.",
            {name: each.ratio for name, each in services},
            "service",
        )
        yield gauge(
            "contract_deprecated_clients",
            "Clients that called a deprecated operation since the start, at most 1,000.",
            {name: float(each.deprecated_clients) for name, each in services},
            "service",
        )
