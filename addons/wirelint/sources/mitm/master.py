"""Runs mitmproxy for the command line: headless, or with one of its screens."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import gc
import signal
import sys
import threading
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

from wirelint.sources.mitm import dispatch
from wirelint.sources.mitm.adapter import address
from wirelint.sources.mitm.addon import Auditor, Consume
from wirelint.sources.mitm.settings import ProxySettings, ServiceSpec, StartError, host_field, modes_of, options_of
from wirelint.sources.mitm.stats import Stats

FORWARD: Final = "forward"


@dataclasses.dataclass(frozen=True, slots=True)
class Listener:
    """An address that is listened on: for a service by its name, or for ``FORWARD``."""

    name: str
    host: str
    port: int


@dataclasses.dataclass(frozen=True, slots=True)
class Running:
    """A proxy that has begun to listen.

    Attributes:
        listeners: where.
        stop: ends it as SIGTERM does; may be called from any thread.
        web_url: where mitmweb is, with its token; None without it.
    """

    listeners: Sequence[Listener]
    stop: Callable[[], None]
    web_url: str | None = None


class HeadlessMaster(master.Master):
    """mitmproxy with only those addons that traffic needs: each costs time with each event."""

    def __init__(self, opts: options.Options) -> None:
        super().__init__(opts)
        # Nobody listens to the deprecated log event, and every record would be formatted for it.
        self._legacy_log_events.uninstall()
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
    """Puts the service's own name into the Host field for services that go by it."""

    name = "wirelint_host"

    def __init__(self, modes: Mapping[str, str]) -> None:
        """:param modes: mode specification → value of the Host field."""
        self._modes = modes

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Runs after the exchange was noted, which shows what the client sent."""
        host = self._modes.get(flow.client_conn.proxy_mode.full_spec)
        if host is not None:
            flow.request.host_header = host


def run(  # noqa: PLR0913 - everything the outside has to say, by name
    settings: ProxySettings,
    consume: Consume,
    *,
    on_ready: Callable[[Running], None],
    on_stop: Callable[[], None] = lambda: None,
    stats: Stats | None = None,
    on_fault: Callable[[str], None] | None = None,
    on_hung: Callable[[str], None] | None = None,
) -> None:
    """Run the proxy until SIGTERM, SIGINT or ``Running.stop``.

    Then it stops listening, gives exchanges in flight ``settings.grace`` seconds, audits what waits, and returns. A
    second signal skips the grace.

    :param consume: audits one exchange, on the event loop.
    :param on_ready: called once all addresses are listened on.
    :param on_stop: called when the last exchange was audited, after the event loop has ended.
    :raises StartError: the settings make no sense, or an address cannot be listened on.
    """
    auditor = Auditor(consume, stats=stats, on_fault=on_fault, on_hung=on_hung)
    try:
        asyncio.run(_main(settings, auditor, on_ready))
    finally:
        on_stop()


async def _main(settings: ProxySettings, auditor: Auditor, on_ready: Callable[[Running], None]) -> None:
    modes = modes_of(settings)
    running = _master(settings)
    hosts = {mode: host for mode, service in modes.items() if service and (host := host_field(service))}
    try:
        # Errors at the start are ours to report, and later ones are no reason to end.
        if (check := running.addons.get("errorcheck")) is not None:
            running.addons.remove(check)
            check.finish()
        running.addons.add(auditor)
        if hosts:
            running.addons.add(HostField(hosts))
        running.addons.add(_Ready(running, settings, modes, auditor, on_ready))
        running.options.update(**options_of(settings, modes))
    except (exceptions.OptionsError, KeyError, ValueError) as error:
        raise StartError(_one_line(error)) from error
    try:
        with _unburdened(settings):
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
def _unburdened(settings: ProxySettings) -> Iterator[None]:
    """What keeps a process light that does nothing but carry traffic."""
    if settings.ui != "none" or not settings.fast_dispatch:
        yield
        return
    # All that is there by now stays. Going through it again and again stops the loop for tens of milliseconds.
    gc.collect()
    gc.freeze()
    try:
        with dispatch.trusting_messages():
            yield
    finally:
        gc.unfreeze()


class _Ready:
    """Tells when the proxy listens, or why it does not; ends it on demand."""

    name = "wirelint_ready"

    def __init__(
        self,
        running: master.Master,
        settings: ProxySettings,
        modes: Mapping[str, ServiceSpec | None],
        auditor: Auditor,
        on_ready: Callable[[Running], None],
    ) -> None:
        self.failure: str | None = None
        self._master = running
        self._settings = settings
        self._modes = modes
        self._auditor = auditor
        self._on_ready = on_ready
        self._stopping: asyncio.Task[None] | None = None

    def running(self) -> None:
        """All listeners have been tried by now."""
        servers = self._master.addons.get("proxyserver").servers
        broken = next((server.last_exception for server in servers if server.last_exception), None)
        if broken is not None:
            self.failure = _one_line(broken)
            self._master.should_exit.set()
            return
        self._catch_signals()
        listeners = []
        for server in servers:
            service = self._modes.get(server.mode.full_spec)
            name = FORWARD if service is None else service.name or _label(server.mode)
            host, port = server.listen_addrs[0][:2]
            listeners.append(Listener(name, host, port))
        loop = self._master.event_loop
        url = getattr(self._master, "web_url", None)

        def stop() -> None:
            loop.call_soon_threadsafe(self.stop)

        try:
            self._on_ready(Running(listeners, stop, url))
        except Exception as error:  # noqa: BLE001 - mitmproxy would log it and go on as if nothing were amiss
            self.failure = _one_line(error)
            self._master.should_exit.set()

    def stop(self) -> None:
        """End gracefully; when called again, at once."""
        if self._stopping is None:
            self._stopping = asyncio.get_running_loop().create_task(self._wind_down())
        else:
            self._master.shutdown()

    async def _wind_down(self) -> None:
        try:
            self._master.options.update(server=False)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._settings.grace):
                    while self._auditor.in_flight:  # noqa: ASYNC110 - hooks are no place to signal from
                        await asyncio.sleep(0.02)
        finally:
            self._master.shutdown()

    def _catch_signals(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        ask = getattr(self._master, "prompt_for_exit", self.stop)
        loop = self._master.event_loop
        for number, handler in ((signal.SIGTERM, self.stop), (signal.SIGINT, ask)):
            try:
                loop.add_signal_handler(number, handler)
            except NotImplementedError:  # Windows
                signal.signal(number, lambda *_, ended=handler: loop.call_soon_threadsafe(ended))


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
    return address(mode.scheme, *mode.address) if isinstance(mode, mode_specs.ReverseMode) else mode.full_spec


def _one_line(error: BaseException) -> str:
    text = str(error) if not isinstance(error, OSError) or not error.strerror else error.strerror
    return " ".join(text.split()) or type(error).__name__


__all__ = ["FORWARD", "HeadlessMaster", "Listener", "ProxySettings", "Running", "ServiceSpec", "StartError", "run"]
