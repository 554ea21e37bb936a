"""Measure the cost of a scrape: ``python -m benchmarks.scrape`` prints series, octets and time by findings.

One service, as beside a pod: six pairs of method and status of a JSON service, all rules with an opportunity, and
findings of each chosen rule on each chosen route, which is the maximum.
"""

from __future__ import annotations

import gzip
import itertools
import statistics
import time
from collections.abc import Iterator, Sequence
from typing import Final

from wirelint.core.audit import Audit
from wirelint.core.exchange import Direction, Exchange, Request, Response
from wirelint.core.finding import Confidence, Finding, Side, fingerprint
from wirelint.core.media import Kind
from wirelint.core.plan import Bound, Plan
from wirelint.core.rule import Context, Rule
from wirelint.core.verdict import Verdict
from wirelint.rules import catalogue
from wirelint.settings.selection import select
from wirelint.sinks.metrics.registry import Metrics
from wirelint.sources.stats import Stats, StatsCollector

OPENMETRICS: Final = "application/openmetrics-text;version=1.0.0"
"""The format that Prometheus prefers."""

_SERVICE: Final = "shop"
_TRAFFIC: Final = (
    ("GET", 200, Verdict.OK),
    ("GET", 404, Verdict.CLIENT_ERROR),
    ("POST", 201, Verdict.OK),
    ("POST", 400, Verdict.CLIENT_ERROR),
    ("POST", 200, Verdict.SERVER_ERROR),
    ("GET", 500, Verdict.SERVER_ERROR),
)
_LEVEL: Final = 4  # as the server compresses


def filled(rules: Sequence[Rule], firing: int, routes: int) -> Metrics:
    """Return metrics of one service on which the first ``firing`` rules fired on ``routes`` routes."""
    metrics = Metrics(rules, mitmproxy="12.2.3")
    metrics.register(StatsCollector(Stats()))
    plan = Plan.of([Bound(rule, Context()) for rule in rules], (404, "GET", Kind.JSON))
    for number, (method, status, verdict) in enumerate(_TRAFFIC):
        exchange = Exchange(
            request=Request(method=method, target="/"),
            response=Response(status=status),
            failure=None,
            service=_SERVICE,
            id=f"e-{number}",
            started=0.0,
            ended=0.02,
            timestamp=1.7e9,
        )
        findings = _findings(rules[:firing], routes) if number == 0 else ()
        metrics.accept(Audit(exchange, verdict, tuple(findings), plan, None, (), ()))
        metrics.observe_audit(6e-5)
    return metrics


def _findings(rules: Sequence[Rule], routes: int) -> Iterator[Finding]:
    for rule, number in itertools.product(rules, range(routes)):
        route = f"/api/v1/resource-{number}/{{id}}"
        yield Finding(
            rule=rule.id,
            severity=rule.severity,
            confidence=Confidence.STRONG,
            side=Side.SERVER,
            service=_SERVICE,
            direction=Direction.INBOUND,
            method="GET",
            route=route,
            status=200,
            verdict=Verdict.OK,
            suggested_status=None,
            message="",
            evidence="",
            fingerprint=fingerprint(_SERVICE, "GET", route, rule.id, ""),
            exchange_id="e-0",
            trace_id="0af7651916cd43dd8448eb211c80319c",
            timestamp=1.7e9,
            origin=None,
        )


def series(text: bytes) -> int:
    """Return the number of samples in a scrape; each is a series in Prometheus."""
    return sum(1 for line in text.splitlines() if line and not line.startswith(b"#"))


def row(rules: Sequence[Rule], firing: int, routes: int, rounds: int = 15) -> str:
    """Return a row of the table; times are medians, in milliseconds."""
    metrics = filled(rules, firing, routes)
    times: dict[str, list[float]] = {"render": [], "gzip": []}
    text = small = b""
    for _ in range(rounds):
        begun = time.perf_counter()
        _, text = metrics.render(OPENMETRICS)
        rendered = time.perf_counter()
        small = gzip.compress(text, compresslevel=_LEVEL, mtime=0)
        times["render"].append(rendered - begun)
        times["gzip"].append(time.perf_counter() - rendered)
    render, squeeze = (1000 * statistics.median(times[name]) for name in ("render", "gzip"))
    cells = (firing, routes, f"{series(text):,}", f"{len(text) / 1000:,.0f}", f"{len(small) / 1000:,.1f}")
    return "| " + " | ".join(map(str, (*cells, f"{render:.1f}", f"{squeeze:.1f}"))) + " |"


def main() -> None:
    """Print the table."""
    rules = select(catalogue())
    print(f"{len(rules)} rules\n")
    print("| rules firing | routes | series | kB | kB gzip | ms to render | ms to compress |")
    print("|--:|--:|--:|--:|--:|--:|--:|")
    for firing, routes in ((0, 0), (1, 10), (5, 10), (20, 10), (1, 100), (5, 100), (20, 100)):
        print(row(rules, firing, routes))


if __name__ == "__main__":
    main()
