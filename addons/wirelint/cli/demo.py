"""Define ``wirelint demo``: misbehaving services, their clients, and the proxy between them."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
import threading
import webbrowser
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from wirelint.cli.common import common
from wirelint.cli.receiving import need_extra, receive
from wirelint.cli.serving import serve
from wirelint.rules import catalogue
from wirelint.settings import tables
from wirelint.settings.file import Config
from wirelint.settings.options import PORT, option
from wirelint.settings.sampling import Shares
from wirelint.settings.setup import Setup
from wirelint.sinks import summary
from wirelint.sinks.console import Printer
from wirelint.web.page import Page

if TYPE_CHECKING:
    from wirelint.demo import Demo
    from wirelint.live import Live
    from wirelint.sources.mitm.master import Running

Begin = Callable[[Mapping[str, str], str, Callable[[], None]], None]
"""Starts the clients: is given where to reach each service, the address of the page, and a way to stop it all."""

_HOST: Final = "127.0.0.1"
_PAGE_PORT: Final = 9464


@click.command("demo", short_help="Try wirelint on services that misbehave.")
@option(
    "--duration",
    type=click.FloatRange(0.5),
    metavar="SECONDS",
    help="Stop after so long, for scripts; default: run until Ctrl-C.",
)
@option("--forever", is_flag=True, help="Run until Ctrl-C, whatever --duration says.")
@option("--envoy", is_flag=True, help="Let Envoy carry the traffic, and audit its access log.")
@option(
    "--browser/--no-browser", default=True, show_default=True, help="Open the page in a browser, if there is a desktop."
)
@option("--metrics-port", type=PORT, help=f"Port of the page and of /metrics; default: {_PAGE_PORT} if free.")
@common
def command(duration: float | None, forever: bool, envoy: bool, browser: bool, metrics_port: int | None) -> int:
    """Run wirelint between services that misbehave like real ones, one correct service, and their clients.

    Everything runs on this machine, on free ports, and stops with the command.
    """
    notes = Printer(sys.stderr)
    from wirelint.demo import Demo, DemoError  # noqa: PLC0415 - only once it is wanted

    if envoy:
        need_extra()
    trouble: list[str] = []
    port = _page_port() if metrics_port is None else metrics_port
    try:
        with tempfile.TemporaryDirectory(prefix="wirelint-demo-") as folder, Demo() as demo:

            def begin(urls: Mapping[str, str], page: str, stop: Callable[[], None]) -> None:
                demo.start_clients(urls, None if forever else duration)
                if forever or duration is None:
                    notes.line(f"Open {page}/ : the demo and its page stay until Ctrl-C. For scripts: --duration 20")
                    notes.line("")
                threading.Thread(target=_follow, args=(demo, stop, trouble), daemon=True).start()
                if browser and _on_a_desktop():
                    threading.Thread(target=_open, args=(page,), daemon=True).start()

            run = _behind_envoy if envoy else _behind_proxy
            live = run(demo.services, Path(folder), port, begin)
            demo.stop()
    except DemoError as error:
        raise click.UsageError(str(error), click.get_current_context()) from error
    if trouble:
        raise click.UsageError(trouble[0], click.get_current_context())
    gravest, _ = summary.gravest(live.journal)
    rule = gravest[0]["rule"] if gravest else "unauthorized-without-challenge"
    notes.line("")
    notes.line("Where to look next:")
    notes.line(f"  wirelint explain {rule:<34} what it means, and how to fix it")
    notes.line(f"  {'wirelint proxy http://localhost:3000':<51} the same for a service of yours")
    notes.line(f"  {'wirelint audit capture.har':<51} the same for what a browser recorded")
    return 0


def _behind_proxy(services: Mapping[str, str], folder: Path, port: int, begin: Begin) -> Live:
    from wirelint.sources.mitm.settings import ProxySettings, ServiceSpec  # noqa: PLC0415 - loads mitmproxy

    settings = ProxySettings(
        services=[ServiceSpec(url=url, name=name, listen_port=0) for name, url in services.items()],
        grace=1.0,
        # mitmproxy's files, among them a CA, must not remain.
        options={"confdir": str(folder)},
    )

    def ready(running: Running, page: str) -> None:
        begin({each.name: f"http://{each.host}:{each.port}" for each in running.listeners}, page, running.stop)

    return serve(settings, _setup().engine(), page=Page(host=_HOST, port=port), on_ready=ready, advise=False)


def _behind_envoy(services: Mapping[str, str], folder: Path, port: int, begin: Begin) -> Live:
    from wirelint.demo.envoy import DemoEnvoy, free_ports  # noqa: PLC0415 - only once it is wanted
    from wirelint.sources.envoy.receiver import ReceiverSettings  # noqa: PLC0415 - loads grpcio, which is an extra

    (receiving,) = free_ports(1)
    carrier = DemoEnvoy(services, receiving, folder)
    try:
        return receive(
            ReceiverSettings(host=_HOST, port=receiving),
            _setup().engine(),
            page=Page(host=_HOST, port=port),
            rows=[(url, f"→ {name} at {services[name]}, through Envoy") for name, url in carrier.urls.items()],
            on_ready=lambda running, page: begin(carrier.urls, page, running.stop),
        )
    finally:
        carrier.stop()


def _setup() -> Setup:
    """Return the setup without any settings but the documents of the demo's services."""
    from wirelint.demo.scenarios import DOCUMENTS  # noqa: PLC0415 - only once it is wanted

    options = tables.PolicyOptions(openapi=[f"{name}={path}" for name, path in DOCUMENTS.items()])
    return Setup(tables.build(catalogue(), options, Config(), now=0.0), Shares())


def _follow(demo: Demo, stop: Callable[[], None], trouble: list[str]) -> None:
    """Stop the proxy or the receiver once the clients have ended."""
    from wirelint.demo import DemoError  # noqa: PLC0415

    try:
        demo.wait()
    except DemoError as error:
        trouble.append(str(error))
    with suppress(RuntimeError):  # the event loop has already ended
        stop()


def _page_port() -> int:
    with suppress(OSError), socket.create_server((_HOST, _PAGE_PORT)):
        return _PAGE_PORT
    return 0


def _on_a_desktop() -> bool:
    if not (sys.stdout.isatty() and sys.stderr.isatty()) or os.environ.get("CI") or os.environ.get("SSH_CONNECTION"):
        return False
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _open(url: str) -> None:
    with suppress(webbrowser.Error, OSError):
        webbrowser.open(url)
