"""What collectors return."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Protocol

# Commands that expose no metrics load collectors, too, and need not wait for the library.
if TYPE_CHECKING:
    from prometheus_client.core import Metric

Rows = float | Mapping[str, int] | Mapping[tuple[str, str], int] | Mapping[str, float]


type Families = Iterator[Metric]


class Collector(Protocol):
    """Something that has numbers."""

    def collect(self) -> Families:
        """Return the numbers of this moment. Called by threads other than the one that counts."""


def counter(name: str, text: str, value: Rows, *labels: str) -> Metric:
    """Return a counter, or several that differ in their labels.

    :param name: behind ``wirelint_``, without ``_total``; names of ``process_`` metrics in full.
    :param text: the help text.
    :param value: its number; with labels, the numbers by the values of these.
    :param labels: names of labels.
    """
    from prometheus_client.core import CounterMetricFamily  # noqa: PLC0415 - see above

    family = CounterMetricFamily(_full(name), text, labels=labels)
    for values, number in _rows(value):
        family.add_metric(values, number)
    return family


def gauge(name: str, text: str, value: Rows, *labels: str) -> Metric:
    """Return a gauge, or several; see ``counter``."""
    from prometheus_client.core import GaugeMetricFamily  # noqa: PLC0415 - see above

    family = GaugeMetricFamily(_full(name), text, labels=labels)
    for values, number in _rows(value):
        family.add_metric(values, number)
    return family


def histogram(name: str, text: str, bounds: Sequence[float], counts: Sequence[int], total: float) -> Metric:
    """Return a histogram without labels.

    :param bounds: upper bounds of the buckets but the last, which is open.
    :param counts: values in each bucket, the open one included.
    :param total: the sum of all values.
    """
    from prometheus_client.core import HistogramMetricFamily  # noqa: PLC0415 - see above

    below = zip((*map(str, bounds), "+Inf"), accumulate(counts), strict=True)
    return HistogramMetricFamily(_full(name), text, buckets=list(below), sum_value=total)


def _full(name: str) -> str:
    return name if name.startswith("process_") else f"wirelint_{name}"


def _rows(value: Rows) -> Iterable[tuple[Sequence[str], float]]:
    if not isinstance(value, Mapping):
        return [((), value)]
    return [((key,) if isinstance(key, str) else key, number) for key, number in value.items()]
