"""Names, units and numbers of metrics as OpenTelemetry has them."""

from __future__ import annotations

import pytest

from tools import require_library
from wirelint.sinks.metrics.counts import Spread
from wirelint.sinks.metrics.exposition import Family

points = require_library("wirelint.sinks.otel.points")


@pytest.mark.parametrize(
    ("family", "name", "unit"),
    [
        ("wirelint_exchanges", "wirelint.exchanges", ""),
        ("wirelint_exchange_duration_seconds", "wirelint.exchange_duration", "s"),
        ("wirelint_route_duration_seconds", "http.server.request.duration", "s"),
        ("wirelint_last_finding_timestamp_seconds", "wirelint.last_finding_timestamp", "s"),
        ("wirelint_held_body_bytes", "wirelint.held_body", "By"),
        ("process_cpu_seconds", "process.cpu.time", "s"),
        ("process_resident_memory_bytes", "process.memory.usage", "By"),
    ],
)
def test_names_and_units(family: str, name: str, unit: str) -> None:
    assert points.name_of(family) == (name, unit)


def test_labels_become_attributes() -> None:
    labels = ("service", "method", "code", "verdict")
    assert points.attributes_of(labels, ("shop", "GET", "404", "ok")) == {
        "service.name": "shop",
        "http.request.method": "GET",
        "http.response.status_code": 404,
        "wirelint.verdict": "ok",
    }
    assert "http.response.status_code" not in points.attributes_of(labels, ("shop", "GET", "none", "ok"))


def test_a_histogram_keeps_its_buckets() -> None:
    spread = Spread((0.1, 1.0))
    for value in (0.05, 0.1, 0.5, 7.0):
        spread.observe(value)
    family = Family("wirelint_route_duration_seconds", "histogram", "x", ("service",), [(("shop",), spread, None)])
    (metric,) = points.metrics_of([family], 1, 2)
    (point,) = metric.data.data_points
    assert (point.count, point.sum, list(point.bucket_counts)) == (4, pytest.approx(7.65), [2, 1, 1])
    assert (point.start_time_unix_nano, point.time_unix_nano) == (1, 2)


def test_counters_rise_and_gauges_do_not() -> None:
    rows = [(("a",), 2.0, None), (("b",), 0.5, None)]
    counter, gauge = points.metrics_of(
        [
            Family("wirelint_faults", "counter", "x", ("place",), rows),
            Family("wirelint_series", "gauge", "x", ("of",), rows),
        ],
        1,
        2,
    )
    assert [point.value for point in counter.data.data_points] == [2, 0.5]
    assert counter.data.is_monotonic
    assert not hasattr(gauge.data, "is_monotonic")
