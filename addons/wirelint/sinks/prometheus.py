"""Counts as Prometheus and OpenMetrics text."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, Protocol

from prometheus_client import ProcessCollector
from prometheus_client.exposition import choose_encoder

from wirelint import __version__
from wirelint.core.audit import Audit
from wirelint.core.rule import STATUS, Rule
from wirelint.sinks.budget import Limits
from wirelint.sinks.counts import Counts, Found, Labels, Spread
from wirelint.sinks.exposition import Exemplar, Family, Writer


class ProxyStats(Protocol):
    """What the proxy counts about itself; read while it goes on counting."""

    @property
    def captured(self) -> int:
        """Exchanges that ended and were recorded."""

    @property
    def audited(self) -> int:
        """Exchanges that were audited."""

    @property
    def streamed(self) -> int:
        """Bodies that were passed on piece by piece."""

    @property
    def overloaded(self) -> bool:
        """Whether audits are being shed."""

    @property
    def hung(self) -> int:
        """Requests without a response head in time."""

    @property
    def in_flight(self) -> int:
        """Exchanges going on now."""

    @property
    def queue_depth(self) -> int:
        """Exchanges recorded and not yet audited."""

    @property
    def held_bytes(self) -> int:
        """Octets of bodies held."""

    @property
    def loop_lag(self) -> float:
        """Seconds by which the event loop was late when last looked at."""

    @property
    def loop_lag_peak(self) -> float:
        """The most of ``loop_lag`` ever."""

    @property
    def dropped(self) -> Mapping[str, int]:
        """Exchanges that were not audited, by reason."""

    @property
    def skipped(self) -> Mapping[str, int]:
        """Exchanges that say nothing about a service, by reason."""

    @property
    def faults(self) -> Mapping[str, int]:
        """Faults of our own, by place."""


class LogStats(Protocol):
    """What a log of findings counts about itself."""

    @property
    def written(self) -> int:
        """Lines that were written."""

    @property
    def lost(self) -> Mapping[str, int]:
        """Lines that were not, by reason."""


class Crew(Protocol):
    """The processes that carry the traffic, where they are others than this one."""

    @property
    def living(self) -> int:
        """How many there are."""

    @property
    def restarts(self) -> int:
        """How many took the place of one that died."""

    @property
    def cpu_seconds(self) -> float:
        """Processor time of all that ever were."""

    @property
    def resident_bytes(self) -> int:
        """Memory of those that are there."""

    @property
    def descriptors(self) -> int:
        """Files that they have open."""


_LABELS: Final = {
    "wirelint_exchanges": ("service", "direction", "method", "code", "verdict"),
    "wirelint_findings": ("service", "rule", "severity", "method", "route"),
    "wirelint_rule_info": ("rule", "severity", "confidence", "status", "summary"),
    "wirelint_exchange_duration_seconds": ("service", "direction", "code_class"),
    "wirelint_upstream_failures": ("service", "kind"),
    "wirelint_first_finding_timestamp_seconds": ("service", "rule"),
    "wirelint_last_finding_timestamp_seconds": ("service", "rule"),
    "wirelint_opportunities": ("rule", "service"),
    "wirelint_skipped": ("service", "reason"),
    "wirelint_suppressed_findings": ("service", "rule"),
    "wirelint_rule_errors": ("rule",),
    "wirelint_dropped": ("reason",),
    "wirelint_log_lost": ("reason",),
    "wirelint_faults": ("place",),
    "wirelint_label_overflow": ("label",),
    "wirelint_probes": ("service", "outcome"),
    "wirelint_remembered": ("memory",),
    "wirelint_build_info": ("version", "mitmproxy", "python"),
}
"""Labels by family, in the order of the keys of ``Snapshot``; families that are not here have none."""


class Metrics:
    """Counts audits and shows the counts to Prometheus.

    :param rules: the rules that run.
    :param mitmproxy: version of mitmproxy, empty where there is none.
    :param stats: what the proxy counts about itself; may be set later through the attribute.
    :param limits: bounds on labels and series.

    Attributes that may be set at any time: ``stats``; ``log``, what the log of findings counts; ``loaded``, whether the
    configuration could be used when it was last read, and when it last could (Unix seconds); ``remembered``, how much
    the engine remembers, by memory; ``probes``, active checks by service and outcome; ``crew``, further processes,
    which what is said of the process includes.
    """

    def __init__(
        self,
        rules: Iterable[Rule],
        *,
        mitmproxy: str = "",
        stats: ProxyStats | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.stats = stats
        self.log: LogStats | None = None
        self.crew: Crew | None = None
        self.loaded = (True, time.time())
        self.remembered: Callable[[], Mapping[str, int]] = dict
        self.probes: Mapping[tuple[str, str], int] = {}
        self._rules = tuple(rules)
        self._mitmproxy = mitmproxy
        self._counts = Counts(self._rules, limits)
        self._writer = Writer()
        self._process = ProcessCollector(registry=None)

    def accept(self, audit: Audit) -> None:
        """Count one exchange. Takes about a microsecond where nothing was found."""
        self._counts.accept(audit)

    def skip(self, service: str, reason: str) -> None:
        """Count an exchange that was not audited."""
        self._counts.skip(service, reason)

    def change_rules(self, rules: Iterable[Rule]) -> None:
        """Have other rules run from now on."""
        self._rules = tuple(rules)
        self._counts.change_rules(self._rules)

    def observe_audit(self, seconds: float) -> None:
        """Note how long an audit took."""
        self._counts.observe_audit(seconds)

    def render(self, accept: str = "") -> tuple[str, bytes]:
        """All metrics as text. Takes long when there are many, so it is never to be called on an event loop.

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
        """All families, as of one moment."""
        now = self._counts.snapshot()
        yield _counter("exchanges", "Exchanges, by what their status reports and by what happened.", now.exchanges)
        yield _findings(now.findings)
        yield self._rule_info()
        yield _histogram(
            "exchange_duration_seconds", "From the first byte of the request to the end.", now.durations.items()
        )
        yield _counter("upstream_failures", "Exchanges that failed between proxy and service.", now.failures)
        first = {labels: moment[0] for labels, moment in now.moments.items()}
        last = {labels: moment[1] for labels, moment in now.moments.items()}
        yield _gauge("first_finding_timestamp_seconds", "When a rule first fired at a service.", first)
        yield _gauge("last_finding_timestamp_seconds", "When a rule last fired at a service.", last)
        yield _counter("opportunities", "Exchanges in which a rule could have fired.", now.opportunities)
        skipped = dict(now.skipped)
        if self.stats is not None:
            # These say nothing about a service, so they name none.
            skipped.update({("", reason): count for reason, count in self.stats.skipped.items()})
        yield _counter("skipped", "Exchanges that could not be inspected, or not in full.", skipped)
        yield _counter("suppressed_findings", "Findings that are accepted, and so not shown.", now.suppressed)
        yield _histogram("audit_duration_seconds", "Time taken to audit an exchange.", [((), now.audit)])
        yield _counter("rule_errors", "Faults of our own, in a rule.", now.rule_errors)
        yield _counter("label_overflow", "Label values folded to _other for want of room.", now.overflow)
        yield _gauge("series", "Time series in use, of those that the limit allows.", {(): now.series})
        versions = (__version__, self._mitmproxy, platform.python_version())
        yield _gauge("build_info", "Versions.", {versions: 1})
        sizes: dict[Labels, float] = {(name,): size for name, size in self.remembered().items()}
        yield _gauge("remembered", "What is kept of earlier exchanges, by memory.", sizes)
        probes: dict[Labels, float] = {labels: count for labels, count in self.probes.items()}  # noqa: C416 - for its type
        if probes:
            yield _counter("probes", "Requests sent again to check credentials, by outcome.", probes)
        good, since = self.loaded
        yield _gauge("config_last_reload_successful", "Whether the configuration read last is in force.", {(): good})
        yield _gauge(
            "config_last_reload_success_timestamp_seconds", "When a configuration last came into force.", {(): since}
        )
        if self.log is not None:
            yield _counter("log_lines", "Lines written to the log of findings.", {(): self.log.written})
            yield _counter("log_lost", "Lines that could not be written to it.", _rows(self.log.lost))
        if self.stats is not None:
            yield from _of_proxy(self.stats)
        if self.crew is not None:
            yield _gauge("workers", "Processes that carry traffic.", {(): self.crew.living})
            yield _counter("worker_restarts", "Workers that took the place of dead ones.", {(): self.crew.restarts})
        others = {} if self.crew is None else _of_crew(self.crew)
        for family in self._process.collect():
            more = others.get(family.name, 0)
            rows = [((), sample.value + more, None) for sample in family.samples]
            yield Family(family.name, family.type, family.documentation, (), rows)

    def _rule_info(self) -> Family:
        rows: dict[Labels, float] = {
            (rule.id, str(rule.severity), str(rule.confidence), STATUS, rule.summary): 1.0 for rule in self._rules
        }
        return _gauge("rule_info", "The rules that run.", rows)


def _of_proxy(stats: ProxyStats) -> Iterator[Family]:
    yield _counter("dropped", "Exchanges that were not audited.", _rows(stats.dropped))
    yield _counter("faults", "Faults of our own, outside rules.", _rows(stats.faults))
    for name, text, count in (
        ("captured_exchanges", "Exchanges that ended and were recorded.", stats.captured),
        ("audited_exchanges", "Exchanges that were audited.", stats.audited),
        ("streamed_bodies", "Bodies that were passed on piece by piece.", stats.streamed),
        ("hung_requests", "Requests that had no response head in time.", stats.hung),
    ):
        yield _counter(name, text, {(): count})
    for name, text, value in (
        ("in_flight_exchanges", "Exchanges going on now.", stats.in_flight),
        ("queue_depth", "Exchanges recorded and not yet audited.", stats.queue_depth),
        ("held_body_bytes", "Octets of bodies held for exchanges in flight or waiting.", stats.held_bytes),
        ("overloaded", "Whether exchanges pass unaudited because the event loop is late.", float(stats.overloaded)),
        ("event_loop_lag_seconds", "By how much the event loop was late when last looked at.", stats.loop_lag),
        ("event_loop_lag_peak_seconds", "The most the event loop was ever late.", stats.loop_lag_peak),
    ):
        yield _gauge(name, text, {(): value})


def _of_crew(crew: Crew) -> Mapping[str, float]:
    return {
        "process_cpu_seconds": crew.cpu_seconds,
        "process_resident_memory_bytes": crew.resident_bytes,
        "process_open_fds": crew.descriptors,
    }


def _rows(counts: Mapping[str, int]) -> dict[Labels, float]:
    return {(name,): count for name, count in counts.items()}


def _counter(name: str, text: str, rows: Mapping[Labels, float]) -> Family:
    return _family(name, "counter", text, ((labels, value, None) for labels, value in rows.items()))


def _findings(rows: Mapping[Labels, Found]) -> Family:
    counted = (
        (labels, found.count, None if found.exemplar is None else Exemplar(found.exemplar, found.at))
        for labels, found in rows.items()
    )
    return _family("findings", "counter", "Rules that fired.", counted)


def _gauge(name: str, text: str, rows: Mapping[Labels, float]) -> Family:
    return _family(name, "gauge", text, ((labels, value, None) for labels, value in rows.items()))


def _histogram(name: str, text: str, rows: Iterable[tuple[Labels, Spread]]) -> Family:
    return _family(name, "histogram", text, ((labels, spread, None) for labels, spread in rows))


def _family(name: str, kind: str, text: str, rows: Iterable[tuple[Labels, float | Spread, Exemplar | None]]) -> Family:
    name = f"wirelint_{name}"
    return Family(name, kind, text, _LABELS.get(name, ()), rows)
