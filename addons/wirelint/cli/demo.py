"""Define ``wirelint demo``: misbehaving services, their clients, and the proxy between them."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
import threading
import webbrowser
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import click

from wirelint.cli.common import common
from wirelint.cli.serving import serve
from wirelint.settings.options import PORT, option
from wirelint.settings.setup import default
from wirelint.sinks import summary
from wirelint.sinks.console import Printer

if TYPE_CHECKING:
    from wirelint.demo import Demo
    from wirelint.sources.mitm.master import Running

_HOST: Final = "127.0.0.1"
_PAGE_PORT: Final = 9464


@click.command("demo", short_help="Try wirelint on services that misbehave.")
@option(
    "--duration",
    type=click.FloatRange(0.5),
    default=20,
    show_default=True,
    metavar="SECONDS",
    help="Duration of the demo.",
)
@option("--forever", is_flag=True, help="Run until Ctrl-C.")
@option(
    "--browser/--no-browser", default=True, show_default=True, help="Open the page in a browser, if there is a desktop."
)
@option("--metrics-port", type=PORT, help=f"Port of the page and of /metrics; default: {_PAGE_PORT} if free.")
@common
def command(duration: float, forever: bool, browser: bool, metrics_port: int | None) -> int:
    """Run wirelint between services that misbehave like real ones, one correct service, and their clients.

    Everything runs on this machine, on free ports, and stops with the command.
    """
    notes = Printer(sys.stderr)
    from wirelint.demo import Demo, DemoError  # noqa: PLC0415 - like the next, only once it is wanted
    from wirelint.sources.mitm.settings import ProxySettings, ServiceSpec  # noqa: PLC0415

    trouble: list[str] = []
    try:
        # mitmproxy's files, among them a CA, must not remain.
        with tempfile.TemporaryDirectory(prefix="wirelint-demo-") as folder, Demo() as demo:
            settings = ProxySettings(
                services=[ServiceSpec(url=url, name=name, listen_port=0) for name, url in demo.services.items()],
                grace=1.0,
                options={"confdir": folder},
            )

            def ready(running: Running, url: str) -> None:
                proxied = {each.name: f"http://{each.host}:{each.port}" for each in running.listeners}
                demo.start_clients(proxied, None if forever else duration)
                threading.Thread(target=_follow, args=(demo, running, trouble), daemon=True).start()
                if browser and _on_a_desktop():
                    threading.Thread(target=_open, args=(url,), daemon=True).start()

            port = _page_port() if metrics_port is None else metrics_port
            live = serve(settings, default().engine(), metrics_host=_HOST, metrics_port=port, on_ready=ready)
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


def _follow(demo: Demo, running: Running, trouble: list[str]) -> None:
    """Stop the proxy once the clients exit."""
    from wirelint.demo import DemoError  # noqa: PLC0415

    try:
        demo.wait()
    except DemoError as error:
        trouble.append(str(error))
    with suppress(RuntimeError):  # the event loop has already ended
        running.stop()


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
