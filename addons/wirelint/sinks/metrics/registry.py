"""Counts of audited traffic and all other numbers, as Prometheus and OpenMetrics text."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder

from wirelint import __version__
from wirelint.core.audit import Audit
from wirelint.core.rule import STATUS, Rule
from wirelint.rules import catalogue
from wirelint.sinks.metrics.budget import Limits
from wirelint.sinks.metrics.counts import Counts, FindingCount, Labels, Spread
from wirelint.sinks.metrics.exposition import Exemplar, Family, Writer
from wirelint.sinks.metrics.families import Collector

_LABELS: Final = {
    "wirelint_exchanges": ("service", "direction", "method", "code", "verdict", "protocol"),
    "wirelint_findings": ("service", "rule", "side", "method", "route"),
    "wirelint_rule_info": ("rule", "severity", "confidence", "status", "summary"),
    "wirelint_exchange_duration_seconds": ("service", "direction", "code_class"),
    "wirelint_route_duration_seconds": ("service", "method", "route"),
    "wirelint_upstream_failures": ("service", "kind"),
    "wirelint_calls": ("service", "protocol", "operation", "outcome"),
    "wirelint_abandoned_wait_seconds": ("service",),
    "wirelint_first_finding_timestamp_seconds": ("service", "rule"),
    "wirelint_last_finding_timestamp_seconds": ("service", "rule"),
    "wirelint_opportunities": ("rule", "service"),
    "wirelint_skipped": ("service", "reason"),
    "wirelint_suppressed_findings": ("service", "rule"),
    "wirelint_rule_errors": ("rule",),
    "wirelint_label_overflow": ("label",),
    "wirelint_retired": ("of",),
    "wirelint_build_info": ("version", "mitmproxy", "python"),
}
"""Labels by family, in the order of the keys of ``Snapshot``; families that are not here have none."""


class Metrics:
    """Count audits, and show these counts and the numbers of all collectors to Prometheus.

    :param rules: the rules that run.
    :param mitmproxy: version of mitmproxy, empty if there is none.
    :param limits: bounds on labels and series.
    """

    def __init__(self, rules: Iterable[Rule], *, mitmproxy: str = "", limits: Limits | None = None) -> None:
        self._rules = tuple(rules)
        self._mitmproxy = mitmproxy
        # As they are without settings: a label that settings change would begin new series.
        self._own = {rule.id: rule for rule in catalogue()}
        self._counts = Counts(self._rules, limits)
        self._writer = Writer()
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)

    def register(self, collector: Collector) -> None:
        """Show a collector's numbers from now on.

        It may have counters, gauges, and histograms without labels. Families of one name become one; where collectors
        show the same series of a counter or gauge, their numbers are added up: the CPU time of worker processes belongs
        to that of the whole.

        :param collector: its ``collect`` is called at each scrape, from other threads. It is to have few series, as
            only those of traffic are bounded.
        """
        self._registry.register(collector)

    def accept(self, audit: Audit) -> None:
        """Count one exchange. Takes about a microsecond if nothing was found."""
        self._counts.accept(audit)

    def skip(self, service: str, reason: str) -> None:
        """Count an exchange that was not audited."""
        self._counts.skip(service, reason)

    def change_rules(self, rules: Iterable[Rule]) -> None:
        """Count by other rules from now on."""
        self._rules = tuple(rules)
        self._counts.change_rules(self._rules)

    def observe_audit(self, seconds: float) -> None:
        """Count how long an audit took."""
        self._counts.observe_audit(seconds)

    def render(self, accept: str = "") -> tuple[str, bytes]:
        """Return all metrics as text. Takes long if there are many: never call it on an event loop.

        :param accept: the Accept field of the request; decides between Prometheus text and OpenMetrics.
        :returns: content type and content.
        """
        try:
            _, content_type = choose_encoder(accept)
        except (TypeError, ValueError):
            # It compares versions, and "version=x" is none.
            _, content_type = choose_encoder("")
        openmetrics = content_type.startswith("application/openmetrics-text")
        return content_type, self._writer.write(self.families(), openmetrics=openmetrics)

    def families(self) -> Iterator[Family]:
        """Yield all families, as of one moment."""
        others: dict[str, list[Metric]] = {}
        for metric in self._registry.collect():
            others.setdefault(metric.name, []).append(metric)
        for family in self._of_traffic():
            more = others.pop(family.name, None)
            yield family if more is None else _joined(family, more)
        for metrics in others.values():
            first = metrics[0]
            if first.type == "histogram":
                yield Family(first.name, first.type, first.documentation, (), [((), _spread(first), None)])
                continue
            labels = tuple(first.samples[0].labels) if first.samples else ()
            yield _joined(Family(first.name, first.type, first.documentation, labels, ()), metrics)

    def _of_traffic(self) -> Iterator[Family]:
        now = self._counts.snapshot()
        yield _counter("exchanges", "Exchanges by reported status and actual outcome.", now.exchanges)
        yield _findings(now.findings)
        yield self._rule_info()
        yield _histogram(
            "exchange_duration_seconds",
            "Time from the first byte of the request to the end of the response.",
            now.durations.items(),
        )
        yield _histogram(
            "route_duration_seconds",
            "Time of exchanges by route, while there is room for the series.",
            now.routes.items(),
        )
        yield _counter("upstream_failures", "Exchanges that failed between proxy and service.", now.failures)
        yield _counter("calls", "Calls of protocols that report errors in their content, such as GraphQL.", now.calls)
        yield _histogram(
            "abandoned_wait_seconds",
            "Time that clients waited before they left without a response.",
            now.abandoned.items(),
        )
        first = {labels: moment[0] for labels, moment in now.moments.items()}
        last = {labels: moment[1] for labels, moment in now.moments.items()}
        yield _gauge("first_finding_timestamp_seconds", "When a rule first fired at a service.", first)
        yield _gauge("last_finding_timestamp_seconds", "When a rule last fired at a service.", last)
        yield _counter("opportunities", "Exchanges in which a rule could have fired.", now.opportunities)
        yield _counter("skipped", "Exchanges that could not be inspected, or only in part.", now.skipped)
        yield _counter("suppressed_findings", "Findings that the settings accept.", now.suppressed)
        yield _histogram("audit_duration_seconds", "Time to audit an exchange.", [((), now.audit)])
        yield _counter("rule_errors", "Internal faults in a rule.", now.rule_errors)
        yield _counter("label_overflow", "Label values folded into _other because a limit was reached.", now.overflow)
        yield _counter(
            "retired", "Counts of series that were removed, to make room or because routes folded.", now.retired
        )
        yield _gauge("series_limit", "Limit of time series.", {(): now.limit})
        yield _gauge("series", "Time series in use.", {(): now.series})
        versions = (__version__, self._mitmproxy, platform.python_version())
        yield _gauge("build_info", "Versions.", {versions: 1})

    def _rule_info(self) -> Family:
        rows: dict[Labels, float] = {
            (rule.id, str(rule.severity), str(rule.confidence), STATUS, rule.summary): 1.0
            for rule in (self._own.get(rule.id, rule) for rule in self._rules)
        }
        return _gauge("rule_info", "The rules that run.", rows)


def _spread(metric: Metric) -> Spread:
    """Return a collector's histogram without labels."""
    below = {float(each.labels["le"]): int(each.value) for each in metric.samples if each.name.endswith("_bucket")}
    bounds = sorted(below)
    counts = [high - low for low, high in pairwise((0, *(below[bound] for bound in bounds)))]
    total = next(each.value for each in metric.samples if each.name.endswith("_sum"))
    return Spread(tuple(bounds[:-1]), counts, total)


def _joined(family: Family, metrics: Iterable[Metric]) -> Family:
    """Return a family with the samples of counters and gauges of its name."""
    sums: dict[Labels, float] = {values: value for values, value, _ in family.rows if not isinstance(value, Spread)}
    for metric in metrics:
        for sample in metric.samples:
            values = tuple(sample.labels.get(name, "") for name in family.labels)
            sums[values] = sums.get(values, 0.0) + sample.value
    return family._replace(rows=[(values, value, None) for values, value in sums.items()])


def _counter(name: str, text: str, rows: Mapping[Labels, float]) -> Family:
    return _family(name, "counter", text, ((labels, value, None) for labels, value in rows.items()))


def _findings(rows: Mapping[Labels, FindingCount]) -> Family:
    counted = (
        (labels, found.count, None if found.exemplar is None else Exemplar(found.exemplar, found.at))
        for labels, found in rows.items()
    )
    return _family("findings", "counter", "Findings of rules.", counted)


def _gauge(name: str, text: str, rows: Mapping[Labels, float]) -> Family:
    return _family(name, "gauge", text, ((labels, value, None) for labels, value in rows.items()))


def _histogram(name: str, text: str, rows: Iterable[tuple[Labels, Spread]]) -> Family:
    return _family(name, "histogram", text, ((labels, spread, None) for labels, spread in rows))


def _family(name: str, kind: str, text: str, rows: Iterable[tuple[Labels, float | Spread, Exemplar | None]]) -> Family:
    name = f"wirelint_{name}"
    return Family(name, kind, text, _LABELS.get(name, ()), rows)
