"""The auditor for mitmproxy: small add-ons, each with one job, put together."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from wirelint.settings.sampling import Sampler
from wirelint.sinks.saving import Saver
from wirelint.sources.mitm.adapter import Naming
from wirelint.sources.mitm.addons.auditing import Auditing, Consume
from wirelint.sources.mitm.addons.commands import Commands
from wirelint.sources.mitm.addons.configuration import Configuration
from wirelint.sources.mitm.addons.findings_view import FindingsView
from wirelint.sources.mitm.addons.handshakes import Handshakes
from wirelint.sources.mitm.addons.housekeeping import Housekeeping
from wirelint.sources.mitm.addons.message_trim import MessageTrim
from wirelint.sources.mitm.addons.saving import Saving
from wirelint.sources.mitm.addons.traffic import Traffic
from wirelint.sources.mitm.addons.tuning import Tuning
from wirelint.sources.mitm.faults import Faults
from wirelint.sources.mitm.record import Pool
from wirelint.sources.mitm.recorder import Recorder
from wirelint.sources.mitm.remote_audit import RemoteAudit
from wirelint.sources.stats import Stats

_PAUSE: Final = 0.002


class Auditor:
    """Records traffic and passes each exchange to ``consume``.

    In mitmdump, exchanges are audited a little later, between packets. With a screen they are audited at once, and the
    flow is marked and commented with the findings. Its faults never reach the traffic.

    Attributes:
        addons: its add-ons, in the order in which mitmproxy calls them.
    """

    name = "wirelint"

    def __init__(  # noqa: PLR0913 - the parts it is made from, by name
        self,
        consume: Consume,
        *,
        stats: Stats | None = None,
        on_fault: Callable[[str], None] | None = None,
        on_hung: Callable[[str], None] | None = None,
        sampler: Sampler | None = None,
        remote: RemoteAudit | None = None,
        saver: Saver | None = None,
    ) -> None:
        """Make the add-ons.

        :param consume: see ``Consume``.
        :param stats: where to count.
        :param on_fault: called with the place of each internal fault: ``capture``, ``audit``, ``screen``.
        :param on_hung: called with the service, once for each exchange whose response head is late.
        :param sampler: chooses the exchanges to audit; None for all.
        :param remote: set if another process audits, and ``consume`` is not called.
        :param saver: saves flows; None to save none.
        """
        self.stats = stats = stats or Stats()
        faults = Faults(stats, on_fault)
        pool = Pool()
        self._auditing = auditing = Auditing(consume, stats, faults, pool, remote)
        self._capture = capture = Recorder(
            stats, Naming(), auditing.add, on_hung, sampler, pool, None if remote is None else remote.begun
        )
        counted = (remote.on_count,) if remote is not None else ()
        housekeeping = Housekeeping(capture, auditing.queue, stats, faults, *counted)
        # At the end the capture stops first, then waiting records are audited, then the counts are updated.
        self.addons: list[object] = [
            Configuration(capture, auditing.queue, housekeeping),
            Commands(capture, auditing, stats, faults, housekeeping.count),
            FindingsView(),
            Tuning(),
            Traffic(capture, faults),
            Handshakes(stats),
            MessageTrim(),
            auditing,
            *([] if saver is None else [Saving(saver, capture, faults)]),
            housekeeping,
        ]

    @property
    def in_flight(self) -> int:
        """Return the number of exchanges in flight."""
        return len(self._capture)

    async def settled(self, seconds: float) -> None:
        """Wait until no exchange is in flight or waits for its audit, but no longer than so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.in_flight or len(self._auditing.queue):  # noqa: ASYNC110 - an event would cost each exchange
                    await asyncio.sleep(_PAUSE)

    def hurry(self) -> None:
        """Spend hardly any time on waiting records at the end."""
        self._auditing.hurry()

    def begin(self, consume: Consume, sampler: Sampler) -> None:
        """Set the consumer, which needs the options to be known."""
        self._auditing.consume = consume
        self._capture.sampler = sampler
