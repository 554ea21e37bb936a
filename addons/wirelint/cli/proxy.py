"""Define ``wirelint proxy``, which audits live traffic."""

from __future__ import annotations

import contextlib
import os
import re
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import click

from wirelint.cli import addresses
from wirelint.cli.common import common
from wirelint.cli.live_options import overload_option, page_of, page_options, state_option
from wirelint.cli.logs import Logging, OtelProtocol, log_options
from wirelint.cli.process import ending_on_sigterm
from wirelint.cli.serving import serve
from wirelint.settings.options import PORT, Choice, option, variable
from wirelint.settings.reload import Reload, Rereadable
from wirelint.settings.setup import sample, setup
from wirelint.settings.tables import policy_options
from wirelint.sinks.own_log import Form
from wirelint.sinks.saving import Saver, is_har
from wirelint.web.names import is_loopback
from wirelint.web.page import Page

if TYPE_CHECKING:
    from wirelint.sources.mitm.settings import ProxySettings

BODY_LIMIT: Final = 64 * 1024
_service: Final = re.compile(r"(?:([^=/:@\s]{1,63})=)?(.*?)(?:@(\d{1,5}))?", re.DOTALL)
_transparent: Final = re.compile(r"(?:([^=/:@\s]{1,63})=)?(\d{1,5})")
_no_port: Final = re.compile(r"@(\d[^/:.@]{0,15})$")
_MITMWEB_PORT: Final = 8081
_MOST_WORKERS: Final = 64
_LAST_PORT: Final = 65535


class Wanted(NamedTuple):
    """A service given on the command line; ``name`` is empty and ``port`` None if left out."""

    name: str
    url: str
    port: int | None


@click.command("proxy", cls=Rereadable, short_help="Run a proxy in front of services and audit their responses.")
@click.argument("services", nargs=-1, envvar=variable("services"), metavar="[[NAME=]URL[@PORT]]...")
@option("--port", type=PORT, default=8080, show_default=True, help="Port of the first service, or the forward proxy.")
@option("--host", default="127.0.0.1", show_default=True, help="Address to listen on for services.")
@option("--forward", type=PORT, metavar="PORT", help="Also run a forward proxy on this port.")
@option("--forward-host", default="127.0.0.1", show_default=True, help="Address of the forward proxy.")
@option("--transparent", metavar="[NAME=]PORT", help="Also accept redirected connections on this port.")
@option("--transparent-tls", is_flag=True, help="Decrypt TLS on redirected connections; clients must trust our CA.")
@option("--ui", type=Choice(["none", "web", "console"]), default="none", show_default=True, help="mitmproxy's screen.")
@page_options
@option(
    "--body-limit",
    type=click.IntRange(0, 16 * 1024 * 1024),
    default=BODY_LIMIT,
    show_default=True,
    metavar="BYTES",
    help="Bytes of each body to inspect.",
)
@option("--probe-auth", is_flag=True, help="Repeat a sample of GETs with broken and without credentials: see README.")
@option("--probe", is_flag=True, help="Ask again, by OPTIONS and GET, about some 404s and 500s: see README.")
@state_option
@option("--ssl-insecure", "--insecure", is_flag=True, help="Do not verify the certificates of services.")
@option("--confdir", type=click.Path(path_type=Path), metavar="DIR", help="Where mitmproxy keeps its CA.")
@overload_option
@option(
    "--grace",
    type=click.FloatRange(0, 3600),
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="Time for exchanges to finish at shutdown.",
)
@option(
    "--workers",
    type=click.IntRange(1, _MOST_WORKERS),
    default=1,
    show_default=True,
    metavar="NUMBER",
    help="Number of proxy processes. With 1, it also audits; more than 1 needs Linux.",
)
@option(
    "--save",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Save all exchanges: as HAR if the name ends in .har or .har.gz, else appended as mitmproxy flows.",
)
@option("--mask", is_flag=True, help="Mask secrets and names of people in the file of --save.")
@option(
    "--save-size",
    type=click.IntRange(1),
    default=1024,
    show_default=True,
    metavar="MIB",
    help="Most to write to the file of --save, before compression.",
)
@sample
@log_options
@policy_options
@common
def command(  # noqa: PLR0913, PLR0917 - click passes options as parameters
    services: tuple[str, ...],
    port: int,
    host: str,
    forward: int | None,
    forward_host: str,
    transparent: str | None,
    transparent_tls: bool,
    ui: Literal["none", "web", "console"],
    metrics_port: int,
    page_port: int | None,
    body_limit: int,
    probe_auth: bool,
    probe: bool,
    state: Path | None,
    ssl_insecure: bool,
    confdir: Path | None,
    overload_lag: int,
    grace: float,
    workers: int,
    save: Path | None,
    save_size: int,
    mask: bool,
    log: str | None,
    log_size: int,
    log_files: int,
    log_format: Form,
    otel: OtelProtocol,
    quiet: bool,
    form: str,
    **_read_by_setup: object,
) -> int:
    """Run a proxy in front of services and audit their responses.

    Each service gets its own port: 8080, 8081 and so on, or the one after @. Without services, run a forward proxy.
    The first finding of each kind is printed; the page shows all of them.
    """
    context = click.get_current_context()
    found = setup(context)
    logging = Logging(log, log_size, log_files, log_format, otel, quiet, form == "jsonl")
    if ui == "console" and logging.json_on_stdout:
        raise click.UsageError(
            "--ui console needs standard output: use --log FILE, --log-format text and --format text", context
        )
    if workers > 1 and (ui != "none" or transparent):
        raise click.UsageError("--workers works neither with --ui nor with --transparent: leave one out", context)
    saving = _saving(save, save_size, workers, mask=mask)
    wanted = [_wanted(word) for word in services]
    _different(wanted)
    if (probe_auth or probe) and not any(each.name for each in wanted):
        asked = "--probe-auth" if probe_auth else "--probe"
        raise click.UsageError(f"{asked} needs a service with a name: give it as NAME=URL", context)
    name, redirected = _redirected(transparent)
    if not wanted and forward is None and redirected is None:
        forward = port
    with ending_on_sigterm():
        from wirelint.sources.mitm.settings import ProxySettings, ServiceSpec  # noqa: PLC0415 - loads mitmproxy

    taken = {forward, redirected, metrics_port, page_port, *([_MITMWEB_PORT] if ui == "web" else [])}
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
        forward_host=forward_host,
        forward_port=forward,
        transparent_host=host,
        transparent_port=redirected,
        transparent_name=name,
        transparent_tls=transparent_tls,
        ui=ui,
        body_limit=body_limit,
        overload_lag=overload_lag,
        grace=grace,
        options=options,
    )
    page = page_of(context)
    if (looped := _leading_here(settings, page)) is not None:
        raise click.UsageError(looped, context)
    serve(
        settings,
        found.engine(),
        page=page,
        shares=found.shares,
        logging=logging,
        probe=probe_auth,
        doubts=probe,
        state=state,
        workers=workers,
        save=saving,
        reloading=lambda live: Reload(context, live.change, live.keep_settings),
    )
    return 0


def _wanted(word: str) -> Wanted:
    match = _service.fullmatch(word)
    name, url, port = match.groups() if match else (None, word, None)
    if not re.match(r"https?://", url, re.IGNORECASE):
        # Never quote the word itself: a URL may have a password.
        hint = f"; did you mean http://{url}?" if re.fullmatch(r"[\w.-]+:\d{1,5}", url) else ""
        raise click.UsageError(
            f"a service's URL must begin with http:// or https://{hint}", click.get_current_context(silent=True)
        )
    if port is None and (wrong := _no_port.search(url)) is not None:
        port = wrong[1]
    if port is not None and not (port.isdecimal() and int(port) <= _LAST_PORT):
        raise click.UsageError(
            f"{port} is not a port: choose one from 1 to 65535", click.get_current_context(silent=True)
        )
    return Wanted(name or "", url, None if port is None else int(port))


def _saving(file: Path | None, size: int, workers: int, *, mask: bool) -> Callable[[], Saver] | None:
    """Create the file of ``--save`` for its owner alone: it may have credentials and bodies.

    :returns: a function that makes what writes to it; None without a file.
    :raises click.UsageError: it cannot be written.
    """
    context = click.get_current_context(silent=True)
    if file is None:
        if mask:
            raise click.UsageError("--mask is for the file of --save: give --save, too", context)
        return None
    if not is_har(file):
        if file.suffix.lower() in {".gz", ".zhar", ".zst"}:
            name = file.name.partition(".")[0]
            raise click.UsageError(f"--save compresses HAR only: name it {name}.har.gz, or {name}.mitm", context)
        if workers > 1:
            message = "--save writes flows with one process: leave --workers out, or end the name in .har"
            raise click.UsageError(message, context)
    elif file.exists() and file.stat().st_size:
        raise click.UsageError(f"--save: {file} exists, and HAR cannot be appended to: choose another name", context)
    try:
        os.close(os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600))
    except OSError as error:
        raise click.UsageError(f"--save: cannot write {file}: {error.strerror or error}", context) from error
    return lambda: Saver(file, size * 1024 * 1024, mask=mask)


def _different(wanted: Sequence[Wanted]) -> None:
    """Refuse services that cannot be told apart in the output.

    :raises click.UsageError: two of them have one name, or one URL and no name.
    """
    context = click.get_current_context(silent=True)
    names = [each.name for each in wanted if each.name]
    if (twice := next((name for name in names if names.count(name) > 1), None)) is not None:
        raise click.UsageError(f"two services are named {twice}: give each a name of its own", context)
    urls = [each.url.rstrip("/") for each in wanted if not each.name]
    if len(set(urls)) < len(urls):
        # Never quote a URL before it is checked: it may have a password.
        raise click.UsageError("one URL is given twice: leave one out, or give each a name, as in shop=URL", context)


def _leading_here(settings: ProxySettings, page: Page) -> str | None:
    """Return what is wrong if a service's URL leads to one of wirelint's own ports, else None."""
    own = {each.listen_port: (each.listen_host, addresses.SERVICES) for each in settings.services}
    own[settings.forward_port or 0] = settings.forward_host, addresses.FORWARD
    own[page.port] = page.host, addresses.METRICS
    own.pop(0, None)
    for each in settings.services:
        with contextlib.suppress(ValueError):  # reported when the proxy starts
            parts = urllib.parse.urlsplit(each.url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
            if port in own and parts.username is None and _reaches(parts.hostname or "", own[port][0]):
                name = f"{each.name} at " if each.name else ""
                return f"{name}{parts.hostname}:{port} is wirelint itself: choose another port with {own[port][1].port}"
    return None


def _reaches(host: str, listening: str) -> bool:
    """Return whether a host leads to an address of this machine that is listened on."""
    listening = listening.strip("[]")
    if listening in {"", "0.0.0.0", "::"}:  # noqa: S104 - compared
        return is_loopback(host)
    return host == listening or ("localhost" in {host, listening} and is_loopback(host) and is_loopback(listening))


def _redirected(word: str | None) -> tuple[str, int | None]:
    """Return the name and the port of ``--transparent``."""
    if not word:
        return "", None
    match = _transparent.fullmatch(word)
    if match is None or int(match[2]) > _LAST_PORT:
        message = "--transparent must be a port, or a name and a port as in shop=15001"
        raise click.UsageError(message, click.get_current_context(silent=True))
    return match[1] or "", int(match[2])


def _ports(wanted: Sequence[Wanted], first: int, taken: set[int | None]) -> Iterator[int]:
    """Yield a port for each service: its own, or the next free one from ``first`` on."""
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
