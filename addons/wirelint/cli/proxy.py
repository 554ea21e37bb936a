"""``wirelint proxy``: live traffic."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import click

from wirelint.cli.options import PORT, Choice, auditor, common, confidence, option, profile, rule_choice
from wirelint.cli.serving import serve
from wirelint.core.finding import Confidence

BODY_LIMIT: Final = 64 * 1024
_service: Final = re.compile(r"(?:([^=/:@\s]{1,63})=)?(.*?)(?:@(\d{1,5}))?", re.DOTALL)
_MITMWEB_PORT: Final = 8081
_LAST_PORT: Final = 65535


class Wanted(NamedTuple):
    """A service as it is named on the command line; ``name`` is empty and ``port`` None where left out."""

    name: str
    url: str
    port: int | None


@click.command("proxy", short_help="Stand in front of services and audit what they answer.")
@click.argument("services", nargs=-1, metavar="[[NAME=]URL[@PORT]]...")
@option("--port", type=PORT, default=8080, show_default=True, help="Port of the first service, or the forward proxy.")
@option("--host", default="127.0.0.1", show_default=True, help="Address to listen on for services.")
@option("--forward", type=PORT, metavar="PORT", help="Be a forward proxy on this port, too.")
@option("--ui", type=Choice(["none", "web", "console"]), default="none", show_default=True, help="mitmproxy's screen.")
@option("--metrics-port", type=PORT, default=9464, show_default=True, help="Port of the page and of /metrics.")
@option("--metrics-host", default="127.0.0.1", show_default=True, help="Address of the page and of /metrics.")
@option("--metrics-allow-host", multiple=True, metavar="NAME", help="A further name the page answers to; repeatable.")
@option(
    "--body-limit",
    type=click.IntRange(0, 16 * 1024 * 1024),
    default=BODY_LIMIT,
    show_default=True,
    metavar="BYTES",
    help="How much of each body to look at.",
)
@option("--ssl-insecure", is_flag=True, help="Do not verify the certificates of services.")
@option("--confdir", type=click.Path(path_type=Path), metavar="DIR", help="Where mitmproxy keeps its CA.")
@profile
@rule_choice
@confidence
@common
def command(  # noqa: PLR0913, PLR0917 - click passes options as parameters
    services: tuple[str, ...],
    port: int,
    host: str,
    forward: int | None,
    ui: Literal["none", "web", "console"],
    metrics_port: int,
    metrics_host: str,
    metrics_allow_host: tuple[str, ...],
    body_limit: int,
    ssl_insecure: bool,
    confdir: Path | None,
    profile: str,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    min_confidence: Confidence,
) -> int:
    """Stand in front of services and audit what they answer.

    Each service gets a port of its own: 8080, 8081 and so on, or the one behind @. Without any service, be a forward
    proxy. New kinds of findings are printed as they come up; the page shows all of them.
    """
    engine = auditor(select, ignore, min_confidence, profile)
    wanted = [_wanted(word) for word in services]
    if not wanted and forward is None:
        forward = port
    from wirelint.sources.mitm.settings import ProxySettings, ServiceSpec  # noqa: PLC0415 - loads mitmproxy

    taken = {forward, metrics_port, *([_MITMWEB_PORT] if ui == "web" else [])}
    options: dict[str, Any] = {}
    if ssl_insecure:
        options["ssl_insecure"] = True
    if confdir is not None:
        options["confdir"] = str(confdir)
    if ui == "web":
        options["web_port"] = _MITMWEB_PORT
    settings = ProxySettings(
        services=[
            ServiceSpec(url=each.url, name=each.name, listen_host=host, listen_port=place)
            for each, place in zip(wanted, _ports(wanted, port, taken), strict=True)
        ],
        forward_host=host,
        forward_port=forward,
        ui=ui,
        body_limit=body_limit,
        options=options,
    )
    serve(settings, engine, metrics_host=metrics_host, metrics_port=metrics_port, names=metrics_allow_host)
    return 0


def _wanted(word: str) -> Wanted:
    match = _service.fullmatch(word)
    name, url, port = match.groups() if match else (None, word, None)
    if not re.match(r"https?://", url, re.IGNORECASE):
        # Never the word itself: a URL may hold a password.
        hint = f"; did you mean http://{url}?" if re.fullmatch(r"[\w.-]+:\d{1,5}", url) else ""
        raise click.UsageError(
            f"a service's URL must begin with http:// or https://{hint}", click.get_current_context(silent=True)
        )
    if port is not None and int(port) > _LAST_PORT:
        raise click.UsageError(f"no port: {port}", click.get_current_context(silent=True))
    return Wanted(name or "", url, None if port is None else int(port))


def _ports(wanted: Sequence[Wanted], first: int, taken: set[int | None]) -> Iterator[int]:
    """A port for each service: its own, or the next from ``first`` on that nobody else has."""
    taken = taken | {each.port for each in wanted}
    following = first
    for each in wanted:
        if each.port is not None or first == 0:
            yield each.port or 0
            continue
        while following in taken and following < _LAST_PORT:
            following += 1
        yield following
        following += 1
