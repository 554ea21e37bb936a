"""What is accepted is counted where it cannot be seen."""

from __future__ import annotations

from lab.audits import RULE, audit, finding, rule
from wirelint.sinks.metrics.registry import Metrics


def test_suppressed_findings_are_counted_by_service_and_rule() -> None:
    metrics = Metrics([RULE, rule("other")])
    metrics.accept(audit(suppressed=(finding("other"), finding("other"))))
    metrics.accept(audit())
    lines = metrics.render()[1].decode().splitlines()
    assert 'wirelint_suppressed_findings_total{rule="other",service="shop"} 2.0' in lines
    assert not any(line.startswith("wirelint_findings_total") and not line.endswith(" 0.0") for line in lines)
