"""Blocks of Envoy's configuration as plain values, and a whole one that runs."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from wirelint.sources.envoy.config.lua import FilterSettings, script

LOG_NAME: Final = "wirelint"
CLUSTER: Final = "wirelint"
"""The name of the receiver's cluster."""

FLUSH: Final = "0.5s"
"""How often entries are sent. The receiver holds them for twice as long, to put threads of Envoy into one order."""

BUFFER: Final = 64 * 1024
"""Octets of entries that are sent at once. More of them in a message cost the receiver less."""

_TYPE: Final = "type.googleapis.com/envoy.extensions"
_HTTP2: Final = {
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": f"{_TYPE}.upstreams.http.v3.HttpProtocolOptions",
        "explicit_http_config": {"http2_protocol_options": {}},
    }
}

Block = dict[str, Any]


class HostPort(msgspec.Struct, frozen=True):
    """Host and port of a peer."""

    host: str
    port: int


class CarriedService(msgspec.Struct, frozen=True, kw_only=True):
    """A service that Envoy stands in front of.

    :param name: of the service.
    :param port: to listen on for it.
    :param upstream: where it is.
    :param http2: whether to speak HTTP/2 to it, as gRPC needs.
    """

    name: str
    port: int
    upstream: HostPort
    http2: bool = False


class Tls(msgspec.Struct, frozen=True, kw_only=True):
    """Files, as Envoy finds them, by which it encrypts what it sends to the receiver.

    :param ca: the CAs of the receiver's certificate.
    :param certificate: Envoy's own chain; empty to send none.
    :param key: its private key.
    """

    ca: str
    certificate: str = ""
    key: str = ""


def http_filter(settings: FilterSettings) -> Block:
    """Return the filter. It stands first, so that it sees what clients send and get, answers of other filters too."""
    return {
        "name": "wirelint",
        "typed_config": {
            "@type": f"{_TYPE}.filters.http.lua.v3.Lua",
            "default_source_code": {"inline_string": script(settings)},
        },
    }


def access_log(cluster: str = CLUSTER) -> Block:
    """Return the access log that sends entries to a cluster."""
    return {
        "name": "envoy.access_loggers.http_grpc",
        "typed_config": {
            "@type": f"{_TYPE}.access_loggers.grpc.v3.HttpGrpcAccessLogConfig",
            "common_config": {
                "log_name": LOG_NAME,
                "transport_api_version": "V3",
                "grpc_service": {"envoy_grpc": {"cluster_name": cluster}},
                "buffer_flush_interval": FLUSH,
                "buffer_size_bytes": BUFFER,
            },
        },
    }


def receiver(address: HostPort, tls: Tls | None) -> Block:
    """Return the cluster of the receiver."""
    found = _cluster(CLUSTER, address, http2=True)
    if tls is None:
        return found
    validation: Block = {"trusted_ca": {"filename": tls.ca}}
    match = {"exact": address.host}
    kind = "IP_ADDRESS" if _is_ip(address.host) else "DNS"
    validation["match_typed_subject_alt_names"] = [{"san_type": kind, "matcher": match}]
    context: Block = {"validation_context": validation}
    if tls.certificate:
        files = {"certificate_chain": {"filename": tls.certificate}, "private_key": {"filename": tls.key}}
        context["tls_certificates"] = [files]
    found["transport_socket"] = {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": f"{_TYPE}.transport_sockets.tls.v3.UpstreamTlsContext",
            **({} if _is_ip(address.host) else {"sni": address.host}),
            "common_tls_context": context,
        },
    }
    return found


def bootstrap(  # noqa: PLR0913 - what a whole configuration is made of
    services: Sequence[CarriedService],
    receiver_address: HostPort,
    settings: FilterSettings,
    *,
    host: str = "0.0.0.0",  # noqa: S104 - as any gateway
    tls: Tls | None = None,
    admin: int | None = None,
) -> Block:
    """Return a whole configuration: a listener in front of each service.

    :param services: those to carry.
    :param receiver_address: where ``wirelint receive`` listens.
    :param settings: of the filter.
    :param host: address to listen on.
    :param tls: how to encrypt what the receiver gets; None for plaintext.
    :param admin: the port of Envoy's admin page on 127.0.0.1; None for none.
    """
    found: Block = {"node": {"id": "envoy", "cluster": "envoy"}}
    if admin is not None:
        found["admin"] = {"address": _socket(HostPort("127.0.0.1", admin))}
    clusters = [_cluster(each.name, each.upstream, http2=each.http2) for each in services]
    return {
        **found,
        "static_resources": {
            "listeners": [_listener(each, host, settings) for each in services],
            "clusters": [*clusters, receiver(receiver_address, tls)],
        },
    }


def _listener(service: CarriedService, host: str, settings: FilterSettings) -> Block:
    router = {"name": "envoy.filters.http.router", "typed_config": {"@type": f"{_TYPE}.filters.http.router.v3.Router"}}
    # Streams may last. Idle ones end after five minutes, which is Envoy's default.
    route = {"match": {"prefix": "/"}, "route": {"cluster": service.name, "timeout": "0s"}}
    manager = {
        "@type": f"{_TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": service.name,
        "use_remote_address": True,
        "upgrade_configs": [{"upgrade_type": "websocket"}],
        "access_log": [access_log()],
        "http_filters": [http_filter(settings), router],
        "route_config": {"name": "all", "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
    }
    network = {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}
    return {
        "name": service.name,
        "address": _socket(HostPort(host, service.port)),
        "filter_chains": [{"filters": [network]}],
    }


def _cluster(name: str, address: HostPort, *, http2: bool = False) -> Block:
    endpoint = {"endpoint": {"address": _socket(address)}}
    return {
        "name": name,
        "type": "STATIC" if _is_ip(address.host) else "STRICT_DNS",
        "connect_timeout": "2s",
        **({"typed_extension_protocol_options": _HTTP2} if http2 else {}),
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
    }


def _socket(address: HostPort) -> Block:
    return {"socket_address": {"address": address.host, "port_value": address.port}}


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
