"""Run a proxy with its page, and print a summary when it stops: shared by ``proxy`` and ``demo``."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import ipaddress
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import msgspec

from wirelint.cli import addresses
from wirelint.cli.live_run import LiveSession, Rows, place, run_live
from wirelint.cli.logs import Logging
from wirelint.cli.process import allow_most_files
from wirelint.sinks.scheme_check import SchemeCheck

_HINTS: Final = {
    "certificate not accepted": "--insecure accepts any certificate",
    "service does not speak TLS": "give its URL with http://",
}

if TYPE_CHECKING:
    from wirelint.live import Live
    from wirelint.settings.engine import AnyEngine
    from wirelint.settings.sampling import Shares
    from wirelint.sinks.saving import Saver
    from wirelint.sources.mitm.master import Running
    from wirelint.sources.mitm.settings import ProxySettings
    from wirelint.sources.mitm.workers.supervisor import Supervisor
    from wirelint.sources.stats import Stats
    from wirelint.web.page import Page
    from wirelint.web.site import Endpoint


def serve(  # noqa: PLR0913 - what may be set, by name
    settings: ProxySettings,
    engine: AnyEngine,
    *,
    page: Page,
    on_ready: Callable[[Running, str], None] = lambda _running, _url: None,
    shares: Shares | None = None,
    logging: Logging | None = None,
    reloading: Callable[[Live], Callable[[], None]] | None = None,
    probe: bool = False,
    doubts: bool = False,
    state: Path | None = None,
    workers: int = 1,
    advise: bool = True,
    save: Callable[[], Saver] | None = None,
) -> Live:
    """Run a proxy until it is stopped, then print a summary on standard error.

    :param engine: judges the traffic.
    :param page: where page and metrics are served.
    :param on_ready: called with the running proxy and the page's address, once all listeners are open.
    :param shares: the share of each service's traffic to audit; None for all.
    :param logging: the logs of findings and of wirelint itself, besides the terminal.
    :param reloading: returns the handler of SIGHUP, given the ``Live``.
    :param probe: repeat a sample of safe requests, to test whether credentials are checked.
    :param doubts: ask again, by safe methods, about what an answer leaves open.
    :param state: the file that keeps what was learned of services; None to keep nothing.
    :param workers: number of processes that carry the traffic. With one, it is this process; with several, this process
        only audits.
    :param save: makes what saves exchanges, once no process will be forked any more; None to save none.
    :param advise: say at the start how to send requests.
    :returns: the stopped ``Live``, to read numbers from.
    :raises click.UsageError: an address is not available, or the settings are invalid.
    """
    # mitmproxy takes a second to import, and only these two commands need it.
    from wirelint.sources.mitm.master import run  # noqa: PLC0415
    from wirelint.sources.stats import Stats  # noqa: PLC0415

    allow_most_files()
    settings, page = _with_page(settings, page)
    stats = Stats()
    # Workers are forked, so they come before anything starts a thread.
    options = _options(settings, page)
    with _supervisor(settings, workers, stats, options) as supervisor:

        def prepare(live: Live) -> None:
            live.reachability.hints = _HINTS
            live.attach(SchemeCheck(live.announce))
            if state is not None:
                live.keep(state)
            if probe or doubts:
                named = {service.name: service.url for service in settings.services if service.name}
                insecure = bool(settings.options.get("ssl_insecure"))
                live.probe(named, insecure=insecure, credentials=probe, doubts=doubts)
            if supervisor is not None:
                live.metrics.register(supervisor.sums)
            if save is not None:
                live.save(save())

        def carry(session: LiveSession) -> None:
            live = session.live

            def ready(running: Running) -> None:
                step = _next_step(running, settings) if advise else ""
                session.ready(_listeners(running), _rows(running, settings), step)
                on_ready(running, session.page)

            if supervisor is not None:
                supervisor.on_listening = session.set_ready
            flows = live.saver if live.saver is not None and not live.saver.is_har else None
            alone = functools.partial(run, settings, stats=stats, saver=flows)
            proxying = alone if supervisor is None else supervisor.run
            proxying(
                live.consume,
                on_ready=ready,
                on_leave=session.leave,
                on_reload=None if reloading is None else reloading(live),
                sampler=live.sampler,
            )

        with as_usage(options):
            return run_live(
                engine,
                carry,
                stats=stats,
                page=page,
                prepare=prepare,
                shares=shares,
                logging=logging,
                screen=settings.ui == "console",
            )


@contextlib.contextmanager
def _supervisor(
    settings: ProxySettings, workers: int, stats: Stats, options: Mapping[int, addresses.Options]
) -> Iterator[Supervisor | None]:
    """Return the worker processes, None if this process does the proxying."""
    if workers == 1:
        yield None
        return
    from wirelint.sources.mitm.workers.supervisor import Supervisor  # noqa: PLC0415 - likewise

    with as_usage(options):
        supervisor = Supervisor(settings, workers, stats)
    try:
        yield supervisor
    finally:
        supervisor.close()


@contextlib.contextmanager
def as_usage(options: Mapping[int, addresses.Options]) -> Iterator[None]:
    """Turn errors at the start into usage errors.

    :param options: the options that choose the address of each port.
    """
    from wirelint.sources.mitm.settings import StartError  # noqa: PLC0415 - likewise

    try:
        yield
    except (StartError, OSError) as error:
        why = error.strerror if isinstance(error, OSError) else None
        text = addresses.advice(why or str(error), options)
        raise click.UsageError(text, click.get_current_context(silent=True)) from error


def _options(settings: ProxySettings, page: Page) -> dict[int, addresses.Options]:
    """Return the options that choose the address of each port."""
    found = {service.listen_port: addresses.SERVICES for service in settings.services}
    chosen = {
        settings.forward_port: addresses.FORWARD if settings.services else addresses.FORWARD_ALONE,
        settings.transparent_port: addresses.TRANSPARENT,
        page.own_port: addresses.PAGE,
        page.port: addresses.METRICS,
    }
    return found | {port: options for port, options in chosen.items() if port is not None}


def _listeners(running: Running) -> list[Endpoint]:
    from wirelint.sources.mitm.master import FORWARD, TRANSPARENT  # noqa: PLC0415 - likewise
    from wirelint.web.site import Endpoint  # noqa: PLC0415

    return [
        Endpoint(f"http://{place(each.host, each.port)}", "" if each.name in {FORWARD, TRANSPARENT} else each.name)
        for each in running.listeners
    ]


def _rows(running: Running, settings: ProxySettings) -> Rows:
    """Return the addresses of services and proxies, and what they are for."""
    targets = {service.name: service.url for service in settings.services if service.name}
    rows = []
    for listener in _listeners(running):
        if listener.service:
            target = targets.get(listener.service)
            rows.append((listener.url, f"→ {listener.service}" + (f" at {target}" if target else "")))
        else:
            folder = Path(str(settings.options.get("confdir", "~/.mitmproxy")))
            redirected = listener.url.endswith(f":{settings.transparent_port}")
            rows.append(
                (listener.url, "→ anywhere, as " + ("connections are redirected" if redirected else "a forward proxy"))
            )
            if not redirected:
                rows.append(("", f"  for {_clients(settings.forward_host)}"))
            if not redirected or settings.transparent_tls:
                rows.append(("", f"  for https, clients must trust {folder / 'mitmproxy-ca-cert.pem'}"))
    if running.web_url is not None:
        rows.append((running.web_url, "mitmweb"))
    return rows


def _next_step(running: Running, settings: ProxySettings) -> str:
    """Return how to send requests through the first listener; empty if its service is not known by a URL."""
    first = _listeners(running)[0]
    targets = {service.name: service.url for service in settings.services}
    if first.service:
        return f"Send requests to {first.url} in place of {targets.get(first.service, f'http://{first.service}')}."
    if first.url.endswith(f":{settings.transparent_port}"):
        return ""
    return f"Send requests through it: set HTTP_PROXY={first.url} for a client, or curl -x {first.url} URL."


def _with_page(settings: ProxySettings, page: Page) -> tuple[ProxySettings, Page]:
    """Return settings by which the forward proxy knows the page's ports, and the page with these ports."""
    from wirelint.sources.mitm.settings import free_port  # noqa: PLC0415 - likewise

    if settings.forward_port is None:
        return settings, page
    port = page.port or free_port(page.host)
    own = free_port("127.0.0.1") if page.own_port == 0 else page.own_port
    ports = (port,) if own is None else (port, own)
    return dataclasses.replace(settings, page_ports=ports), msgspec.structs.replace(page, port=port, own_port=own)


def _clients(host: str) -> str:
    """Return the text that says which clients may use a forward proxy on an address."""
    try:
        alone = host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        alone = False
    return "this machine alone; --forward-host opens it to others" if alone else "all clients with private addresses"
