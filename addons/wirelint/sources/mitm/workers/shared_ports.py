"""Share ports between processes: the system spreads connections over them (``SO_REUSEPORT``).

The system would also let two wirelints that were started by mistake share the traffic. So the process that starts the
workers first takes each address exclusively, which fails if there is another listener, and then holds it.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import socket
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Final

from wirelint.sources.mitm.settings import ProxySettings, StartError

SUPPORTED: Final = sys.platform == "linux"
"""Whether the system spreads connections; other systems with this option give all of them to the last listener."""


class SharingLoop(asyncio.SelectorEventLoop):
    """An event loop whose servers share their ports with other processes."""

    async def create_server(self, *args: Any, **kwargs: Any) -> asyncio.Server:
        """See ``asyncio.loop.create_server``."""
        return await super().create_server(*args, **{**kwargs, "reuse_port": True})


def reserve(settings: ProxySettings) -> tuple[ProxySettings, list[socket.socket]]:
    """Hold the addresses on which workers will listen.

    :returns: the settings with "any port" resolved, and the sockets that hold the addresses.
    :raises StartError: another process listens on one, or the system cannot share it.
    """
    with contextlib.ExitStack() as undo:
        held: list[socket.socket] = []

        def hold(host: str, port: int) -> int:
            held.extend(undo.enter_context(each) for each in _hold(host.strip("[]"), port))
            return int(held[-1].getsockname()[1])

        services = [
            dataclasses.replace(each, listen_port=hold(each.listen_host, each.listen_port))
            for each in settings.services
        ]
        forward = settings.forward_port
        if forward is not None:
            forward = hold(settings.forward_host, forward)
        undo.pop_all()
    return dataclasses.replace(settings, services=services, forward_port=forward), held


def _hold(host: str, port: int) -> Iterator[socket.socket]:
    """Return a socket for each address of a host, all with the same port."""
    try:
        for family, address in _addresses(host, port):
            sock = socket.socket(family, socket.SOCK_STREAM)
            try:
                if family == socket.AF_INET6:
                    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                # Old connections of a process that exited do not matter; a listener does, whatever it shares.
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                sock.bind((address[0], port, *address[2:]))
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            except BaseException:
                sock.close()
                raise
            port = sock.getsockname()[1]
            yield sock
    except OSError as error:
        place = f"[{host}]:{port}" if ":" in host else f"{host or '*'}:{port}"
        text = os.strerror(error.errno).lower() if error.errno and error.errno > 0 else error.strerror or str(error)
        raise StartError(f"cannot listen on {place}: {text}") from error


def _addresses(host: str, port: int) -> Sequence[tuple[socket.AddressFamily, tuple[Any, ...]]]:
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found))
