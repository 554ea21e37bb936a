"""The text is what the library itself would say, and others get their turn while it is written."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import exposition as prometheus_text
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.openmetrics import exposition as openmetrics_text
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_prometheus
from prometheus_client.samples import Exemplar as TheirExemplar

from wirelint.sinks.metrics.counts import Spread
from wirelint.sinks.metrics.exposition import Exemplar, Family, Writer

FORMATS = [
    pytest.param(False, prometheus_text.generate_latest, parse_prometheus, id="prometheus"),
    pytest.param(True, openmetrics_text.generate_latest, parse_openmetrics, id="openmetrics"),
]
# Some characters are ends of lines to the parser, whoever wrote them.
WORDS = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]) | st.sampled_from('\\"\n{}=,# '), max_size=20
)
LINK = {"finding_id": "ab", "trace_id": "cd"}


class Registry:
    """Gives families to the library's writers."""

    def __init__(self, *families: Metric) -> None:
        self.families = families

    def collect(self) -> tuple[Metric, ...]:
        return self.families


def spread() -> Spread:
    return Spread((0.1, 2.5), [1, 0, 3], 7.25)


def ours(word: str, value: float) -> list[Family]:
    counts = [((word, ""), abs(value), Exemplar(LINK, 1700.5)), (("", word), 3, None)]
    return [
        Family("a", "counter", "Counts \\ things", ("x", "y"), counts),
        Family("b", "gauge", "Plain", (), [((), value, None)]),
        Family("c_seconds", "histogram", "How long", ("x",), [((word,), spread(), None)]),
        Family("d", "gauge", "Nothing", ("x",), []),
    ]


def theirs(word: str, value: float) -> Registry:
    counter = CounterMetricFamily("a", "Counts \\ things", labels=("x", "y"))
    counter.add_metric((word, ""), abs(value), exemplar=TheirExemplar(LINK, 1.0, 1700.5))
    counter.add_metric(("", word), 3)
    histogram = HistogramMetricFamily("c_seconds", "How long", labels=("x",))
    buckets = list(zip(("0.1", "2.5", "+Inf"), accumulate(spread().counts), strict=True))
    histogram.add_metric((word,), buckets, spread().total)
    gauge = GaugeMetricFamily("b", "Plain", value=value)
    return Registry(counter, gauge, histogram, GaugeMetricFamily("d", "Nothing", labels=("x",)))


@pytest.mark.parametrize(("openmetrics", "write", "parse"), FORMATS)
@given(word=WORDS, value=st.floats(allow_nan=False) | st.integers(-(10**12), 10**12))
def test_it_says_what_the_library_says(
    openmetrics: bool, write: Callable[[Any], bytes], parse: Callable[[str], Any], word: str, value: float
) -> None:
    written = Writer().write(ours(word, value), openmetrics=openmetrics).decode()
    assert list(parse(written)) == list(parse(write(theirs(word, value)).decode()))


def test_what_is_remembered_does_not_show() -> None:
    writer = Writer()
    first = writer.write(ours("w", 1), openmetrics=True)
    assert writer.write(ours("w", 2), openmetrics=True) == first.replace(b"b 1.0", b"b 2.0").replace(
        b"} 1.0 #", b"} 2.0 #"
    )
    assert writer.write(ours("w", 1), openmetrics=True) == first
    assert len(writer._heads) == first.count(b"\n") - 2 * 4 - 1, "one for each line that is no comment"


@pytest.mark.parametrize(
    ("value", "shown"), [(math.inf, "+Inf"), (-math.inf, "-Inf"), (math.nan, "NaN"), (True, "1.0")]
)
def test_odd_numbers(value: float, shown: str) -> None:
    odd = Family("b", "gauge", "B", (), [((), value, None)])
    assert f"b {shown}\n" in Writer().write([odd], openmetrics=False).decode()


def test_exemplars_are_for_openmetrics_alone() -> None:
    assert b"finding_id" in Writer().write(ours("w", 1), openmetrics=True)
    assert b"finding_id" not in Writer().write(ours("w", 1), openmetrics=False)


def test_it_lets_go_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    many = Family("many", "counter", "Many", ("x",), (((str(number),), number, None) for number in range(2000)))
    Writer().write([many], openmetrics=True)
    assert len(pauses) >= 2000 // 200
    assert all(0 < pause < 0.001 for pause in pauses)


def test_several_may_write_at_once() -> None:
    writer = Writer()
    got: list[bytes] = []
    workers = [
        threading.Thread(target=lambda: got.append(writer.write(ours("w", 1), openmetrics=True))) for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(got) == 4
    assert len(set(got)) == 1
