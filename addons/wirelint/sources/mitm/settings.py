"""The settings of the proxy, and the options of mitmproxy that follow from them."""

from __future__ import annotations

import contextlib
import dataclasses
import ipaddress
import socket
import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from wirelint.sources.mitm.options import BODY_LIMIT, OVERLOAD_LAG, PATIENCE, QUEUE_LIMIT

_TRANSPARENT: Final = "transparent@"
_PRIVATE_SUFFIXES: Final = (".local", ".localhost", ".internal", ".test", ".svc", ".home.arpa", ".lan")


class StartError(Exception):
    """The proxy cannot start; the message fits on one line."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSpec:
    """A service behind the proxy.

    Attributes:
        url: ``http://host:port`` or ``https://host:port``, without a path.
        name: its name; ``host:port`` if empty.
        listen_host: address to listen on.
        listen_port: port to listen on; 0 for any.
        keep_host: forward the client's Host field unchanged. None: unless the service has a public name, because such
            servers select the site by it.
    """

    url: str
    name: str = ""
    listen_host: str = "127.0.0.1"
    listen_port: int = 8080
    keep_host: bool | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ProxySettings:
    """The settings of a run.

    Attributes:
        services: the services behind the proxy.
        forward_host: address of the forward proxy.
        forward_port: its port, 0 for any; None for no forward proxy.
        page_ports: ports of page and metrics, to which the forward proxy refuses calls.
        transparent_host: address to which the system redirects connections.
        transparent_port: port to which it redirects them; None for none.
        transparent_name: the name of the service on this machine that is reached in this way.
        transparent_tls: decrypt TLS on redirected connections, too; their clients must trust our CA.
        ui: ``none``, or mitmproxy's screen: ``web``, ``console``.
        body_limit: octets of each body to audit.
        queue_limit: most exchanges that wait for their audit.
        patience: seconds without a response head after which an exchange counts as hung.
        overload_lag: event-loop lag in milliseconds above which audits are shed; 0 never sheds.
        grace: seconds that exchanges in flight get at shutdown.
        fast_dispatch: see ``patches.addon_dispatch``.
        compat: see ``patches.http1``.
        options: more options of mitmproxy, such as ``ssl_insecure``, ``confdir``, ``web_port``; they override.
    """

    services: Sequence[ServiceSpec] = ()
    forward_host: str = "127.0.0.1"
    forward_port: int | None = None
    page_ports: tuple[int, ...] = ()
    transparent_host: str = "127.0.0.1"
    transparent_port: int | None = None
    transparent_name: str = ""
    transparent_tls: bool = False
    ui: Literal["none", "web", "console"] = "none"
    body_limit: int = BODY_LIMIT
    queue_limit: int = QUEUE_LIMIT
    patience: int = PATIENCE
    overload_lag: int = OVERLOAD_LAG
    grace: float = 5.0
    fast_dispatch: bool = True
    compat: bool = True
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def modes_of(settings: ProxySettings) -> dict[str, ServiceSpec | None]:
    """Return the service of each mode specification, None for forward proxy and redirected connections.

    :raises StartError: the settings are invalid.
    """
    modes: dict[str, ServiceSpec | None] = {}
    for service in settings.services:
        place = _place(service.listen_host, service.listen_port)
        modes[f"reverse:{_upstream(service.url)}@{place}"] = service
    if len(modes) < len(settings.services):
        raise StartError("two services are the same: one URL at one address")
    if settings.forward_port is not None:
        modes[f"regular@{_place(settings.forward_host, settings.forward_port)}"] = None
    if settings.transparent_port is not None:
        modes[f"{_TRANSPARENT}{_place(settings.transparent_host, settings.transparent_port)}"] = None
    if not modes:
        raise StartError("nothing to listen for: neither a service nor a forward proxy is configured")
    return modes


def free_port(host: str) -> int:
    """Return a free port at an address; 0 if none is found."""
    with contextlib.suppress(OSError), socket.create_server((host.strip("[]"), 0)) as probe:
        return int(probe.getsockname()[1])
    return 0


def _place(host: str, port: int) -> str:
    """Return an address as in mode specifications; they must differ, so "any port" is resolved here."""
    return f"{host.strip('[]')}:{port or free_port(host)}"


def _upstream(url: str) -> str:
    try:
        parts = urllib.parse.urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise StartError(f"not a URL of a service: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise StartError("a service's URL must begin with http:// or https:// and name a host")
    if parts.username is not None or parts.password is not None:
        raise StartError("a service's URL must not hold credentials")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise StartError(f"a service's URL must end with its host and port: {parts.scheme}://{parts.netloc}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port is not None else "")


def host_field(service: ServiceSpec) -> str | None:
    """Return the value of Host for a service, None to keep the client's."""
    parts = urllib.parse.urlsplit(service.url)
    keep = service.keep_host
    if keep is None:
        keep = not _is_public(parts.hostname or "")
    return None if keep else parts.netloc


def _is_public(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.rstrip(".").endswith(_PRIVATE_SUFFIXES)


def options_of(settings: ProxySettings, modes: Mapping[str, ServiceSpec | None]) -> dict[str, Any]:
    """Return the options of mitmproxy for the settings."""
    headless = settings.ui == "none"
    named = {mode: service.name for mode, service in modes.items() if service and service.name}
    redirected = [mode for mode in modes if mode.startswith(_TRANSPARENT)]
    if settings.transparent_name:
        named |= dict.fromkeys(redirected, settings.transparent_name)
    chosen: dict[str, Any] = {
        "mode": list(modes),
        "connection_strategy": "lazy",
        "keep_host_header": True,
        # Services may have public clients; ``forwarding`` guards the forward proxy.
        "block_global": False,
        "wirelint_service": [f"{name}={mode}" for mode, name in named.items()],
        "wirelint_body_limit": settings.body_limit,
        "wirelint_queue": settings.queue_limit,
        "wirelint_hang": settings.patience,
        "wirelint_overload_lag": settings.overload_lag,
        "wirelint_stream": "all" if headless else "large",
        "wirelint_fast_dispatch": settings.fast_dispatch,
        "wirelint_compat": settings.compat,
    }
    if settings.ui == "web":
        chosen["web_open_browser"] = False
    return chosen | dict(settings.options)
