"""Support services that greet their clients, and clients that speak first, on redirected connections."""

from __future__ import annotations

from typing import Final

from mitmproxy.proxy import commands, context, events, layer, mode_servers, mode_specs

from wirelint.sources.mitm.patches.patch import Patch

PATCH: Final = Patch(
    reason="mitmproxy calls a service when a client connects, and then a call that fails goes unreported; or when a"
    " request comes, and then services that speak first wait for ever. It is called after a moment of silence instead",
    replaces=("mitmproxy.proxy.mode_servers.ServerInstance.make_top_layer",),
    upstream="https://github.com/mitmproxy/mitmproxy/issues/1774",
    test="tests/e2e/test_transparent.py::test_services_that_speak_first_are_heard",
)
_SILENCE: Final = 0.2
"""Seconds to wait for a client that speaks first."""


def apply(server: mode_servers.ServerInstance[mode_specs.ProxyMode]) -> None:
    """Apply the change to a listener, if it is one for redirected connections."""
    if isinstance(server.mode, mode_specs.TransparentMode):
        server.make_top_layer = ClientFirst  # type: ignore[method-assign, assignment]


class ClientFirst(layer.Layer):
    """Lets the client speak first, and calls the service if it stays silent."""

    def __init__(self, known: context.Context) -> None:
        super().__init__(known)
        self._next = layer.NextLayer(known)
        self._wake = commands.RequestWakeup(_SILENCE)
        self._spoken = False

    def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        if isinstance(event, events.Start):
            yield self._wake
        elif isinstance(event, events.Wakeup) and event.command is self._wake:
            yield from self._call()
            return
        elif isinstance(event, events.DataReceived):
            self._spoken = True
        elif (
            isinstance(event, events.ConnectionClosed)
            and event.connection is self.context.server
            and self._next.layer is None
        ):
            yield commands.CloseConnection(self.context.client)
        yield from self._next.handle_event(event)

    def _call(self) -> layer.CommandGenerator[None]:
        if self._spoken or self.context.server.timestamp_start is not None:
            return
        failed = yield commands.OpenConnection(self.context.server)
        if failed:
            yield commands.CloseConnection(self.context.client)
