"""Families of metrics → the SDK's data, under names of the semantic conventions where there are any."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    Sum,
)

from wirelint.sinks.metrics.counts import Spread
from wirelint.sinks.metrics.exposition import Family

NAMES: Final[Mapping[str, str]] = {
    "wirelint_route_duration_seconds": "http.server.request.duration",
    "process_cpu_seconds": "process.cpu.time",
    "process_resident_memory_bytes": "process.memory.usage",
    "process_virtual_memory_bytes": "process.memory.virtual",
    "process_open_fds": "process.open_file_descriptor.count",
}
"""Metrics that the semantic conventions know. The first is HTTP's, from the proxy's view of the service, by route."""

ATTRIBUTES: Final[Mapping[str, str]] = {
    "service": "service.name",
    "method": "http.request.method",
    "code": "http.response.status_code",
    "route": "http.route",
}
"""Labels that the semantic conventions know. ``service.name`` of a data point is the audited service."""

_UNITS: Final = (("_timestamp_seconds", "s"), ("_seconds", "s"), ("_bytes", "By"))
_CUMULATIVE: Final = AggregationTemporality.CUMULATIVE

Attributes = dict[str, str | int]


def metrics_of(families: Iterable[Family], start: int, now: int) -> Iterator[Metric]:
    """Yield a metric for each family.

    :param start: since when counters count, in Unix nanoseconds.
    :param now: Unix nanoseconds.
    """
    for family in families:
        points = [_point(attributes_of(family.labels, values), value, start, now) for values, value, _ in family.rows]
        numbers = [point for point in points if isinstance(point, NumberDataPoint)]
        spreads = [point for point in points if isinstance(point, HistogramDataPoint)]
        name, unit = name_of(family.name)
        if spreads:
            yield Metric(name, family.text, unit, Histogram(spreads, _CUMULATIVE))
        elif not numbers:
            continue
        elif family.kind == "counter":
            yield Metric(name, family.text, unit or "1", Sum(numbers, _CUMULATIVE, is_monotonic=True))
        else:
            yield Metric(name, family.text, unit or "1", Gauge(numbers))


def name_of(family: str) -> tuple[str, str]:
    """Return the metric's name, and its unit (UCUM) or nothing."""
    unit = ""
    name = family
    for ending, each in _UNITS:
        if family.endswith(ending):
            name, unit = family.removesuffix(ending if ending != "_timestamp_seconds" else "_seconds"), each
            break
    return NAMES.get(family) or name.replace("wirelint_", "wirelint.", 1).replace("process_", "process.", 1), unit


def attributes_of(labels: Iterable[str], values: Iterable[str]) -> Attributes:
    """Return the attributes of a data point by the labels of a series."""
    found: Attributes = {}
    for label, value in zip(labels, values, strict=True):
        name = ATTRIBUTES.get(label) or f"wirelint.{label}"
        if label == "code":
            if value.isdigit():
                found[name] = int(value)
            continue  # without a response there is no status code
        found[name] = value
    return found


def _point(attributes: Attributes, value: float | Spread, start: int, now: int) -> NumberDataPoint | HistogramDataPoint:
    if not isinstance(value, Spread):
        number = int(value) if float(value).is_integer() else value
        return NumberDataPoint(attributes, start, now, number)
    return HistogramDataPoint(
        attributes=attributes,
        start_time_unix_nano=start,
        time_unix_nano=now,
        count=sum(value.counts),
        sum=value.total,
        bucket_counts=list(value.counts),
        explicit_bounds=list(value.bounds),
        min=None,  # type: ignore[arg-type, unused-ignore]  # neither is known, and the protocol lets both be left out
        max=None,  # type: ignore[arg-type, unused-ignore]
    )
