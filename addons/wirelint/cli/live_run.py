"""Audit live traffic until the command is stopped, with page, logs and summary: shared by ``proxy`` and ``receive``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from rich.text import Text

from wirelint.cli import lifecycle
from wirelint.cli.logs import Logging
from wirelint.cli.process import ending_on_sigterm
from wirelint.sinks import summary
from wirelint.sinks.console import Printer
from wirelint.sinks.lines import Lines
from wirelint.sinks.own_log import logging_to
from wirelint.sinks.rotating import Stream
from wirelint.sinks.terminal import Occurrence, Terminal, as_block, as_line_with_time

if TYPE_CHECKING:
    from wirelint.live import Live
    from wirelint.settings.engine import AnyEngine
    from wirelint.settings.sampling import Shares
    from wirelint.sources.stats import Stats
    from wirelint.web.page import Addresses, Page
    from wirelint.web.site import Endpoint

_WIDE: Final = 120
_NUMBERS: Final = frozenset({1, 2, 3, 4, 5, 6})

Rows = Sequence[tuple[str, str]]
"""Addresses and their purposes."""


class LiveSession:
    """A run of live audits, from the first address that is printed to the summary.

    :param live: the wiring.
    :param settings: of the page.
    :param addresses: of page and metrics.
    :param screen: whether a screen takes the place of what is printed.
    :param json: whether events are logged as JSON in place of what is printed.
    :param heard: shows or hides what libraries log.
    """

    def __init__(  # noqa: PLR0913 - what it is made of, by name
        self,
        live: Live,
        settings: Page,
        addresses: Addresses,
        *,
        screen: bool,
        json: bool,
        heard: Callable[[bool], None],
    ) -> None:
        self.live = live
        self.page = addresses.page
        self._settings = settings
        self._addresses = addresses
        self._screen = screen
        self._json = json
        self._heard = heard

    def ready(self, listeners: Sequence[Endpoint], rows: Rows) -> None:
        """Say that exchanges are audited from now on.

        :param listeners: the addresses listened on.
        :param rows: these addresses and what they are for, to be printed.
        """
        self._heard(not self._screen)
        self.live.listeners = listeners
        self.live.ready = True
        if self._json:
            lifecycle.begun(listeners, self._addresses if self._settings.is_on else self._addresses._replace(page=""))
        elif not self._screen:
            announce(Printer(sys.stderr), [*rows, *_own_rows(self._settings, self._addresses)])

    def leave(self) -> None:
        """Be ready no more."""
        self.live.ready = False

    def set_ready(self, up: bool) -> None:
        """Be ready, or not."""
        self.live.ready = up


def run_live(  # noqa: PLR0913 - what may be set, by name
    engine: AnyEngine,
    carry: Callable[[LiveSession], None],
    *,
    stats: Stats,
    page: Page,
    prepare: Callable[[Live], None] = lambda _live: None,
    shares: Shares | None = None,
    logging: Logging | None = None,
    screen: bool = False,
) -> Live:
    """Audit live traffic until it ends, then print a summary on standard error.

    :param engine: judges the traffic.
    :param carry: lets exchanges come in, hands them to ``LiveSession.live.consume``, and returns when it is stopped.
    :param stats: counted by ``carry``.
    :param page: where page and metrics are served.
    :param prepare: given the wiring before the page is served.
    :param shares: how much of each service's traffic to audit; all of it where None.
    :param logging: the logs of findings and of wirelint itself, besides the terminal.
    :param screen: whether ``carry`` has a screen of its own, so that nothing is printed.
    :returns: the wiring, stopped, to read numbers from.
    :raises OSError: the page cannot be served.
    """
    from wirelint.live import Live  # noqa: PLC0415 - loads the page and the metrics

    logging = logging or Logging()
    page_url = ""
    terminal = (
        None if screen or logging.quiet or logging.json_on_stdout else _terminal(Printer(sys.stdout), lambda: page_url)
    )
    with logging_to(Lines(Stream(2)), logging.form) as handler:
        # mitmproxy also logs why it cannot start, which would print it twice. Its console screen shows its own log.
        handler.heard = False
        live = Live(
            engine,
            stats=stats,
            shares=shares,
            terminal=terminal,
            log=logging.findings(),
            page=page,
        )
        telemetry = logging.telemetry(live.metrics.families)
        if telemetry is not None:
            live.attach(telemetry)
        prepare(live)

        def heard(on: bool) -> None:
            handler.heard = on

        try:
            addresses = live.start()
            page_url = addresses.page if page.is_on else ""
            session = LiveSession(live, page, addresses, screen=screen, json=logging.form == "json", heard=heard)
            with ending_on_sigterm():
                carry(session)
        except KeyboardInterrupt:  # it came before there was a handler for it
            pass
        finally:
            live.close()
        if logging.form == "json":
            lifecycle.ended(live)
        else:
            _summarise(Printer(sys.stderr), live)
    return live


def _own_rows(settings: Page, addresses: Addresses) -> Rows:
    """Return the addresses of the page and of ``/metrics``, and what they are for."""
    if not settings.is_on:
        page = ("", "no page on this address: --page-token or --page-port turns it on")
    elif settings.token is not None:
        page = (f"{addresses.page}/?token=…", "findings; the token is that of --page-token")
    else:
        page = (f"{addresses.page}/", "findings")
    return page, (f"{addresses.metrics}/metrics", "for Prometheus")


def announce(notes: Printer, rows: Rows) -> None:
    """Print all addresses and their purposes in two columns."""
    rows = [*rows, ("Ctrl-C", "to stop")]
    width = max(len(left) for left, _ in rows)
    for left, right in rows:
        notes.line(f"{left:<{width}}  {right}")
    if any(right.startswith("→") for _, right in rows):
        notes.line("")
        notes.line("Send your requests to an address with an arrow. New findings appear here.")
    notes.line("")


def place(host: str, port: int) -> str:
    """Return host and port as an authority (RFC 3986 §3.2)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _terminal(printer: Printer, page_url: Callable[[], str]) -> Terminal:
    """Return what prints findings: as blocks on a terminal whose lines are too short for them.

    :param page_url: returns the address of the page, empty if there is none.
    """

    def write(text: Text, indent: int) -> None:
        printer.paragraph(text, indent, hang=2)
        sys.stdout.flush()

    def with_link(found: Occurrence) -> Iterator[tuple[int, Text]]:
        yield from as_block(found)
        if url := page_url():
            yield 2, Text(f"{url}/findings/{found.finding.fingerprint}", "blue")
        yield 0, Text("")

    if not printer.is_terminal:
        return Terminal(write)
    return Terminal(write, with_link if printer.console.width < _WIDE else as_line_with_time)


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
        notes.line("no exchange was seen: send requests to wirelint's address, not to the service's")
    unshown = live.terminal.unshown if live.terminal is not None else 0
    for sentence in summary.losses(live.stats, unshown):
        notes.line(sentence)
