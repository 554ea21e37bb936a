"""Pass on connections unread that mitmproxy would break if it read them."""

from __future__ import annotations

import logging
from typing import Final

from mitmproxy.proxy import layer, layers, mode_specs
from mitmproxy.tls import ClientHelloData

from wirelint.sources.mitm.stats import Stats

_log: Final = logging.getLogger(__name__)
_PREFACE: Final = b"PRI * HTTP/2.0\r\n"


class Passthrough:
    """The addon that lets go what nobody here understands; it must stand before mitmproxy's ``NextLayer``.

    HTTP/2 without TLS (RFC 9113 §3.3), as gRPC has it inside a house: mitmproxy ends such connections. And TLS that
    was redirected, unless its clients are said to trust our CA: they would end it.
    """

    name = "wirelint_unread"

    def __init__(self, stats: Stats, *, read_tls: bool = False) -> None:
        """Pass on what must be.

        :param stats: connections are counted as ``skipped``, as ``h2c`` or ``tls``.
        :param read_tls: open TLS on redirected connections.
        """
        self._stats = stats
        self._read_tls = read_tls

    def next_layer(self, asked: layer.NextLayer) -> None:
        """The first octets of a connection, or of what is within one, have come."""
        client = asked.context.client
        mode = client.proxy_mode
        known = isinstance(mode, mode_specs.TransparentMode) or (
            isinstance(mode, mode_specs.ReverseMode) and mode.scheme == "http"
        )
        if known and not client.tls and asked.layer is None and asked.data_client().startswith(_PREFACE):
            asked.layer = layers.TCPLayer(asked.context, ignore=True)
            self._count("h2c", "HTTP/2 without TLS cannot be audited")

    def tls_clienthello(self, data: ClientHelloData) -> None:
        """A client begins to speak TLS."""
        if not self._read_tls and isinstance(data.context.client.proxy_mode, mode_specs.TransparentMode):
            data.ignore_connection = True
            self._count("tls", "TLS on redirected connections is not opened without --transparent-tls")

    def _count(self, reason: str, text: str) -> None:
        self._stats.skipped[reason] += 1
        if self._stats.skipped[reason] == 1:
            _log.warning("wirelint: %s; passed on unread, counted from now on", text)
