"""``wirelint export envoy-gateway``: resources that have the proxies of a Gateway send their exchanges."""

from __future__ import annotations

from pathlib import Path

import click

from wirelint.cli.common import common
from wirelint.cli.exports._envoy_options import about, filter_options, filter_settings, peer
from wirelint.cli.exports._files import FOLDER, write, yaml_text
from wirelint.settings.options import option
from wirelint.sources.envoy.config.meshes import envoy_gateway


@click.command("envoy-gateway", short_help="Write resources for Envoy Gateway.")
@FOLDER
@option(
    "--receiver",
    "receiver_address",
    default="wirelint.wirelint:9465",
    show_default=True,
    metavar="NAME.NAMESPACE:PORT",
    help="Service of wirelint receive.",
)
@option("--namespace", default="default", show_default=True, help="Namespace of the Gateway.")
@option("--gateway", default="eg", show_default=True, metavar="NAME", help="Name of the Gateway.")
@filter_options
@common
def command(  # noqa: PLR0913, PLR0917 - click passes options as parameters
    folder: Path,
    receiver_address: str,
    namespace: str,
    gateway: str,
    body_limit: int,
    content_types: tuple[str, ...],
    leave_out_credentials: bool,
) -> int:
    """Write wirelint.yaml: an EnvoyExtensionPolicy with the filter, and an EnvoyProxy with the access log.

    Let the Gateway's infrastructure.parametersRef name the EnvoyProxy, or merge its spec into the one that is there.
    """
    settings = filter_settings(body_limit, content_types, leave_out_credentials)
    files = envoy_gateway(peer(receiver_address, "--receiver"), settings, namespace, gateway)
    comment = about(settings, encrypted=False)
    write(folder, {name: yaml_text(resources, comment) for name, resources in files.items()})
    return 0
