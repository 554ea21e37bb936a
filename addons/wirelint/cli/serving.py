"""What ``proxy`` and ``demo`` share: a proxy with its page, and a summary when it stops."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from rich.text import Text

from wirelint.cli.console import Printer
from wirelint.core.engine import Engine
from wirelint.sinks import summary
from wirelint.sinks.terminal import Terminal

if TYPE_CHECKING:
    from wirelint.live import Live
    from wirelint.sources.mitm.master import Running
    from wirelint.sources.mitm.settings import ProxySettings
    from wirelint.web.site import Listener

_NUMBERS: Final = frozenset({1, 2, 3, 4, 5})
# How mitmproxy and asyncio say together that an address is taken.
_refused: Final = re.compile(r".* failed to listen on (\S+) with .*[:\]] ([^:\]]+)")


def serve(  # noqa: PLR0913 - what may be set, by name
    settings: ProxySettings,
    engine: Engine,
    *,
    metrics_host: str,
    metrics_port: int,
    names: Iterable[str] = (),
    on_ready: Callable[[Running, str], None] = lambda _running, _url: None,
) -> Live:
    """Run a proxy until it is told to stop, then print a summary on standard error.

    :param engine: judges the traffic.
    :param names: further names that the page answers to.
    :param on_ready: called with what runs and with the page's address, once all is up and said so.
    :returns: the wiring, stopped, to read numbers from.
    :raises click.UsageError: an address cannot be listened on, or the settings make no sense.
    """
    # mitmproxy takes a second to load, and only these two commands need it.
    from wirelint.live import Live  # noqa: PLC0415
    from wirelint.sources.mitm.master import run  # noqa: PLC0415
    from wirelint.sources.mitm.settings import StartError  # noqa: PLC0415

    notes = Printer(sys.stderr)
    terminal = None if settings.ui == "console" else Terminal(_write_to(Printer(sys.stdout)))
    live = Live(engine, terminal=terminal, host=metrics_host, port=metrics_port, names=names)

    # mitmproxy logs why it cannot start, and so would say it twice.
    silence = logging.NullHandler()
    logging.getLogger("mitmproxy").addHandler(silence)

    def ready(running: Running) -> None:
        logging.getLogger("mitmproxy").removeHandler(silence)
        live.listeners = _listeners(running)
        live.ready = True
        if settings.ui != "console":
            _tell(notes, running, settings, url)
        on_ready(running, url)

    try:
        url = live.start()
        run(settings, live.consume, on_ready=ready, stats=live.stats)
    except KeyboardInterrupt:  # it came before the proxy began to listen for it
        pass
    except (StartError, OSError) as error:
        why = error.strerror if isinstance(error, OSError) else None
        text = _refused.sub(r"cannot listen on \1: \2", why or str(error))
        raise click.UsageError(text, click.get_current_context(silent=True)) from error
    finally:
        logging.getLogger("mitmproxy").removeHandler(silence)
        live.close()
    _summarise(notes, live)
    return live


def _write_to(printer: Printer) -> Callable[[Text], None]:
    def write(text: Text) -> None:
        printer.line(text)
        sys.stdout.flush()

    return write


def _listeners(running: Running) -> list[Listener]:
    from wirelint.sources.mitm.master import FORWARD  # noqa: PLC0415 - likewise
    from wirelint.web.site import Listener  # noqa: PLC0415

    return [
        Listener(f"http://{_place(each.host, each.port)}", "" if each.name == FORWARD else each.name)
        for each in running.listeners
    ]


def _tell(notes: Printer, running: Running, settings: ProxySettings, url: str) -> None:
    """Say where what is, in two columns."""
    targets = {service.name: service.url for service in settings.services if service.name}
    rows = []
    for listener in _listeners(running):
        if listener.service:
            target = targets.get(listener.service)
            rows.append((listener.url, f"→ {listener.service}" + (f" at {target}" if target else "")))
        else:
            folder = Path(str(settings.options.get("confdir", "~/.mitmproxy")))
            rows.append((listener.url, "→ anywhere, as a forward proxy"))
            rows.append(("", f"  for https, clients must trust {folder / 'mitmproxy-ca-cert.pem'}"))
    if running.web_url is not None:
        rows.append((running.web_url, "mitmweb"))
    rows += [(f"{url}/", "findings"), (f"{url}/metrics", "for Prometheus"), ("Ctrl-C", "to stop")]
    width = max(len(left) for left, _ in rows)
    for left, right in rows:
        notes.line(f"{left:<{width}}  {right}")
    notes.line("")


def _summarise(notes: Printer, live: Live) -> None:
    told = live.journal.services()["totals"]
    notes.line("")
    if told["exchanges"]:
        notes.table(summary.services(live.journal), right=_NUMBERS)
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
