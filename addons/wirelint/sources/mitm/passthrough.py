"""Pass connections through unread if mitmproxy would break them."""

from __future__ import annotations

import logging
from typing import Final

from mitmproxy.proxy import layer, layers, mode_specs
from mitmproxy.tls import ClientHelloData

from wirelint.sources.stats import Stats

_log: Final = logging.getLogger(__name__)
_PREFACE: Final = b"PRI * HTTP/2.0\r\n"


class Passthrough:
    """The add-on that passes unknown protocols through; it must come before mitmproxy's ``NextLayer``.

    mitmproxy ends HTTP/2 connections without TLS (RFC 9113 §3.3), which gRPC uses inside a cluster. Clients of
    redirected TLS connections would end them, unless they trust our CA.
    """

    name = "wirelint_unread"

    def __init__(self, stats: Stats, *, read_tls: bool = False) -> None:
        """Pass such connections through.

        :param stats: connections are counted as ``skipped``, as ``h2c`` or ``tls``.
        :param read_tls: open TLS on redirected connections.
        """
        self._stats = stats
        self._read_tls = read_tls

    def next_layer(self, asked: layer.NextLayer) -> None:
        """Handle the first octets of a connection, or of a layer in it."""
        client = asked.context.client
        mode = client.proxy_mode
        known = isinstance(mode, mode_specs.TransparentMode) or (
            isinstance(mode, mode_specs.ReverseMode) and mode.scheme == "http"
        )
        if known and not client.tls and asked.layer is None and asked.data_client().startswith(_PREFACE):
            asked.layer = layers.TCPLayer(asked.context, ignore=True)
            self._count("h2c", "HTTP/2 without TLS cannot be audited")

    def tls_clienthello(self, data: ClientHelloData) -> None:
        """Handle the begin of TLS."""
        if not self._read_tls and isinstance(data.context.client.proxy_mode, mode_specs.TransparentMode):
            data.ignore_connection = True
            self._count("tls", "TLS on redirected connections is not opened without --transparent-tls")

    def _count(self, reason: str, text: str) -> None:
        self._stats.skipped[reason] += 1
        if self._stats.skipped[reason] == 1:
            _log.warning("wirelint: %s; passed on unread, counted from now on", text)
