"""What the capture layer counts about itself."""

from __future__ import annotations

import dataclasses
from typing import Final

# All there are, and all there from the start: readers in other threads may iterate while the loop counts.
DROPPED: Final = ("queue_full", "in_flight_full", "head_too_large", "overload", "lost", "stopped")
SKIPPED: Final = ("refused_request", "proxy_made", "killed", "no_resources", "h2c", "tls")
FAULTS: Final = ("capture", "audit", "screen", "sink", "accept")


@dataclasses.dataclass(slots=True)
class Stats:
    """Plain numbers, written on the event loop, read from anywhere.

    Attributes:
        captured: exchanges that ended and were recorded.
        audited: exchanges that reached the consumer.
        streamed: bodies that were passed on piece by piece.
        unsampled: exchanges that passed unseen because the sample does not hold them.
        hung: requests that had no response head after ``wirelint_hang`` seconds, ever.
        in_flight: exchanges going on now.
        queue_depth: exchanges recorded and not yet audited.
        held_bytes: octets of bodies held for exchanges in flight or waiting.
        last_tick: when the event loop was last seen to move, in monotonic seconds; 0 before its first move.
        loop_lag: seconds by which the event loop was late when last looked at.
        loop_lag_peak: the most of ``loop_lag`` since the start.
        overloaded: whether audits are being shed because the event loop is late.
        dropped: exchanges that were not audited, by reason: ``queue_full`` (or no room left), ``in_flight_full``,
            ``head_too_large`` (see ``sources.heads``), ``overload`` (the event loop was late again and
            again), ``lost`` (their connection ended without a word), ``stopped``.
        skipped: exchanges that say nothing about the service, by reason: ``refused_request`` (the proxy itself turned
            the client away), ``proxy_made`` (another addon answered), ``killed``, ``no_resources`` (the proxy
            had no descriptor or memory left to call the service with), ``h2c`` and ``tls`` (whole connections that were
            passed on unread, see ``unread``).
        faults: faults of ours, by the place they were caught: ``capture``, ``audit``, ``screen``, ``sink``,
            ``accept`` (a client had to wait because there was no descriptor left; once for each try).
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
    overloaded: bool = False
    dropped: dict[str, int] = dataclasses.field(default_factory=lambda: dict.fromkeys(DROPPED, 0))
    skipped: dict[str, int] = dataclasses.field(default_factory=lambda: dict.fromkeys(SKIPPED, 0))
    faults: dict[str, int] = dataclasses.field(default_factory=lambda: dict.fromkeys(FAULTS, 0))

    def lines(self) -> list[str]:
        """The numbers that somebody at a screen would ask for, one a line."""
        names = ("captured", "audited", "unsampled", "in_flight", "queue_depth", "hung")
        lines = [f"{name}: {getattr(self, name)}" for name in names]
        for name in ("dropped", "skipped", "faults"):
            lines += [f"{name}, {reason}: {count}" for reason, count in sorted(getattr(self, name).items())]
        return lines
