"""Transparent mode: connections that the system redirects here, on their way to where they were meant to go.

mitmproxy learns the destination from the system (``SO_ORIGINAL_DST``). What it lacks to be put before everything that
a machine or a pod says is added here, and in ``unread``: services that speak first are heard, and a connection to the
listener itself does not run in circles.
"""

from __future__ import annotations

import errno
import functools
import ipaddress
import socket
from typing import Final

from mitmproxy import http
from mitmproxy.net.http import url
from mitmproxy.proxy import commands, context, events, layer, mode_servers, mode_specs, server_hooks

_SILENCE: Final = 0.2
"""Seconds in which a client that speaks first would have spoken."""
_CIRCLE: Final = "Request destination unknown: the connection was not redirected."


class Courtesy(layer.Layer):
    """Lets the client speak first, and calls the service where it stays silent.

    mitmproxy calls a service when a client connects, and then nobody hears of a call that fails; or when a request
    comes, and then services that greet their clients wait for ever.
    """

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


class Transparency:
    """The addon for listeners in transparent mode."""

    name = "wirelint_transparency"

    @staticmethod
    def prepare(server: mode_servers.ServerInstance[mode_specs.ProxyMode]) -> None:
        """Let a listener's connections begin with ``Courtesy``."""
        if isinstance(server.mode, mode_specs.TransparentMode):
            server.make_top_layer = Courtesy  # type: ignore[method-assign, assignment]

    def server_connect(self, data: server_hooks.ServerConnectionHookData) -> None:
        """A service is about to be called: is it us?"""
        mode, called = data.client.proxy_mode, data.server.address
        if (
            isinstance(mode, mode_specs.TransparentMode)
            and called is not None
            and called[1] == mode.custom_listen_port
            and is_own(called[0])
        ):
            data.server.error = _CIRCLE


def is_own(host: str) -> bool:
    """Whether an IP address is one of this machine's, or of this pod's."""
    try:
        return _is_own(host)
    except (ValueError, OSError):
        return False


@functools.lru_cache(maxsize=1024)
def _is_own(host: str) -> bool:
    address = ipaddress.ip_address(host)
    if address.is_loopback:
        return True
    # Only what can be bound is here. Where the system cannot tell for now, nothing is remembered.
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, 0))
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                return False
            raise
    return True


def named(request: http.Request, sni: str | None) -> str:
    """The host that a redirected client wanted to call; its address where the client gives no name."""
    if sni:
        return sni
    try:
        host, _ = url.parse_authority(request.host_header or "", check=True)
    except ValueError:
        return request.data.host
    return host
