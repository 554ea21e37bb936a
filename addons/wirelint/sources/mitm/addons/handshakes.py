"""Count TLS connections of clients that fail, in place of a log record for each."""

from __future__ import annotations

import logging
from typing import Final

from mitmproxy import ctx, tls

from wirelint.sources.stats import Stats

_MOST_HOSTS: Final = 20
_UNTRUSTING: Final = ("The client does not trust", "The client may not trust")
_log: Final = logging.getLogger(__name__)
_server_log: Final = logging.getLogger("mitmproxy.proxy.server")


class Handshakes:
    """Counts failed TLS handshakes of clients, and names each host for which clients do not trust the CA once."""

    name = "wirelint_handshakes"

    def __init__(self, stats: Stats) -> None:
        """Count failed handshakes.

        :param stats: they are counted as ``skipped``, as ``handshake``.
        """
        self._stats = stats
        self._hosts: set[str] = set()
        _server_log.addFilter(_is_new)

    def tls_failed_client(self, data: tls.TlsData) -> None:
        """Handle a failed handshake with a client."""
        self._stats.skipped["handshake"] += 1
        server = data.context.server.address
        host = data.conn.sni or (server[0] if server else "")
        if not (data.conn.error or "").startswith(_UNTRUSTING) or host in self._hosts or len(self._hosts) > _MOST_HOSTS:
            return
        self._hosts.add(host)
        if len(self._hosts) > _MOST_HOSTS:
            _log.warning("wirelint: clients do not trust the CA for further hosts, counted from now on")
        else:
            _log.warning(
                "wirelint: a client does not trust the CA for %s, so its requests fail: it must trust"
                " %s/mitmproxy-ca-cert.pem",
                host or "a host",
                ctx.options.confdir,
            )

    def done(self) -> None:
        """Stop."""
        _server_log.removeFilter(_is_new)


def _is_new(record: logging.LogRecord) -> bool:
    """Return whether mitmproxy's log record says something that this add-on does not count."""
    return not str(record.msg).startswith("Client TLS handshake failed")
