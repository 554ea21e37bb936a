"""``wirelint export istio``: resources that have sidecars and gateways of Istio send their exchanges."""

from __future__ import annotations

from pathlib import Path

import click

from wirelint.cli.common import common
from wirelint.cli.exports._envoy_options import about, filter_options, filter_settings, peer
from wirelint.cli.exports._files import FOLDER, write, yaml_text
from wirelint.settings.options import option
from wirelint.sources.envoy.config.meshes import istio


@click.command("istio", short_help="Write resources for Istio.")
@FOLDER
@option(
    "--receiver",
    "receiver_address",
    default="wirelint.wirelint.svc.cluster.local:9465",
    show_default=True,
    metavar="HOST:PORT",
    help="Service of wirelint receive.",
)
@option("--namespace", default="istio-system", show_default=True, help="Whose workloads send; Istio's own for all.")
@filter_options
@common
def command(  # noqa: PLR0913, PLR0917 - click passes options as parameters
    folder: Path,
    receiver_address: str,
    namespace: str,
    body_limit: int,
    content_types: tuple[str, ...],
    leave_out_credentials: bool,
) -> int:
    """Write wirelint.yaml (an EnvoyFilter and a Telemetry) to apply, and mesh-config.yaml to merge into MeshConfig.

    Each exchange is sent by the sidecar of the service that answered, or by the gateway. Within the mesh Istio encrypts
    the connection to the receiver if that has a sidecar, too.
    """
    settings = filter_settings(body_limit, content_types, leave_out_credentials)
    files = istio(peer(receiver_address, "--receiver"), settings, namespace)
    comment = about(settings, encrypted=False)
    write(folder, {name: yaml_text(resources, comment) for name, resources in files.items()})
    return 0
