"""Count what the capture layer does."""

from __future__ import annotations

import dataclasses
from bisect import bisect_left
from typing import Final

from wirelint.sinks.metrics.families import Families, counter, gauge, histogram

# All keys exist from the start: readers in other threads may iterate while the loop counts.
DROPPED: Final = ("queue_full", "in_flight_full", "head_too_large", "overload", "lost", "stopped")
SKIPPED: Final = ("refused_request", "proxy_made", "killed", "no_resources", "h2c", "tls", "handshake")
FAULTS: Final = ("capture", "audit", "screen", "sink", "accept")
DELAY_BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Seconds; of the histogram of how late the event loop is."""


@dataclasses.dataclass(slots=True)
class Stats:
    """Plain numbers, written on the event loop, read from anywhere.

    Attributes:
        captured: exchanges that ended and were recorded.
        audited: exchanges that reached the consumer.
        streamed: bodies that were streamed.
        unsampled: exchanges outside the sample, which passed unrecorded.
        hung: requests without a response head after ``wirelint_hang`` seconds, since the start.
        in_flight: exchanges in flight now.
        queue_depth: exchanges recorded and not yet audited.
        held_bytes: octets of bodies held for exchanges in flight or waiting.
        last_tick: when the event loop last ran, in monotonic seconds; 0 before its first run.
        loop_lag: the latest measured event-loop lag in seconds.
        loop_lag_peak: the maximum of ``loop_lag`` since the start.
        loop_delays: how often ``loop_lag`` fell into each bucket of ``DELAY_BOUNDS``; the last one is open.
        loop_delay_sum: the sum of all ``loop_lag``.
        overloaded: whether audits are shed because the event loop lags.
        dropped: exchanges that were not audited, by reason: ``queue_full`` (or no room left), ``in_flight_full``,
            ``head_too_large`` (see ``sources.heads``), ``overload`` (the event loop lagged repeatedly), ``lost`` (their
            connection ended without an event), ``stopped``.
        skipped: exchanges that say nothing about the service, by reason: ``refused_request`` (the proxy itself refused
            the client), ``proxy_made`` (another add-on answered), ``killed``, ``no_resources`` (the proxy had no
            descriptor or memory left to call the service), ``h2c`` and ``tls`` (whole connections that passed unread,
            see ``passthrough``), ``handshake`` (TLS with a client failed).
        faults: internal faults, by the place where they were caught: ``capture``, ``audit``, ``screen``, ``sink``,
            ``accept`` (a client had to wait for a descriptor; once per attempt).
    """

    captured: int = 0
    audited: int = 0
    streamed: int = 0
    unsampled: int = 0
    hung: int = 0
    in_flight: int = 0
    queue_depth: int = 0
    held_bytes: int = 0
    last_tick: float = 0.0
    loop_lag: float = 0.0
    loop_lag_peak: float = 0.0
    loop_delays: list[int] = dataclasses.field(default_factory=lambda: [0] * (len(DELAY_BOUNDS) + 1))
    loop_delay_sum: float = 0.0
    overloaded: bool = False
    dropped: dict[str, int] = dataclasses.field(default_factory=lambda: dict.fromkeys(DROPPED, 0))
    skipped: dict[str, int] = dataclasses.field(default_factory=lambda: dict.fromkeys(SKIPPED, 0))
    faults: dict[str, int] = dataclasses.field(default_factory=lambda: dict.fromkeys(FAULTS, 0))

    def late(self, lag: float) -> None:
        """Note an event-loop lag of so many seconds."""
        self.loop_lag = lag
        self.loop_lag_peak = max(self.loop_lag_peak, lag)
        self.loop_delays[bisect_left(DELAY_BOUNDS, lag)] += 1
        self.loop_delay_sum += lag

    def lines(self) -> list[str]:
        """Return the numbers for a user at a screen, one per line."""
        names = ("captured", "audited", "unsampled", "in_flight", "queue_depth", "hung")
        lines = [f"{name}: {getattr(self, name)}" for name in names]
        for name in ("dropped", "skipped", "faults"):
            lines += [f"{name}, {reason}: {count}" for reason, count in sorted(getattr(self, name).items())]
        return lines


class StatsCollector:
    """Exports the numbers as metrics, as they are at each scrape.

    ``last_tick`` and ``unsampled`` are left out: /healthz uses the first, and the second is counted by service.

    :param stats: the numbers.
    """

    def __init__(self, stats: Stats) -> None:
        self._stats = stats

    def collect(self) -> Families:
        """Yield a family for each number."""
        now = self._stats
        # These are not about a service, so they have no such label.
        skipped = {("", reason): count for reason, count in now.skipped.items()}
        yield counter(
            "skipped", "Exchanges that could not be inspected, or only in part.", skipped, "service", "reason"
        )
        yield counter("dropped", "Exchanges that were not audited.", now.dropped, "reason")
        yield counter("faults", "Internal faults outside rules.", now.faults, "place")
        yield counter("captured_exchanges", "Exchanges that ended and were recorded.", now.captured)
        yield counter("audited_exchanges", "Exchanges that were audited.", now.audited)
        yield counter("streamed_bodies", "Bodies that were streamed.", now.streamed)
        yield counter("hung_requests", "Requests without a response head in time.", now.hung)
        yield gauge("in_flight_exchanges", "Exchanges in flight.", now.in_flight)
        yield gauge("queue_depth", "Recorded exchanges that wait for their audit.", now.queue_depth)
        yield gauge(
            "held_body_bytes",
            "Octets of bodies held for exchanges in flight or waiting for their audit.",
            now.held_bytes,
        )
        yield gauge(
            "overloaded", "1 while exchanges pass unaudited because the event loop lags.", float(now.overloaded)
        )
        yield gauge("event_loop_lag_seconds", "Latest event-loop lag.", now.loop_lag)
        yield gauge("event_loop_lag_peak_seconds", "Largest event-loop lag since the start.", now.loop_lag_peak)
        yield histogram(
            "event_loop_delay_seconds",
            "Event-loop lag, measured twice a second.",
            DELAY_BOUNDS,
            now.loop_delays,
            now.loop_delay_sum,
        )
