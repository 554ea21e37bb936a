"""Write metrics as text in slices, between which other threads run.

CPython runs one thread at a time, and a computing thread delays all others by some milliseconds, again and again. So a
scrape of ten thousand series would delay each exchange several times. Here the thread yields by itself, and everything
except the numbers, which does not change from scrape to scrape, is computed once.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Final, NamedTuple

from wirelint.sinks.metrics.counts import Labels, Spread

_SLICE: Final = 128
"""Lines per slice: a fraction of a millisecond."""

_PAUSE: Final = 0.0002
"""Seconds; long enough that a waiting thread is the next to run."""


class Exemplar(NamedTuple):
    """An event of a counter: its labels, and its time in Unix seconds."""

    labels: Mapping[str, str]
    at: float


class Family(NamedTuple):
    """A metric with all of its series.

    ``name`` is without the suffixes that the names of samples have; ``kind`` is ``counter``, ``gauge`` or
    ``histogram``. Each row has values of ``labels``, a number (a ``Spread`` for histograms), and an event behind it.
    """

    name: str
    kind: str
    text: str
    labels: Sequence[str]
    rows: Iterable[tuple[Labels, float | Spread, Exemplar | None]]


class Writer:
    """Write families, and keep the heads of their lines for the next time: as many as there are series."""

    def __init__(self) -> None:
        self._heads: dict[tuple[str, Labels], str] = {}

    def write(self, families: Iterable[Family], *, openmetrics: bool) -> bytes:
        """Return the families in Prometheus' text format 0.0.4, or as OpenMetrics 1.0 with exemplars.

        May be called from several threads at once.
        """
        pieces: list[str] = []
        for number, line in enumerate(self._lines(families, openmetrics=openmetrics), start=1):
            pieces.append(line)
            if number % _SLICE == 0:
                time.sleep(_PAUSE)
        if openmetrics:
            pieces.append("# EOF\n")
        return "".join(pieces).encode()

    def _lines(self, families: Iterable[Family], *, openmetrics: bool) -> Iterator[str]:
        for family in families:
            sample = f"{family.name}_total" if family.kind == "counter" else family.name
            # The older format names a counter by its samples.
            name = family.name if openmetrics else sample
            yield f"# HELP {name} {_escaped(family.text)}\n# TYPE {name} {family.kind}\n"
            for values, value, exemplar in family.rows:
                if isinstance(value, Spread):
                    yield from self._buckets(family, values, value)
                    continue
                head = self._head(sample, family.labels, values)
                if exemplar is None or not openmetrics:
                    yield f"{head}{_number(value)}\n"
                else:
                    said = _labels(exemplar.labels, exemplar.labels.values()) or "{}"
                    yield f"{head}{_number(value)} # {said} 1.0 {exemplar.at}\n"

    def _buckets(self, family: Family, values: Labels, spread: Spread) -> Iterator[str]:
        name, labels = f"{family.name}_bucket", (*family.labels, "le")
        below = list(accumulate(spread.counts))
        for bound, count in zip((*spread.bounds, math.inf), below, strict=True):
            yield f"{self._head(name, labels, (*values, _number(bound)))}{_number(count)}\n"
        yield f"{self._head(f'{family.name}_count', family.labels, values)}{_number(below[-1])}\n"
        yield f"{self._head(f'{family.name}_sum', family.labels, values)}{_number(spread.total)}\n"

    def _head(self, name: str, labels: Sequence[str], values: Labels) -> str:
        key = (name, values)
        head = self._heads.get(key)
        if head is None:
            head = self._heads[key] = f"{name}{_labels(labels, values)} "
        return head


def _labels(names: Iterable[str], values: Iterable[str]) -> str:
    pairs = sorted(zip(names, values, strict=True))
    shown = ",".join(f'{name}="{_escaped(value)}"' for name, value in pairs)
    return f"{{{shown}}}" if shown else ""


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _number(value: float) -> str:
    if math.isfinite(value):
        return repr(float(value))
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
