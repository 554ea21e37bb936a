"""Audit exchanges that have ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from mitmproxy import http

from wirelint.core.exchange import Exchange
from wirelint.core.finding import Finding
from wirelint.sources.mitm.adapter import exchange_of
from wirelint.sources.mitm.addons import has_screen
from wirelint.sources.mitm.drain import Drain, Queue
from wirelint.sources.mitm.faults import Faults
from wirelint.sources.mitm.marks import mark
from wirelint.sources.mitm.options import QUEUE_LIMIT
from wirelint.sources.mitm.record import Pool, Record
from wirelint.sources.mitm.remote_audit import RemoteAudit
from wirelint.sources.stats import Stats

Consume = Callable[[Exchange], Sequence[Finding]]
"""Audits an exchange, passes the result to the sinks, and returns the findings."""

_LAST_WORDS: Final = 10.0
_HURRY: Final = 0.1


class Auditing:
    """Queues records to be audited between packets. With a screen it audits them at once and marks the flows.

    Attributes:
        consume: see ``Consume``; only called on the event loop.
        queue: the waiting records.
    """

    name = "wirelint_auditing"

    def __init__(self, consume: Consume, stats: Stats, faults: Faults, pool: Pool, remote: RemoteAudit | None) -> None:
        self.consume = consume
        self.queue: Queue = Drain(self._audit, stats, pool, QUEUE_LIMIT) if remote is None else remote.queue(pool)
        self._stats = stats
        self._faults = faults
        self._pool = pool
        self._at_once = False
        self._seconds = _LAST_WORDS

    def running(self) -> None:
        """Start the queue."""
        self._at_once = has_screen()

    def hurry(self) -> None:
        """Spend hardly any time on waiting records at the end."""
        self._seconds = _HURRY

    def done(self) -> None:
        """Audit waiting records."""
        self.queue.empty(self._seconds)

    def add(self, record: Record, flow: http.HTTPFlow) -> None:
        """Audit a record, now or later."""
        if self._at_once:
            mark(flow, self._audit(record), self._faults)
            record.release(self._pool)
        else:
            self.queue.add(record)

    def _audit(self, record: Record) -> Sequence[Finding]:
        try:
            findings = self.consume(exchange_of(record))
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not end the auditing of others
            self._faults.add("audit", error)
            return ()
        self._stats.audited += 1
        return findings
