"""Guard the forward proxy: refuse clients from public addresses, and calls to wirelint itself."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import socket
from collections.abc import Collection
from typing import Final

from mitmproxy import connection
from mitmproxy.proxy import mode_specs, server_hooks

from wirelint.sources.mitm.transparent import is_own

_log: Final = logging.getLogger(__name__)
_PUBLIC: Final = "a forward proxy is for clients with private addresses"
_OWN: Final = "the forward proxy does not call wirelint itself"


class Forwarding:
    """The add-on that guards the listener of the forward proxy.

    mitmproxy's ``block_global`` applies to all listeners, but services may have public clients. The page is for this
    machine alone, so it must not be reachable through a forward proxy that other machines can use.
    """

    name = "wirelint_forwarding"

    def __init__(self, own: Collection[int]) -> None:
        """Guard some ports.

        :param own: ports of the page and of the forward proxy.
        """
        self._own = frozenset(own)
        self._called: dict[str, tuple[str, int]] = {}

    def client_connected(self, client: connection.Client) -> None:
        """Refuse a client from a public address, as mitmproxy does by default."""
        if isinstance(client.proxy_mode, mode_specs.RegularMode) and _is_public(client.peername[0]):
            _log.warning("wirelint: %s", _PUBLIC)
            client.error = _PUBLIC

    async def server_connect(self, data: server_hooks.ServerConnectionHookData) -> None:
        """Refuse a call to one of our ports on this machine, by any name."""
        server = data.server
        if not isinstance(data.client.proxy_mode, mode_specs.RegularMode) or server.address is None:
            return
        host, port = server.address[:2]
        if port not in self._own:
            return
        addresses = await _addresses(host, port)
        if any(is_own(address) for address in addresses):
            server.error = _OWN
        elif addresses and host not in addresses:
            # A second look-up of the name may lead here, so the address that was checked is called.
            self._called[server.id] = server.address
            server.address = (addresses[0], port)

    def server_connected(self, data: server_hooks.ServerConnectionHookData) -> None:
        """Restore the name by which mitmproxy finds the connection for the next request."""
        if (called := self._called.pop(data.server.id, None)) is not None:
            data.server.address = called

    server_connect_error = server_connected


async def _addresses(host: str, port: int) -> list[str]:
    """Return the IP addresses of a host; none if it cannot be resolved."""
    found = []
    with contextlib.suppress(OSError, UnicodeError):
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # IPv4 first: only one is called, and not every machine can reach IPv6.
    return [str(each[4][0]) for each in sorted(found, key=lambda each: each[0] != socket.AF_INET)]


def _is_public(host: str) -> bool:
    address = ipaddress.ip_address(host.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_global
