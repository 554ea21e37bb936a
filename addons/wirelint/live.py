"""Wire the engine to the sinks of live traffic: metrics, journal, page, terminal."""

from __future__ import annotations

import importlib.metadata
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

from wirelint.core.audit import Audit
from wirelint.core.exchange import Exchange
from wirelint.core.finding import Finding
from wirelint.history.envelopes import Envelopes, Learned
from wirelint.probing import Prober
from wirelint.rules import catalogue
from wirelint.settings.engine import AnyEngine
from wirelint.settings.sampling import Sampler, Shares
from wirelint.settings.setup import Setup
from wirelint.settings.state_file import StateFile
from wirelint.sinks.coverage import Coverage
from wirelint.sinks.exchange_log import ExchangeLog
from wirelint.sinks.findings_log import FindingsLog
from wirelint.sinks.journal import Journal
from wirelint.sinks.metrics.contract import ContractFigures
from wirelint.sinks.metrics.memories import Memories
from wirelint.sinks.metrics.registry import Metrics
from wirelint.sinks.metrics.reloads import Reloads
from wirelint.sinks.reachability import Reachability
from wirelint.sinks.saving import HarSaving, Saver
from wirelint.sinks.terminal import Terminal
from wirelint.sinks.text import printable
from wirelint.sources.stats import Stats, StatsCollector
from wirelint.web.page import Addresses, Page
from wirelint.web.site import Endpoint, Site

_STUCK: Final = 10.0
_log: Final = logging.getLogger("wirelint")


class LiveSink(Protocol):
    """A sink of live traffic."""

    def accept(self, audit: Audit) -> None:
        """Take the result of an audit."""

    def close(self) -> None:
        """Pass on what waits."""


class Live:
    """Audits exchanges one by one, and passes the results to all sinks.

    :param engine: audits them.
    :param stats: the counts of the capture layer; faults of sinks are counted there, too.
    :param shares: the share of each service's traffic to audit; None for all.
    :param terminal: shows new findings; None to show none.
    :param log: writes findings; None to write none.
    :param page: where the page and ``/metrics`` are served, and what the page shows.
    """

    def __init__(  # noqa: PLR0913 - the parts it is wired from, by name
        self,
        engine: AnyEngine,
        *,
        stats: Stats | None = None,
        shares: Shares | None = None,
        terminal: Terminal | None = None,
        log: FindingsLog | None = None,
        page: Page = Page(),  # noqa: B008 - frozen
    ) -> None:
        self.rules = engine.rules
        self.stats = stats or Stats()
        self.ready = False
        self.listeners: Sequence[Endpoint] = ()
        self.terminal = terminal
        self.reachability = Reachability(self.announce)
        self.journal = Journal(unreachable=self.reachability.now)
        self.exchanges = ExchangeLog(page.keep, bodies=page.bodies)
        self.metrics = Metrics(self.rules, mitmproxy=importlib.metadata.version("mitmproxy"))
        self._reloads = Reloads()
        self._coverage = Coverage()
        figures = ContractFigures(self._coverage)
        own = (StatsCollector(self.stats), Memories(engine.state.sizes), self._reloads, self.reachability, figures)
        for collector in own:
            self.metrics.register(collector)
        self.sampler = Sampler(shares, lambda service: self.metrics.skip(service, "sampled"))
        self.saver: Saver | None = None
        self._prober: Prober | None = None
        self._file: StateFile | None = None
        self._engine = engine
        self._log = log
        self._attached: list[LiveSink] = []
        self._sinks: list[Callable[[Audit], None]] = [
            self.metrics.accept,
            self.journal.accept,
            self.exchanges.accept,
            self.reachability.accept,
        ]
        if terminal is not None:
            self._sinks.append(terminal.accept)
        if log is not None:
            self._sinks.append(log.accept)
            self.metrics.register(log)
        self._cover(engine)
        self._site = Site(
            self.metrics,
            self.journal,
            self.exchanges,
            self.rules,
            listeners=lambda: self.listeners,
            learned=self._learned,
            live=self._alive,
            ready=lambda: self.ready,
        )
        self._server, self._page = page.servers(self._site)

    def attach(self, sink: LiveSink) -> None:
        """Pass all results to another sink, too, and close it at the end."""
        self._attached.append(sink)
        self._sinks.append(sink.accept)

    def start(self) -> Addresses:
        """Serve the page and the metrics.

        :raises OSError: an address is not available.
        """
        metrics = self._server.start()
        try:
            return Addresses(metrics, metrics if self._page is None else self._page.start())
        except OSError:
            self._server.stop()
            raise

    def change(self, found: Setup) -> None:
        """Apply other settings; counts, findings and memories keep_settings. Call this on the thread of ``consume``."""
        engine = found.engine(self._engine.state)
        self.metrics.change_rules(engine.rules)
        self._site.change_rules(engine.rules)
        self.rules = engine.rules
        self.sampler.shares = found.shares
        self._engine = engine
        self._cover(engine)
        self._reloads.succeeded()

    def _cover(self, engine: AnyEngine) -> None:
        """Count what is seen of documents, if the engine has any."""
        if (self._count in self._sinks) is not engine.documented:
            self._sinks.append(self._count) if engine.documented else self._sinks.remove(self._count)

    def _count(self, audit: Audit) -> None:
        self._coverage.add(audit.exchange)

    def keep_settings(self) -> None:
        """Show in the metrics that a reload failed, and that the previous settings are in force."""
        self._reloads.failed()

    def keep(self, path: Path) -> None:
        """Keep what is learned of services in a file, and begin with what it has of earlier runs."""
        self._file = file = StateFile(path, self._engine.state)
        if (trouble := file.load()) is not None:
            _log.warning("wirelint: %s", trouble)
        file.start()

    def save(self, saver: Saver) -> None:
        """Save exchanges while they pass: here as HAR; flows are saved where they are."""
        self.saver = saver
        self.metrics.register(saver)
        if saver.is_har:
            self.attach(HarSaving(saver))

    def probe(
        self, services: Mapping[str, str], *, insecure: bool = False, credentials: bool = True, doubts: bool = False
    ) -> None:
        """Start to probe services.

        :param services: name → URL of the services that may be probed.
        :param insecure: do not verify their certificates.
        :param credentials: probe whether credentials are checked.
        :param doubts: ask again about what an answer leaves open.
        """
        self._prober = prober = Prober(
            services,
            catalogue(),
            self._probed,
            state=self._engine.state,
            insecure=insecure,
            credentials=credentials,
            doubts=doubts,
        )
        self._sinks.append(lambda audit: prober.offer(audit.exchange, found=bool(audit.findings)))
        self.metrics.register(prober)

    def _probed(self, audit: Audit) -> None:
        """Show the findings of a probe; it is not traffic, so it is not counted as such."""
        self.journal.add(audit)
        self.exchanges.accept(audit)
        if self.terminal is not None:
            self.terminal.accept(audit)
        if self._log is not None:
            self._log.accept(audit)
        for sink in self._attached:
            sink.accept(audit)

    def consume(self, exchange: Exchange) -> Sequence[Finding]:
        """Audit an exchange. Never raises: faults are counted."""
        if self._prober is not None and self._prober.is_ours(exchange):
            return ()
        begun = time.perf_counter()
        try:
            audit = self._engine.audit(exchange)
        except Exception as error:  # noqa: BLE001 - the traffic goes on, whatever happens here
            self._fault("audit", error)
            return ()
        took = time.perf_counter() - begun
        for sink in self._sinks:
            try:
                sink(audit)
            except Exception as error:  # noqa: BLE001 - likewise, and the other sinks want theirs
                self._fault("sink", error)
        self.metrics.observe_audit(took)
        for suppression in audit.expired:
            _log.warning("wirelint: expired suppression: %s", suppression.text)
        return audit.findings

    def announce(self, text: str) -> None:
        """Say at once what concerns a service, such as that it cannot be reached."""
        if self.terminal is None:
            _log.warning("wirelint: %s", printable(text))
        else:
            self.terminal.announce(text)

    def _learned(self) -> Sequence[Learned]:
        """Return by what services mark success, for the page's threads."""
        try:
            return tuple(self._engine.state.recall(Envelopes).learned())
        except RuntimeError:  # it changed meanwhile; the page asks again soon
            return ()

    def _alive(self) -> bool:
        """Return whether the event loop that carries the traffic ran recently."""
        last = self.stats.last_tick
        return last == 0 or time.monotonic() - last < _STUCK

    def close(self) -> None:
        """Stop the server, and write the last lines of terminal and log. Calling this again changes nothing."""
        self.ready = False
        if self._prober is not None:
            self._prober.close()
        if self._file is not None:
            self._file.close()
        self._server.stop()
        if self._page is not None:
            self._page.stop()
        if self.terminal is not None:
            self.terminal.close()
        if self._log is not None:
            self._log.close()
        for sink in self._attached:
            sink.close()
        if self.saver is not None:
            self.saver.close()

    def _fault(self, place: str, error: Exception) -> None:
        self.stats.faults[place] += 1
        if self.stats.faults[place] == 1:
            # The type alone: a message may quote what went over the wire.
            _log.warning("wirelint: fault in %s (%s), counted from now on", place, type(error).__name__)
            _log.debug("wirelint: fault in %s", place, exc_info=error)
