"""``wirelint receive``: what Envoy carries, or what other gateways log."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import click

from wirelint.cli.common import common
from wirelint.cli.live_options import overload_option, page_of, page_options, state_option
from wirelint.cli.logs import Logging, OtelProtocol, log_options
from wirelint.cli.receiving import follow, need_extra, receive
from wirelint.settings.options import asked_for, option
from wirelint.settings.reload import Reload, Rereadable
from wirelint.settings.setup import sample, setup
from wirelint.settings.tables import policy_options
from wirelint.sinks.own_log import Form

LISTEN: Final = "127.0.0.1:9465"
_address: Final = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/]*)):(\d{1,5})")
_LAST_PORT: Final = 65535
_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    "receive",
    cls=Rereadable,
    short_help="Audit the traffic that Envoy or another gateway carries, from its access log.",
)
@option("--listen", default=LISTEN, show_default=True, metavar="HOST:PORT", help="Address for Envoy's access logs.")
@option("--tls-cert", type=_FILE, metavar="FILE", help="Serve TLS with this certificate chain (PEM).")
@option("--tls-key", type=_FILE, metavar="FILE", help="Private key of --tls-cert (PEM).")
@option(
    "--tls-client-ca", type=_FILE, metavar="FILE", help="Accept only clients with a certificate of these CAs (PEM)."
)
@option(
    "--tail",
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Audit what is appended to this JSON access log, in place of Envoy's; repeatable.",
)
@option("--gateway", metavar="NAME", help="Service name for answers of Envoy itself; its node.cluster by default.")
@page_options
@state_option
@overload_option
@sample
@log_options
@policy_options
@common
def command(  # noqa: PLR0913, PLR0917 - click passes options as parameters
    listen: str,
    tls_cert: Path | None,
    tls_key: Path | None,
    tls_client_ca: Path | None,
    tail: tuple[Path, ...],
    gateway: str | None,
    state: Path | None,
    overload_lag: int,
    log: str | None,
    log_size: int,
    log_files: int,
    log_format: Form,
    otel: OtelProtocol,
    quiet: bool,
    form: str,
    **_read_by_setup: object,
) -> int:
    """Audit the traffic that Envoy carries, from its access log.

    Envoy sends a copy of each exchange after it has ended, so nothing here can delay or break the traffic. Configure it
    with what "wirelint export envoy" writes. Needs pip install wirelint[envoy].

    With --tail, it follows JSON access logs instead, as "wirelint audit" reads them: of Envoy, nginx, HAProxy, Traefik,
    Caddy, Apache and Kong, across rotation and truncation.
    """
    context = click.get_current_context()
    found = setup(context)
    if tail:
        if asked_for(context, "listen"):
            raise click.UsageError("--tail reads files, and nothing listens: leave out --listen or --tail", context)
        follow(
            tail,
            found.engine(),
            page=page_of(context),
            state=state,
            shares=found.shares,
            logging=Logging(log, log_size, log_files, log_format, otel, quiet, form == "jsonl"),
            overload_lag=overload_lag,
            reloading=lambda live: Reload(context, live.change, live.keep_settings),
        )
        return 0
    host, port = address(listen, "--listen")
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key belong together: give both", context)
    if tls_client_ca is not None and tls_cert is None:
        raise click.UsageError("--tls-client-ca needs TLS: give --tls-cert and --tls-key, too", context)
    need_extra()
    from wirelint.sources.envoy.receiver import ReceiverSettings  # noqa: PLC0415 - loads grpcio, which is an extra

    receive(
        ReceiverSettings(
            host=host,
            port=port,
            certificate=tls_cert,
            key=tls_key,
            client_ca=tls_client_ca,
            gateway=gateway,
            overload_lag=overload_lag,
        ),
        found.engine(),
        page=page_of(context),
        state=state,
        shares=found.shares,
        logging=Logging(log, log_size, log_files, log_format, otel, quiet, form == "jsonl"),
        reloading=lambda live: Reload(context, live.change, live.keep_settings),
    )
    return 0


def address(text: str, name: str) -> tuple[str, int]:
    """Return host and port of an address, the host without brackets.

    :param name: of the option, for the message.
    :raises click.UsageError: it is none.
    """
    match = _address.fullmatch(text)
    if match is None or int(match[3]) > _LAST_PORT:
        raise click.UsageError(
            f"{name} must be HOST:PORT as in {LISTEN}: got {text[:60]!r}", click.get_current_context(silent=True)
        )
    return match[1] or match[2] or "127.0.0.1", int(match[3])
