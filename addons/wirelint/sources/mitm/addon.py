"""The mitmproxy addon: options, commands, and the hooks through which exchanges are seen."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Final

from mitmproxy import addonmanager, connection, ctx, exceptions, flow, hooks, http, tcp, tls
from mitmproxy.proxy import server_hooks

from wirelint.core.exchange import Exchange
from wirelint.core.finding import Finding, Severity
from wirelint.settings.sampling import Sampler
from wirelint.sources import heads
from wirelint.sources.mitm import options
from wirelint.sources.mitm.adapter import Naming, exchange_of, exchange_of_flow
from wirelint.sources.mitm.capture import Capture
from wirelint.sources.mitm.drain import Drain, Queue
from wirelint.sources.mitm.overload import Overload
from wirelint.sources.mitm.patches import addon_dispatch, http1
from wirelint.sources.mitm.record import Record
from wirelint.sources.mitm.remote_audit import RemoteAudit
from wirelint.sources.mitm.stats import Stats

Consume = Callable[[Exchange], Sequence[Finding]]
"""Audits an exchange and does whatever there is to do with the outcome; returns its findings."""

_log = logging.getLogger(__name__)

_SETTLED: Final = (
    "save_stream_file",
    "termlog_verbosity",
    "wirelint_compat",
    "wirelint_fast_dispatch",
    "wirelint_lazy",
)
"""Options that change mitmproxy, and not only what we do."""
_TICK: Final = 0.5
_LAST_WORDS: Final = 10.0
_HURRY: Final = 0.1
_MARKS: Final = {
    Severity.HIGH: ":red_circle:",
    Severity.MEDIUM: ":warning:",
    Severity.LOW: ":large_blue_circle:",
    Severity.INFO: ":information_source:",
}


class Auditor:
    """Watches traffic and hands each exchange to ``consume``.

    In mitmdump exchanges are audited a little later, between packets. Where there is a screen they are audited at
    once, and the flow is marked and commented with what was found. Nothing that goes wrong here reaches the traffic.
    """

    name = "wirelint"

    def __init__(  # noqa: PLR0913 - what it is made from, by name
        self,
        consume: Consume,
        *,
        stats: Stats | None = None,
        on_fault: Callable[[str], None] | None = None,
        on_hung: Callable[[str], None] | None = None,
        sampler: Sampler | None = None,
        remote: RemoteAudit | None = None,
    ) -> None:
        """Make the addon.

        :param consume: see ``Consume``; is only ever called on the event loop.
        :param stats: where to count; see ``Stats``.
        :param on_fault: is told the place of each fault of ours: ``capture``, ``audit``, ``screen``.
        :param on_hung: is told the service, once for each exchange without a response head in time.
        :param sampler: says which exchanges to audit; None for all.
        :param remote: where another process audits, and ``consume`` is not called.
        """
        self.stats = stats or Stats()
        self._consume = consume
        self._remote = remote
        self._on_fault = on_fault
        self._capture = Capture(self.stats, Naming(), self._ended, on_hung, sampler)
        self._overload = Overload()
        self._drain: Queue
        if remote is None:
            self._drain = Drain(self._audit, self.stats, self._capture.pool, options.QUEUE_LIMIT)
        else:
            self._drain = remote.queue(self._capture.pool)
        self._inline = False
        self._keep_messages = False
        self._running = False
        self._closed = False
        self._patience = float(options.PATIENCE)
        self._last_words = _LAST_WORDS
        self._timer: asyncio.TimerHandle | None = None

    @property
    def in_flight(self) -> int:
        """Exchanges going on right now."""
        return len(self._capture)

    # Life

    def load(self, loader: addonmanager.Loader) -> None:
        """Declare options and commands."""
        options.declare(loader)
        loader.add_command("wirelint.stats", self.show_stats)
        loader.add_command("wirelint.audit", self.audit_flows)

    def configure(self, updated: set[str]) -> None:
        """Take over options.

        :raises OptionsError: for values that make no sense.
        """
        chosen = ctx.options
        if chosen.wirelint_body_limit < 0 or chosen.wirelint_queue < 1 or chosen.wirelint_hang < 1:
            raise exceptions.OptionsError("wirelint_body_limit, wirelint_queue and wirelint_hang must be positive")
        if chosen.wirelint_overload_lag < 0:
            raise exceptions.OptionsError("wirelint_overload_lag must not be negative")
        if chosen.wirelint_stream not in options.STREAM_CHOICES:
            raise exceptions.OptionsError(f"wirelint_stream must be one of {', '.join(options.STREAM_CHOICES)}")
        if updated & {"wirelint_service", "mode"}:
            self._capture.naming = Naming(options.service_names(chosen.wirelint_service, chosen.mode))
        self._capture.body_limit = chosen.wirelint_body_limit
        self._capture.stream_all = chosen.wirelint_stream == "all"
        self._capture.idle_limit = float(chosen.tcp_timeout)
        self._drain.limit = chosen.wirelint_queue
        self._patience = float(chosen.wirelint_hang)
        self._overload.limit = chosen.wirelint_overload_lag / 1000
        if "store_streamed_bodies" in updated and chosen.store_streamed_bodies:
            _log.warning("store_streamed_bodies keeps every body in memory for as long as its exchange lasts")
        if self._running:
            self._settle(updated)

    def running(self) -> None:
        """Begin."""
        self._running = True
        master = ctx.master
        self._inline = master.addons.get("view") is not None
        self._settle(set(_SETTLED))
        self._timer = asyncio.get_running_loop().call_later(_TICK, self._tick, time.monotonic() + _TICK)

    def hurry(self) -> None:
        """Spend next to no time on what still waits when the end comes."""
        self._last_words = _HURRY

    def done(self) -> None:
        """Audit what waits, and end. Hooks that come later find nothing to do."""
        if self._closed:
            return
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        self._capture.stop()
        self._drain.empty(self._last_words)
        self._count()

    # Traffic

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """The head of a request has come."""
        self._guard(self._capture.request_head, flow)

    def request(self, flow: http.HTTPFlow) -> None:
        """A whole request has come."""
        self._guard(self._capture.request_end, flow)

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """The head of a response has come."""
        self._guard(self._capture.response_head, flow)

    def response(self, flow: http.HTTPFlow) -> None:
        """A whole response has come."""
        self._guard(self._capture.response_end, flow)

    def error(self, flow: flow.Flow) -> None:
        """An exchange failed."""
        if isinstance(flow, http.HTTPFlow):
            self._guard(self._capture.failed, flow)

    def server_connect_error(self, data: server_hooks.ServerConnectionHookData) -> None:
        """A service could not be reached."""
        self._capture.upstream_error(data.client.id, data.server.error)

    def tls_failed_server(self, data: tls.TlsData) -> None:
        """A TLS handshake with a service failed."""
        self._capture.upstream_error(data.context.client.id, data.conn.error)

    def client_disconnected(self, client: connection.Client) -> None:
        """A client's connection has ended."""
        self._capture.client_gone(client.id)

    def websocket_message(self, flow: http.HTTPFlow) -> None:
        """Forget all but the last message where nobody will ask for them; mitmproxy would keep them for ever."""
        if not self._keep_messages and flow.websocket is not None:
            del flow.websocket.messages[:-1]

    def tcp_message(self, flow: tcp.TCPFlow) -> None:
        """The same for a connection that was upgraded to some other protocol."""
        if not self._keep_messages:
            del flow.messages[:-1]

    # Commands

    def show_stats(self) -> Sequence[str]:
        """What was captured, audited and dropped so far."""
        self._count()
        return self.stats.lines()

    def audit_flows(self, flows: Sequence[flow.Flow]) -> None:
        """Audit flows again, and mark them with what is found."""
        touched = []
        for each in flows:
            exchange = exchange_of_flow(each, self._capture.naming) if isinstance(each, http.HTTPFlow) else None
            if exchange is not None and heads.are_usual(exchange):
                self._mark(each, self._consume(exchange))
                touched.append(each)
        if touched:
            ctx.master.addons.trigger(hooks.UpdateHook(touched))

    # Auditing

    def _ended(self, record: Record, flow: http.HTTPFlow) -> None:
        if self._inline:
            self._mark(flow, self._audit(record))
            record.release(self._capture.pool)
        else:
            self._drain.add(record)

    def _audit(self, record: Record) -> Sequence[Finding]:
        try:
            findings = self._consume(exchange_of(record))
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not end the auditing of others
            self._fault("audit", error)
            return ()
        self.stats.audited += 1
        return findings

    def _mark(self, flow: flow.Flow, findings: Sequence[Finding]) -> None:
        if not findings:
            return
        try:
            worst = max(finding.severity for finding in findings)
            # Marks and comments that the user made stay.
            if not flow.marked or flow.marked in _MARKS.values():
                flow.marked = _MARKS[worst]
            if not flow.comment or flow.comment.startswith("wirelint: "):
                flow.comment = "wirelint: " + "; ".join(f"{found.rule}: {found.message}" for found in findings)
        except Exception as error:  # noqa: BLE001 - a screen is no reason to lose an exchange
            self._fault("screen", error)

    def _guard(self, note: Callable[[http.HTTPFlow], None], flow: http.HTTPFlow) -> None:
        if self._closed:
            return
        try:
            note(flow)
        except Exception as error:  # noqa: BLE001 - the exchange goes on without us
            self._fault("capture", error)

    def _fault(self, place: str, error: Exception) -> None:
        self.stats.faults[place] += 1
        if self.stats.faults[place] == 1:
            # The type alone: a message may quote what went over the wire.
            _log.warning("wirelint: fault in %s (%s), counted from now on", place, type(error).__name__)
            _log.debug("wirelint: fault in %s", place, exc_info=error)
        if self._on_fault is not None:
            self._on_fault(place)

    # Housekeeping

    def _settle(self, updated: set[str]) -> None:
        chosen = ctx.options
        if "save_stream_file" in updated:
            saving = "save_stream_file" in chosen and chosen.save_stream_file
            self._keep_messages = self._inline or bool(saving)
        if "termlog_verbosity" in updated and not self._inline:
            # One line for each streamed body costs a tenth of all throughput, also where nobody sees it.
            unseen = "termlog_verbosity" not in chosen or chosen.termlog_verbosity in ("error", "warn")
            logging.getLogger("mitmproxy.proxy.server").setLevel(logging.WARNING if unseen else logging.NOTSET)
        if "wirelint_compat" in updated:
            http1.switch(on=chosen.wirelint_compat)
        if "wirelint_fast_dispatch" in updated:
            addon_dispatch.switch(ctx.master.addons, on=chosen.wirelint_fast_dispatch)
        if "wirelint_lazy" in updated and chosen.wirelint_lazy and not chosen.has_changed("connection_strategy"):
            chosen.update(connection_strategy="lazy")

    def _tick(self, due: float) -> None:
        now = time.monotonic()
        self.stats.last_tick = now
        self.stats.loop_lag = max(0.0, now - due)
        self.stats.loop_lag_peak = max(self.stats.loop_lag_peak, self.stats.loop_lag)
        try:
            self._shed(self.stats.loop_lag)
            self._capture.look(time.time(), self._patience)
            self._count()
        except Exception as error:  # noqa: BLE001 - the clock must go on
            self._fault("capture", error)
        self._timer = asyncio.get_running_loop().call_later(_TICK, self._tick, now + _TICK)

    def _shed(self, lag: float) -> None:
        shedding = self._overload.tick(lag)
        if shedding and not self.stats.dropped["overload"] and not self._capture.shedding:
            _log.warning("wirelint: the event loop is late, exchanges pass unaudited and are counted")
        self._capture.shedding = self._drain.calm = self.stats.overloaded = shedding

    def _count(self) -> None:
        stats, pool = self.stats, self._capture.pool
        stats.in_flight = len(self._capture)
        stats.queue_depth = len(self._drain)
        stats.held_bytes = pool.size - pool.free
        if self._remote is not None:
            self._remote.on_count()
