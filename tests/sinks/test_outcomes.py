"""The figures of the page and those of PromQL count the same."""

from __future__ import annotations

import itertools
import re

import pytest

from lab.audits import audit
from lab.prom import total
from wirelint.core.exchange import FailureKind
from wirelint.core.verdict import Verdict
from wirelint.monitoring.promql import KINDS
from wirelint.sinks.journal import Journal
from wirelint.sinks.metrics.registry import Metrics
from wirelint.sinks.outcomes import is_abandoned, kinds

MATCHER = re.compile(r'(\w+)(=~|!=|=)"([^"]*)"')
CODES = {0: "none", 2: "200", 3: "302", 4: "404", 5: "503"}


def selected(matchers: str, labels: dict[str, str]) -> bool:
    return all(
        (re.fullmatch(value, labels[name]) is not None if way == "=~" else (labels[name] == value) == (way == "="))
        for name, way, value in MATCHER.findall(matchers)
    )


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_both_count_the_same(kind: str) -> None:
    for (status, code), verdict, protocol in itertools.product(CODES.items(), Verdict, ("http", "jsonrpc")):
        labels = {"code": code, "verdict": str(verdict), "protocol": protocol}
        assert (kind in kinds(status, verdict, protocol)) == selected(KINDS[kind], labels), labels


@pytest.mark.parametrize(
    ("failure", "status", "sending", "abandoned"),
    [
        (FailureKind.CLIENT_GONE, None, False, True),
        (FailureKind.CLIENT_GONE, None, True, False),
        (FailureKind.CLIENT_GONE, 200, False, False),
        (FailureKind.TIMEOUT, None, False, False),
        (None, 200, False, False),
    ],
)
def test_abandoned_is_the_same_for_page_and_metrics(
    failure: FailureKind | None, status: int | None, sending: bool, abandoned: bool
) -> None:
    left = audit(status=status, verdict=Verdict.UNKNOWN, failure=failure, sending=sending, seconds=4.0)
    journal, metrics = Journal(), Metrics([])
    journal.accept(left)
    metrics.accept(left)
    assert is_abandoned(left.exchange) == abandoned
    assert (journal.services()["totals"]["abandoned"], journal.services()["totals"]["waited"]) == (
        (1, 4.0) if abandoned else (0, 0.0)
    )
    assert total(metrics, "abandoned_wait_seconds_count", service="shop") == abandoned
    assert total(metrics, "abandoned_wait_seconds_sum", service="shop") == (4.0 if abandoned else 0)
