"""Keep WebSocket and raw TCP messages from piling up."""

from __future__ import annotations

from mitmproxy import ctx, http, tcp

from wirelint.sources.mitm.addons import has_screen


class MessageTrim:
    """Drops all messages of a connection except the last; mitmproxy would keep them while it lasts.

    They stay if a screen shows them or if flows are saved.
    """

    name = "wirelint_message_trim"

    def __init__(self) -> None:
        self._keep = False
        self._running = False

    def running(self) -> None:
        """Start dropping."""
        self._running = True
        self.configure({"save_stream_file"})

    def configure(self, updated: set[str]) -> None:
        """Check whether anything needs the messages."""
        if self._running and "save_stream_file" in updated:
            chosen = ctx.options
            self._keep = has_screen() or bool("save_stream_file" in chosen and chosen.save_stream_file)

    def websocket_message(self, flow: http.HTTPFlow) -> None:
        """Handle a WebSocket message."""
        if not self._keep and flow.websocket is not None:
            del flow.websocket.messages[:-1]

    def tcp_message(self, flow: tcp.TCPFlow) -> None:
        """Handle data of a connection that was upgraded to another protocol."""
        if not self._keep:
            del flow.messages[:-1]
