"""Run mitmproxy for the command line: headless, or with one of its screens."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import gc
import logging
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from mitmproxy import exceptions, http, master, options
from mitmproxy.addons import (
    block,
    core,
    disable_h2c,
    dns_resolver,
    next_layer,
    proxyserver,
    save,
    tlsconfig,
    upstream_auth,
)
from mitmproxy.proxy import mode_specs

from wirelint.settings.sampling import Sampler
from wirelint.sinks.saving import Saver
from wirelint.sources import signals
from wirelint.sources.mitm.accept_errors import count_accept_errors
from wirelint.sources.mitm.adapter import address
from wirelint.sources.mitm.addon import Auditor
from wirelint.sources.mitm.addons.auditing import Consume
from wirelint.sources.mitm.forwarding import Forwarding
from wirelint.sources.mitm.graceful_stop import GracefulStop
from wirelint.sources.mitm.listen_sockets import ListenSocket
from wirelint.sources.mitm.passthrough import Passthrough
from wirelint.sources.mitm.patches import client_first, log_events, message_checks
from wirelint.sources.mitm.remote_audit import RemoteAudit
from wirelint.sources.mitm.settings import ProxySettings, ServiceSpec, StartError, host_field, modes_of, options_of
from wirelint.sources.mitm.transparent import Transparency
from wirelint.sources.stats import Stats

_log: Final = logging.getLogger("wirelint")
FORWARD: Final = "forward"
TRANSPARENT: Final = "transparent"


@dataclasses.dataclass(frozen=True, slots=True)
class ListenAddress:
    """An address to listen on: for a service by its name, for ``FORWARD``, or for ``TRANSPARENT``."""

    name: str
    host: str
    port: int


@dataclasses.dataclass(frozen=True, slots=True)
class Running:
    """A proxy that listens.

    Attributes:
        listeners: its addresses.
        stop: shuts it down as SIGTERM does; may be called from any thread.
        web_url: address of mitmweb, with its token; None without it.
        settle: waits until no exchange is in flight or waits for its audit, at most so many seconds; for other threads.
            It does nothing if other processes carry the traffic.
    """

    listeners: Sequence[ListenAddress]
    stop: Callable[[], None]
    web_url: str | None = None
    settle: Callable[[float], None] = lambda _seconds: None


class HeadlessMaster(master.Master):
    """mitmproxy with only the add-ons that traffic needs: each costs time with each event."""

    def __init__(self, opts: options.Options) -> None:
        super().__init__(opts)
        log_events.apply(self)
        self.addons.add(
            core.Core(),
            block.Block(),
            disable_h2c.DisableH2C(),
            proxyserver.Proxyserver(),
            dns_resolver.DnsResolver(),
            next_layer.NextLayer(),
            tlsconfig.TlsConfig(),
            upstream_auth.UpstreamAuth(),
        )


class HostField:
    """Puts the service's own name into the Host field for services that need it."""

    name = "wirelint_host"

    def __init__(self, modes: Mapping[str, str]) -> None:
        """Set fields by listener.

        :param modes: mode specification → value of the Host field.
        """
        self._modes = modes

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Set the field, after the exchange was recorded with the client's value."""
        host = self._modes.get(flow.client_conn.proxy_mode.full_spec)
        if host is not None:
            flow.request.host_header = host


def run(  # noqa: PLR0913 - everything the outside has to say, by name
    settings: ProxySettings,
    consume: Consume,
    *,
    on_ready: Callable[[Running], None],
    on_leave: Callable[[], None] = lambda: None,
    on_stop: Callable[[], None] = lambda: None,
    stats: Stats | None = None,
    on_fault: Callable[[str], None] | None = None,
    on_hung: Callable[[str], None] | None = None,
    on_reload: Callable[[], None] | None = None,
    sampler: Sampler | None = None,
    remote: RemoteAudit | None = None,
    saver: Saver | None = None,
) -> None:
    """Run the proxy until SIGTERM, SIGINT or ``Running.stop``.

    Then it sends ``Connection: close``, stops listening once no request arrives or half of ``settings.grace`` is over,
    waits the rest of it for exchanges in flight, audits waiting records, and returns. A second signal skips all of
    this.

    :param consume: audits one exchange, on the event loop.
    :param on_ready: called once all listeners are open.
    :param on_leave: called on the event loop when the shutdown begins.
    :param on_reload: called on the event loop with each SIGHUP; must not block. If None, SIGHUP ends the process.
    :param sampler: chooses the exchanges to audit; None for all.
    :param saver: saves flows; None to save none.
    :param on_stop: called when the last exchange was audited, after the event loop has ended.
    :param remote: set if another process audits; then only ``Running.stop`` ends it.
    :raises StartError: the settings are invalid, or an address is not available.
    """
    auditor = Auditor(
        consume, stats=stats, on_fault=on_fault, on_hung=on_hung, sampler=sampler, remote=remote, saver=saver
    )
    calls = _Calls(on_ready, on_leave, on_reload, signals=remote is None)
    try:
        asyncio.run(_main(settings, auditor, calls), loop_factory=None if remote is None else remote.loop)
    finally:
        on_stop()


@dataclasses.dataclass(frozen=True, slots=True)
class _Calls:
    """The callbacks of ``run``. ``signals`` says whether to handle signals."""

    ready: Callable[[Running], None]
    leave: Callable[[], None]
    reload: Callable[[], None] | None
    signals: bool


async def _main(settings: ProxySettings, auditor: Auditor, calls: _Calls) -> None:
    modes = modes_of(settings)
    running = _master(settings)
    hosts = {mode: host for mode, service in modes.items() if service and (host := host_field(service))}
    try:
        # wirelint reports errors at the start itself, and later ones are no reason to exit.
        if (check := running.addons.get("errorcheck")) is not None:
            running.addons.remove(check)
            check.finish()
        running.addons.add(auditor)
        if hosts:
            running.addons.add(HostField(hosts))
        leave = GracefulStop(lambda: auditor.in_flight)
        running.addons.add(leave)
        if settings.transparent_port is not None:
            running.addons.add(Transparency())
        if settings.forward_port is not None:
            running.addons.add(Forwarding(list(_own_ports(settings, modes))))
        running.addons.add(Passthrough(auditor.stats, read_tls=settings.transparent_tls))
        running.addons.chain.insert(0, running.addons.chain.pop())
        running.addons.add(_Ready(running, settings, modes, auditor, leave, calls))
        running.options.update(**options_of(settings, modes))
    except (exceptions.OptionsError, KeyError, ValueError) as error:
        raise StartError(_one_line(error)) from error
    try:
        with _low_overhead(settings):
            await running.run()
    except OSError as error:
        raise StartError(_one_line(error)) from error
    finally:
        for server in running.addons.get("proxyserver").servers:
            if server.is_running:
                await server.stop()
    failure = running.addons.get(_Ready.name).failure
    if failure is not None:
        raise StartError(failure)


@contextlib.contextmanager
def _low_overhead(settings: ProxySettings) -> Iterator[None]:
    """Reduce the work of a process that only carries traffic."""
    if settings.ui != "none" or not settings.fast_dispatch:
        yield
        return
    # All present objects stay. Each garbage collection over them stops the loop for tens of milliseconds.
    gc.collect()
    gc.freeze()
    try:
        with message_checks.trusted():
            yield
    finally:
        gc.unfreeze()


class _Ready:
    """Reports when the proxy listens, or why it does not; shuts it down on request."""

    name = "wirelint_ready"

    def __init__(  # noqa: PLR0913, PLR0917 - one caller, just above
        self,
        running: master.Master,
        settings: ProxySettings,
        modes: Mapping[str, ServiceSpec | None],
        auditor: Auditor,
        leave: GracefulStop,
        calls: _Calls,
    ) -> None:
        self.failure: str | None = None
        self._master = running
        self._settings = settings
        self._modes = modes
        self._auditor = auditor
        self._leave = leave
        self._calls = calls
        self._stopping: asyncio.Task[None] | None = None

    def running(self) -> None:
        """Handle the end of the start: all listeners have been tried."""
        servers = self._master.addons.get("proxyserver").servers
        broken = next((server.last_exception for server in servers if server.last_exception), None)
        if broken is not None:
            self.failure = _one_line(broken)
            self._master.should_exit.set()
            return
        if self._calls.signals:
            self._catch_signals()
        count_accept_errors(self._master.event_loop, self._auditor.stats)
        listeners = []
        for server in servers:
            client_first.apply(server)
            service = self._modes.get(server.mode.full_spec)
            name = _label(server.mode) if service is None or not service.name else service.name
            host, port = server.listen_addrs[0][:2]
            listeners.append(ListenAddress(name, host, port))
        loop = self._master.event_loop
        url = getattr(self._master, "web_url", None)

        def stop() -> None:
            loop.call_soon_threadsafe(self.stop)

        def settle(seconds: float) -> None:
            asyncio.run_coroutine_threadsafe(self._auditor.settled(seconds), loop).result()

        try:
            self._calls.ready(Running(listeners, stop, url, settle))
        except Exception as error:  # noqa: BLE001 - mitmproxy would log it and go on as if nothing were amiss
            self.failure = _one_line(error)
            self._master.should_exit.set()

    def stop(self) -> None:
        """Shut down gracefully; when called again, at once."""
        if self._stopping is None:
            self._calls.leave()
            self._stopping = asyncio.get_running_loop().create_task(self._wind_down())
        else:
            self._auditor.hurry()
            self._master.shutdown()

    async def _wind_down(self) -> None:
        try:
            self._leave.begin()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._settings.grace):
                    await self._leave.quiet(self._settings.grace / 2)
                    await self._leave.close(self._doors())
                    self._master.options.update(server=False)
                    await self._leave.over()
        finally:
            self._master.shutdown()

    def _doors(self) -> list[ListenSocket]:
        servers = self._master.addons.get("proxyserver").servers
        listening = [listener for server in servers for listener in getattr(server, "_servers", ())]
        return [door for listener in listening for door in getattr(listener, "sockets", ())]

    def _catch_signals(self) -> None:
        ask = getattr(self._master, "prompt_for_exit", self.stop)
        handlers: dict[int, Callable[[], None]] = {signal.SIGTERM: self.stop, signal.SIGINT: ask}
        if self._calls.reload is not None:
            handlers |= signals.hang_up(self._calls.reload, self.stop)
        signals.catch(self._master.event_loop, handlers)


def _own_ports(settings: ProxySettings, modes: Mapping[str, ServiceSpec | None]) -> Iterator[int]:
    """Yield the ports that the forward proxy must not call: its own, and those of the page and of mitmweb."""
    for mode in map(mode_specs.ProxyMode.parse, modes):
        if isinstance(mode, mode_specs.RegularMode) and mode.custom_listen_port is not None:
            yield mode.custom_listen_port
    yield from settings.page_ports
    if (web := settings.options.get("web_port")) is not None:
        yield web


def _master(settings: ProxySettings) -> master.Master:
    opts = options.Options()
    if settings.ui == "web":
        from mitmproxy.tools.web.master import WebMaster  # noqa: PLC0415 - tornado costs a headless start time

        return WebMaster(opts, with_termlog=False)
    if settings.ui == "console":
        if not sys.stdout.isatty():
            raise StartError("the console screen needs a terminal")
        from mitmproxy.tools.console.master import ConsoleMaster  # noqa: PLC0415 - likewise urwid

        return ConsoleMaster(opts)
    headless = HeadlessMaster(opts)
    if "save_stream_file" in settings.options:
        headless.addons.add(save.Save())
    return headless


def _label(mode: mode_specs.ProxyMode) -> str:
    if isinstance(mode, mode_specs.ReverseMode):
        return address(mode.scheme, *mode.address)
    return TRANSPARENT if isinstance(mode, mode_specs.TransparentMode) else FORWARD


def _one_line(error: BaseException) -> str:
    text = str(error) if not isinstance(error, OSError) or not error.strerror else error.strerror
    return " ".join(text.split()) or type(error).__name__


__all__ = [
    "FORWARD",
    "TRANSPARENT",
    "HeadlessMaster",
    "ListenAddress",
    "ProxySettings",
    "Running",
    "ServiceSpec",
    "StartError",
    "run",
]
