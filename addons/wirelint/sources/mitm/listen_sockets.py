"""Close listeners without resetting connections that wait to be accepted.

When a listener closes, the system resets connections that were not accepted yet, although their clients may have sent a
request. So Linux first drops new attempts to connect. Waiting connections are accepted, and the listener closes. Then
the dropped attempts are refused when their clients repeat them.
"""

from __future__ import annotations

import contextlib
import ctypes
import socket
import struct
import sys
from collections.abc import Iterable
from typing import Final, Protocol

_ATTACH_FILTER: Final = 26
"""``SO_ATTACH_FILTER`` of Linux, which the socket module does not name."""

# Classic BPF over the TCP header: load the octet with the flags, keep SYN and ACK, drop packets with SYN alone.
_PROGRAM: Final = b"".join(
    struct.pack("=HBBI", *line)
    for line in ((0x30, 0, 0, 13), (0x54, 0, 0, 0x12), (0x15, 0, 1, 0x02), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFFFFFF))
)
_LINES: Final = 5


class ListenSocket(Protocol):
    """A listening socket."""

    def setsockopt(self, level: int, option: int, value: bytes, /) -> None:
        """See ``socket.socket.setsockopt``."""


def refuse_new(sockets: Iterable[ListenSocket]) -> None:
    """Drop attempts to connect from now on. This does nothing on systems other than Linux."""
    if sys.platform != "linux":
        return
    program = ctypes.create_string_buffer(_PROGRAM, len(_PROGRAM))
    program_of = struct.pack("@HP", _LINES, ctypes.addressof(program))
    for each in sockets:
        with contextlib.suppress(OSError):
            each.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, program_of)
