"""Audit live traffic until the command is stopped, with page, logs and summary: shared by ``proxy`` and ``receive``."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from rich.text import Text

from wirelint.cli import lifecycle
from wirelint.cli.logs import Logging
from wirelint.cli.process import ending_on_sigterm
from wirelint.core.finding import Finding
from wirelint.sinks import summary
from wirelint.sinks.console import Printer
from wirelint.sinks.layout import Line, block, brief
from wirelint.sinks.lines import Lines
from wirelint.sinks.own_log import logging_to
from wirelint.sinks.rotating import Stream
from wirelint.sinks.terminal import LayOut, Terminal
from wirelint.sinks.text import printable

if TYPE_CHECKING:
    from wirelint.live import Live
    from wirelint.settings.engine import AnyEngine
    from wirelint.settings.sampling import Shares
    from wirelint.sources.stats import Stats
    from wirelint.web.page import Addresses, Page
    from wirelint.web.site import Endpoint

_WIDTH: Final = 80
_UNSEEN: Final = "no exchange was seen: send requests to wirelint's address, not to the service's"
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
    :param quiet: whether to print no addresses.
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
        quiet: bool,
        heard: Callable[[bool], None],
    ) -> None:
        self.live = live
        self.page = addresses.page
        self._settings = settings
        self._addresses = addresses
        self._screen = screen
        self._json = json
        self._quiet = quiet
        self._heard = heard

    def ready(self, listeners: Sequence[Endpoint], rows: Rows, next_step: str = "") -> None:
        """Say that exchanges are audited from now on.

        :param listeners: the addresses listened on.
        :param rows: these addresses and what they are for, to be printed.
        :param next_step: a sentence that says how to send requests; printed with another one about the page.
        """
        self._heard(not self._screen)
        self.live.listeners = listeners
        self.live.ready = True
        if self._json:
            lifecycle.begun(listeners, self._addresses if self._settings.is_on else self._addresses._replace(page=""))
        elif not (self._screen or self._quiet):
            notes = Printer(sys.stderr)
            announce(notes, [*rows, *_own_rows(self._settings, self._addresses)])
            if next_step:
                shown = f" and at {self.page}/" if self._settings.is_on else ""
                notes.line(next_step)
                notes.line(f"New findings appear here{shown}.")
                notes.line("")

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
    unseen: str = _UNSEEN,
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
    :param unseen: printed in place of a summary if there was no exchange.
    :returns: the wiring, stopped, to read numbers from.
    :raises OSError: the page cannot be served.
    """
    from wirelint.live import Live  # noqa: PLC0415 - loads the page and the metrics

    begun = time.monotonic()
    logging = logging or Logging()
    terminal = None if screen or logging.json_on_stdout else _terminal(quiet=logging.quiet)
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
        if (printed := logging.printed()) is not None:
            live.attach(printed)
        telemetry = logging.telemetry(live.metrics.families)
        if telemetry is not None:
            live.attach(telemetry)
        prepare(live)

        def heard(on: bool) -> None:
            handler.heard = on

        try:
            addresses = live.start()
            if terminal is not None:
                terminal.lay_out = _lay_out(addresses.page if page.is_on and page.token is None else "")
            session = LiveSession(
                live,
                page,
                addresses,
                screen=screen,
                json=logging.form == "json",
                quiet=logging.quiet,
                heard=heard,
            )
            with ending_on_sigterm():
                carry(session)
        except KeyboardInterrupt:  # it came before there was a handler for it
            pass
        finally:
            live.close()
        if logging.form == "json":
            lifecycle.ended(live)
        else:
            _summarise(Printer(sys.stderr), live, time.monotonic() - begun, unseen)
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
    notes.line("")


def place(host: str, port: int) -> str:
    """Return host and port as an authority (RFC 3986 §3.2)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _terminal(*, quiet: bool) -> Terminal:
    """Return a terminal on standard output: blocks by its width, or one line for each finding if others collect it."""
    printer = Printer(sys.stdout)

    def write(line: Line) -> None:
        printer.lay_out(line)
        sys.stdout.flush()

    return Terminal(write, quiet=quiet)


def _lay_out(page: str) -> LayOut:
    """Return the layout of a terminal.

    :param page: address of the page; empty if it cannot be opened from there.
    """
    printer = Printer(sys.stdout)

    def lay_out(finding: Finding, target: str) -> Iterable[Line]:
        if printer.width is None:
            return brief(finding, clock=True)
        link = f"{page}/findings/{finding.fingerprint}" if page else ""
        return block(finding, printer.width, clock=True, target=target, link=link)

    return lay_out


def _summarise(notes: Printer, live: Live, seconds: float, unseen: str) -> None:
    """Print a summary that fits into a message to others: nothing in it is wider than 80 columns."""
    width = _WIDTH if notes.width is None else min(_WIDTH, notes.width)
    notes.line("")
    if live.journal.services()["totals"]["exchanges"]:
        notes.paragraph(Text(summary.overview(live.journal, seconds)), hang=2, width=width)
        notes.line("")
        notes.table(summary.services(live.journal), right=_NUMBERS, width=width)
        for sentence in summary.states(live.journal):
            notes.paragraph(Text(sentence), hang=2, width=width)
        if lines := summary.findings(live.journal, width):
            notes.line("")
            for line in lines:
                notes.line(line)
    else:
        notes.line(unseen)
    unshown = live.terminal.unshown if live.terminal is not None else 0
    if (saver := live.saver) is not None:
        for sentence in summary.saving(saver, printable(str(saver.path)), masked=saver.names is not None):
            notes.paragraph(Text(sentence), hang=2, width=width)
    for sentence in summary.losses(live.stats, unshown):
        notes.paragraph(Text(sentence), hang=2, width=width)
