"""``wirelint export envoy``: a configuration that runs, and its blocks for an Envoy that is there already."""

from __future__ import annotations

from pathlib import Path

import click

from wirelint.cli.common import common
from wirelint.cli.exports._envoy_options import about, filter_options, filter_settings, peer
from wirelint.cli.exports._files import FOLDER, write, yaml_text
from wirelint.cli.receive import LISTEN
from wirelint.settings.options import PORT, option
from wirelint.sources.envoy.config.blocks import CarriedService, Tls, access_log, bootstrap, http_filter, receiver


@click.command("envoy", short_help="Write envoy.yaml, and blocks for an Envoy that runs already.")
@FOLDER
@option("--port", type=PORT, default=8080, show_default=True, help="Port that Envoy listens on.")
@option("--upstream", default="127.0.0.1:3000", show_default=True, metavar="HOST:PORT", help="The service.")
@option("--name", default="service", show_default=True, help="Name of the service.")
@option("--http2", is_flag=True, help="Speak HTTP/2 to the service, as gRPC needs.")
@option(
    "--receiver", "receiver_address", default=LISTEN, show_default=True, metavar="HOST:PORT", help="wirelint receive."
)
@option("--receiver-ca", metavar="FILE", help="Encrypt what is sent; trust these CAs (a path that Envoy can read).")
@option("--receiver-cert", metavar="FILE", help="Certificate chain that Envoy shows to the receiver.")
@option("--receiver-key", metavar="FILE", help="Private key of --receiver-cert.")
@option("--admin-port", type=PORT, metavar="PORT", help="Also serve Envoy's admin page on this port of 127.0.0.1.")
@filter_options
@common
def command(  # noqa: PLR0913, PLR0917 - click passes options as parameters
    folder: Path,
    port: int,
    upstream: str,
    name: str,
    http2: bool,
    receiver_address: str,
    receiver_ca: str | None,
    receiver_cert: str | None,
    receiver_key: str | None,
    admin_port: int | None,
    body_limit: int,
    content_types: tuple[str, ...],
    leave_out_credentials: bool,
) -> int:
    """Write envoy.yaml, which runs as it is: envoy -c DIR/envoy.yaml

    blocks.yaml holds the same three blocks for an Envoy that exists: http_filters (put it first), access_log and
    clusters.
    """
    if (receiver_cert is None) != (receiver_key is None) or (receiver_cert is not None and receiver_ca is None):
        message = "--receiver-cert needs --receiver-key and --receiver-ca: give all three"
        raise click.UsageError(message, click.get_current_context())
    settings = filter_settings(body_limit, content_types, leave_out_credentials)
    place = peer(receiver_address, "--receiver")
    tls = None
    if receiver_ca is not None:
        tls = Tls(ca=receiver_ca, certificate=receiver_cert or "", key=receiver_key or "")
    service = CarriedService(name=name, port=port, upstream=peer(upstream, "--upstream"), http2=http2)
    whole = bootstrap([service], place, settings, tls=tls, admin=admin_port)
    blocks = {
        "http_filters": [http_filter(settings)],
        "access_log": [access_log()],
        "clusters": [receiver(place, tls)],
    }
    comment = about(settings, encrypted=tls is not None)
    where = (
        "\n\nhttp_filters: first among those of each HTTP connection manager."
        "\naccess_log: among those of the same manager."
        "\nclusters: among the static clusters."
    )
    write(folder, {"envoy.yaml": yaml_text([whole], comment), "blocks.yaml": yaml_text([blocks], comment + where)})
    return 0
