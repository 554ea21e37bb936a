"""Pass mitmproxy's events to the recorder."""

from __future__ import annotations

from collections.abc import Callable

from mitmproxy import connection, flow, http, tls
from mitmproxy.proxy import server_hooks

from wirelint.sources.mitm.faults import Faults
from wirelint.sources.mitm.recorder import Recorder


class Traffic:
    """Passes each event of the traffic to the recorder. A fault there is counted, and the exchange continues."""

    name = "wirelint_traffic"

    def __init__(self, capture: Recorder, faults: Faults) -> None:
        self._capture = capture
        self._faults = faults
        self._closed = False

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Handle the head of a request."""
        self._guard(self._capture.request_head, flow)

    def request(self, flow: http.HTTPFlow) -> None:
        """Handle the end of a request."""
        self._guard(self._capture.request_end, flow)

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Handle the head of a response."""
        self._guard(self._capture.response_head, flow)

    def response(self, flow: http.HTTPFlow) -> None:
        """Handle the end of a response."""
        self._guard(self._capture.response_end, flow)

    def error(self, flow: flow.Flow) -> None:
        """Handle a failed exchange."""
        if isinstance(flow, http.HTTPFlow):
            self._guard(self._capture.failed, flow)

    def server_connect_error(self, data: server_hooks.ServerConnectionHookData) -> None:
        """Handle a failed connection to a service."""
        self._capture.upstream_error(data.client.id, data.server.error)

    def tls_failed_server(self, data: tls.TlsData) -> None:
        """Handle a failed TLS handshake with a service."""
        self._capture.upstream_error(data.context.client.id, data.conn.error)

    def client_disconnected(self, client: connection.Client) -> None:
        """Handle the end of a client's connection."""
        self._capture.client_gone(client.id)

    def done(self) -> None:
        """Stop. Events that come later are ignored."""
        self._closed = True
        self._capture.stop()

    def _guard(self, note: Callable[[http.HTTPFlow], None], flow: http.HTTPFlow) -> None:
        if self._closed:
            return
        try:
            note(flow)
        except Exception as error:  # noqa: BLE001 - the exchange goes on without us
            self._faults.add("capture", error)
