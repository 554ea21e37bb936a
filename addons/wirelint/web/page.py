"""Settings of the page and of ``/metrics``."""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from wirelint.web.access import Serves
from wirelint.web.names import is_loopback
from wirelint.web.server import WebServer
from wirelint.web.site import Site

KEEP: Final = 1000


class Addresses(NamedTuple):
    """The addresses of metrics and page, without trailing slashes; the same unless the page has a port of its own."""

    metrics: str
    page: str


class Page(msgspec.Struct, frozen=True):
    """Where page and metrics are served, and what the page shows.

    :param host: address of ``/metrics``, and of the page unless it has a port of its own.
    :param port: its port, 0 for any free one.
    :param names: further host names that it answers to.
    :param own_port: port of the page on 127.0.0.1; None for the port of ``/metrics``.
    :param token: token that the page asks for; None for none, then it is served on loopback addresses only.
    :param keep: how many of the latest exchanges to keep; 0 for none.
    :param bodies: whether to keep their content, masked.
    """

    host: str = "127.0.0.1"
    port: int = 9464
    names: tuple[str, ...] = ()
    own_port: int | None = None
    token: str | None = None
    keep: int = KEEP
    bodies: bool = True

    @property
    def is_on(self) -> bool:
        """Return whether there is a page at all."""
        return self.own_port is not None or self.token is not None or is_loopback(self.host)

    def servers(self, site: Site) -> tuple[WebServer, WebServer | None]:
        """Return the server of ``/metrics``, and that of the page if it is another one."""
        if self.own_port is None:
            return WebServer(site, host=self.host, port=self.port, hosts=self.names, token=self.token), None
        rest, own = Serves(page=False), Serves(scraped=False)
        return (
            WebServer(site, host=self.host, port=self.port, hosts=self.names, serves=rest),
            WebServer(site, port=self.own_port, hosts=self.names, serves=own, token=self.token),
        )
