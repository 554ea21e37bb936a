"""Transparent mode: connections that the system redirects here.

mitmproxy gets the destination from the system (``SO_ORIGINAL_DST``). This module, ``passthrough`` and
``patches.client_first`` add what a machine or a pod needs in addition: services that speak first work, and a connection
to the listener itself does not loop.
"""

from __future__ import annotations

import errno
import functools
import ipaddress
import socket
from typing import Final

from mitmproxy import http
from mitmproxy.net.http import url
from mitmproxy.proxy import mode_specs, server_hooks

_CIRCLE: Final = "Request destination unknown: the connection was not redirected."


class Transparency:
    """The add-on for listeners in transparent mode."""

    name = "wirelint_transparency"

    def server_connect(self, data: server_hooks.ServerConnectionHookData) -> None:
        """Refuse a call to wirelint itself."""
        mode, called = data.client.proxy_mode, data.server.address
        if (
            isinstance(mode, mode_specs.TransparentMode)
            and called is not None
            and called[1] == mode.custom_listen_port
            and is_own(called[0])
        ):
            data.server.error = _CIRCLE


def is_own(host: str) -> bool:
    """Return whether an IP address is one of this machine's, or of this pod's."""
    try:
        return _is_own(host)
    except (ValueError, OSError):
        return False


@functools.lru_cache(maxsize=1024)
def _is_own(host: str) -> bool:
    address = ipaddress.ip_address(host)
    if address.is_loopback:
        return True
    # Only local addresses can be bound. If the system cannot answer now, nothing is cached.
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, 0))
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                return False
            raise
    return True


def named(request: http.Request, sni: str | None) -> str:
    """Return the host that a redirected client wanted; its address if the client gives no name."""
    if sni:
        return sni
    try:
        host, _ = url.parse_authority(request.host_header or "", check=True)
    except ValueError:
        return request.data.host
    return host
