"""Run a receiver of Envoy's access logs, or follow other access logs, with the page: for ``receive`` and ``demo``."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import click

from wirelint.cli import addresses
from wirelint.cli.live_run import LiveSession, Rows, place, run_live

if TYPE_CHECKING:
    from pathlib import Path

    from wirelint.cli.logs import Logging
    from wirelint.live import Live
    from wirelint.settings.engine import AnyEngine
    from wirelint.settings.sampling import Shares
    from wirelint.sources.envoy.receiver import ReceiverSettings, Receiving
    from wirelint.web.page import Page


_UNSENT: Final = "no exchange was seen: has Envoy the blocks that wirelint export envoy writes, with this address?"
_UNWRITTEN: Final = "no exchange was seen: only what is appended while this runs counts; wirelint audit reads the rest"


def receive(  # noqa: PLR0913 - what may be set, by name
    settings: ReceiverSettings,
    engine: AnyEngine,
    *,
    page: Page,
    state: Path | None = None,
    rows: Rows = (),
    on_ready: Callable[[Receiving, str], None] = lambda _running, _url: None,
    shares: Shares | None = None,
    logging: Logging | None = None,
    reloading: Callable[[Live], Callable[[], None]] | None = None,
) -> Live:
    """Receive until it is stopped, then print a summary on standard error.

    :param settings: of the receiver.
    :param engine: judges the traffic.
    :param page: where page and metrics are served.
    :param state: the file that keeps what was learned of services; None to keep nothing.
    :param rows: further addresses to print, and what they are for.
    :param on_ready: called with what runs and with the page's address, once it listens.
    :param shares: how much of each service's traffic to audit; all of it where None.
    :param logging: the logs of findings and of wirelint itself, besides the terminal.
    :param reloading: is given the wiring, and returns what to call with each SIGHUP.
    :returns: the wiring, stopped, to read numbers from.
    :raises click.UsageError: an address cannot be listened on, or a file cannot be read.
    """
    from wirelint.sources.envoy import receiver  # noqa: PLC0415 - loads grpcio, which is an extra
    from wirelint.web.site import Endpoint  # noqa: PLC0415 - only once it is wanted

    stats = receiver.new_stats()

    def carry(session: LiveSession) -> None:
        def ready(running: Receiving) -> None:
            url = f"{'http' if settings.certificate is None else 'https'}://{place(settings.host, running.port)}"
            session.ready([Endpoint(url)], [*rows, (url, "← access logs of Envoy (gRPC)")])
            on_ready(running, session.page)

        live = session.live
        receiver.run(
            settings,
            live.consume,
            stats=stats,
            sampler=live.sampler,
            on_ready=ready,
            on_leave=session.leave,
            on_reload=None if reloading is None else reloading(live),
        )

    def prepare(live: Live) -> None:
        if state is not None:
            live.keep(state)

    try:
        return run_live(
            engine, carry, stats=stats, page=page, prepare=prepare, shares=shares, logging=logging, unseen=_UNSENT
        )
    except OSError as error:
        options = {settings.port: addresses.RECEIVER, page.port: addresses.METRICS, page.own_port or 0: addresses.PAGE}
        text = addresses.advice(error.strerror or str(error), options)
        raise click.UsageError(text, click.get_current_context(silent=True)) from error


def follow(  # noqa: PLR0913 - what may be set, by name
    paths: Sequence[Path],
    engine: AnyEngine,
    *,
    page: Page,
    state: Path | None,
    shares: Shares,
    logging: Logging,
    overload_lag: int,
    reloading: Callable[[Live], Callable[[], None]],
) -> None:
    """Audit what is appended to access logs until it is stopped, then print a summary on standard error.

    :param paths: the logs.
    :param overload_lag: see ``ReceiverSettings``; the other parameters are those of ``receive``.
    :raises click.UsageError: a log cannot be read, or an address not be listened on.
    """
    from wirelint.sources.received import tail  # noqa: PLC0415 - only once it is wanted

    stats = tail.new_stats()

    def carry(session: LiveSession) -> None:
        live = session.live
        tail.run(
            paths,
            live.consume,
            stats=stats,
            sampler=live.sampler,
            overload_lag=overload_lag,
            on_ready=lambda _stop: session.ready([], [(str(path), "← access log, from its end on") for path in paths]),
            on_leave=session.leave,
            on_reload=reloading(live),
        )

    def prepare(live: Live) -> None:
        if state is not None:
            live.keep(state)

    try:
        run_live(
            engine, carry, stats=stats, page=page, prepare=prepare, shares=shares, logging=logging, unseen=_UNWRITTEN
        )
    except OSError as error:
        text = addresses.advice(
            error.strerror or str(error), {page.port: addresses.METRICS, page.own_port or 0: addresses.PAGE}
        )
        if isinstance(error.filename, str | os.PathLike):
            text = f"{os.fspath(error.filename)} cannot be followed: {error.strerror}"
        raise click.UsageError(text, click.get_current_context(silent=True)) from error


def need_extra() -> None:
    """Check that the libraries of the extra are there.

    :raises click.UsageError: one is not.
    """
    try:
        import wirelint.sources.envoy.receiver  # noqa: F401, PLC0415 - likewise
    except ImportError as error:
        message = f"{error.name or 'a library'} is not installed: run pip install 'wirelint[envoy]'"
        raise click.UsageError(message, click.get_current_context(silent=True)) from error
