"""Run a proxy with its page, and print a summary when it stops: shared by ``proxy`` and ``demo``."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import ipaddress
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from rich.text import Text

from wirelint.cli import lifecycle
from wirelint.cli.logs import Logging
from wirelint.cli.process import allow_most_files, ending_on_sigterm
from wirelint.sinks import summary
from wirelint.sinks.console import Printer
from wirelint.sinks.lines import Lines
from wirelint.sinks.own_log import logging_to
from wirelint.sinks.rotating import Stream
from wirelint.sinks.terminal import Terminal

if TYPE_CHECKING:
    from wirelint.live import Live
    from wirelint.settings.engine import AnyEngine
    from wirelint.settings.sampling import Shares
    from wirelint.sources.mitm.master import Running
    from wirelint.sources.mitm.settings import ProxySettings
    from wirelint.sources.mitm.stats import Stats
    from wirelint.sources.mitm.workers.supervisor import Supervisor
    from wirelint.web.site import Endpoint

_NUMBERS: Final = frozenset({1, 2, 3, 4, 5, 6})
# The text of mitmproxy and asyncio for an address in use.
_refused: Final = re.compile(r".* failed to listen on (\S+) with .*[:\]] ([^:\]]+)")


def serve(  # noqa: PLR0913 - what may be set, by name
    settings: ProxySettings,
    engine: AnyEngine,
    *,
    metrics_host: str,
    metrics_port: int,
    names: Iterable[str] = (),
    on_ready: Callable[[Running, str], None] = lambda _running, _url: None,
    shares: Shares | None = None,
    logging: Logging | None = None,
    reloading: Callable[[Live], Callable[[], None]] | None = None,
    probe: bool = False,
    workers: int = 1,
) -> Live:
    """Run a proxy until it is stopped, then print a summary on standard error.

    :param engine: judges the traffic.
    :param names: further host names of the page.
    :param on_ready: called with the running proxy and the page's address, once all listeners are open.
    :param shares: the share of each service's traffic to audit; None for all.
    :param logging: the logs of findings and of wirelint itself, besides the terminal.
    :param reloading: returns the handler of SIGHUP, given the ``Live``.
    :param probe: repeat a sample of safe requests, to test whether credentials are checked.
    :param workers: number of processes that carry the traffic. With one, it is this process; with several, this process
        only audits.
    :returns: the stopped ``Live``, to read numbers from.
    :raises click.UsageError: an address is not available, or the settings are invalid.
    """
    # mitmproxy takes a second to import, and only these two commands need it.
    from wirelint.live import Live  # noqa: PLC0415
    from wirelint.sources.mitm.master import run  # noqa: PLC0415
    from wirelint.sources.mitm.stats import Stats  # noqa: PLC0415

    allow_most_files()
    settings, metrics_port = _with_page(settings, metrics_host, metrics_port)
    stats = Stats()
    notes = Printer(sys.stderr)
    logging = logging or Logging()
    screen = settings.ui == "console"
    terminal = None if screen or logging.json_on_stdout else Terminal(_write_to(Printer(sys.stdout)))
    # Workers are forked, so they come before anything starts a thread.
    with _supervisor(settings, workers, stats) as supervisor, logging_to(Lines(Stream(2)), logging.form) as handler:
        # mitmproxy also logs why it cannot start, which would print it twice. Its console screen shows its own log.
        handler.heard = False
        live = Live(
            engine,
            stats=stats,
            shares=shares,
            terminal=terminal,
            log=logging.findings(),
            host=metrics_host,
            port=metrics_port,
            names=names,
        )

        if probe:
            named = {service.name: service.url for service in settings.services if service.name}
            live.probe(named, insecure=bool(settings.options.get("ssl_insecure")))

        def ready(running: Running) -> None:
            handler.heard = not screen
            live.listeners = _listeners(running)
            live.ready = True
            if logging.form == "json":
                lifecycle.begun(live.listeners, url)
            elif not screen:
                _print_addresses(notes, running, settings, url)
            on_ready(running, url)

        def leave() -> None:
            live.ready = False

        def set_ready(up: bool) -> None:
            live.ready = up

        if supervisor is not None:
            live.metrics.register(supervisor.sums)
            supervisor.on_listening = set_ready
        carry = functools.partial(run, settings, stats=stats) if supervisor is None else supervisor.run
        try:
            with _as_usage():
                url = live.start()
                with ending_on_sigterm():
                    carry(
                        live.consume,
                        on_ready=ready,
                        on_leave=leave,
                        on_reload=None if reloading is None else reloading(live),
                        sampler=live.sampler,
                    )
        except KeyboardInterrupt:  # it came before the proxy had a handler for it
            pass
        finally:
            live.close()
        if logging.form == "json":
            lifecycle.ended(live)
        else:
            _summarise(notes, live)
    return live


@contextlib.contextmanager
def _supervisor(settings: ProxySettings, workers: int, stats: Stats) -> Iterator[Supervisor | None]:
    """Return the worker processes, None if this process does the proxying."""
    if workers == 1:
        yield None
        return
    from wirelint.sources.mitm.workers.supervisor import Supervisor  # noqa: PLC0415 - likewise

    with _as_usage():
        supervisor = Supervisor(settings, workers, stats)
    try:
        yield supervisor
    finally:
        supervisor.close()


@contextlib.contextmanager
def _as_usage() -> Iterator[None]:
    """Turn errors at the start into usage errors."""
    from wirelint.sources.mitm.settings import StartError  # noqa: PLC0415 - likewise

    try:
        yield
    except (StartError, OSError) as error:
        why = error.strerror if isinstance(error, OSError) else None
        text = _refused.sub(r"cannot listen on \1: \2", why or str(error))
        raise click.UsageError(text, click.get_current_context(silent=True)) from error


def _write_to(printer: Printer) -> Callable[[Text], None]:
    def write(text: Text) -> None:
        printer.line(text)
        sys.stdout.flush()

    return write


def _listeners(running: Running) -> list[Endpoint]:
    from wirelint.sources.mitm.master import FORWARD, TRANSPARENT  # noqa: PLC0415 - likewise
    from wirelint.web.site import Endpoint  # noqa: PLC0415

    return [
        Endpoint(f"http://{_place(each.host, each.port)}", "" if each.name in {FORWARD, TRANSPARENT} else each.name)
        for each in running.listeners
    ]


def _print_addresses(notes: Printer, running: Running, settings: ProxySettings, url: str) -> None:
    """Print all addresses and their purposes in two columns."""
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
    rows += [(f"{url}/", "findings"), (f"{url}/metrics", "for Prometheus"), ("Ctrl-C", "to stop")]
    width = max(len(left) for left, _ in rows)
    for left, right in rows:
        notes.line(f"{left:<{width}}  {right}")
    notes.line("")


def _with_page(settings: ProxySettings, host: str, port: int) -> tuple[ProxySettings, int]:
    """Return settings by which the forward proxy knows the page's port, and that port."""
    from wirelint.sources.mitm.settings import free_port  # noqa: PLC0415 - likewise

    if settings.forward_port is None:
        return settings, port
    port = port or free_port(host)
    return dataclasses.replace(settings, page_port=port), port


def _clients(host: str) -> str:
    """Return the text that says which clients may use a forward proxy on an address."""
    try:
        alone = host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        alone = False
    return "this machine alone; --forward-host opens it to others" if alone else "all clients with private addresses"


def _summarise(notes: Printer, live: Live) -> None:
    totals = live.journal.services()["totals"]
    notes.line("")
    if totals["exchanges"]:
        notes.table(summary.services(live.journal), right=_NUMBERS)
        for sentence in summary.states(live.journal):
            notes.line(sentence)
        if rows := summary.findings(live.journal):
            notes.line("")
            notes.table(rows, right=frozenset({0}))
    else:
        notes.line("no exchange was seen")
    unshown = live.terminal.unshown if live.terminal is not None else 0
    for sentence in summary.losses(live.stats, unshown):
        notes.line(sentence)


def _place(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
