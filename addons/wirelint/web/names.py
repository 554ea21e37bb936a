"""Restrict the host names that the server answers to, so that no web site can read it through a browser.

A site that points its name here (DNS rebinding) sends its own name in the Host field. Requests for the page and its API
are refused unless they name an allowed host. Resources for probes and scrapers are no secret; on addresses other than
loopback, they answer to any name, such as that of a service or a pod.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_SCRAPED: Final = frozenset({"/metrics", "/healthz", "/readyz"})


class Names:
    """Decides which Host fields are allowed.

    :param host: address that the server listens on.
    :param more: further allowed names.
    """

    def __init__(self, host: str, more: Iterable[str] = ()) -> None:
        self._names = {*_LOOPBACK, *(name.lower() for name in more)}
        self.is_loopback = is_loopback(host)
        if not self.is_loopback:
            self._names.add(host.lower())

    def allow(self, field: str, path: str) -> bool:
        """Return whether to answer a request.

        :param field: value of its Host field.
        :param path: the requested path.
        """
        name = _without_port(field)
        # An IP address in place of a name cannot be rebound.
        return name in self._names or (not self.is_loopback and (path in _SCRAPED or _is_address(name)))


def _without_port(field: str) -> str:
    name, colon, port = field.strip().lower().rpartition(":")
    return (name if colon and port.isdigit() else field.strip().lower()).removesuffix(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name[1:-1] if name.startswith("[") and name.endswith("]") else name)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Return whether an address is this machine's alone."""
    host = host.strip("[]")
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)
