"""Closing listeners without turning away anybody who is at the door already.

When a listener closes, the system resets connections that were made and not taken yet, though their clients may have
sent their request. So Linux is told to overlook who wants to connect from now on: those at the door are taken, then the
listener closes, and the others are refused when they try once more.
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

# Classic BPF over the TCP header: load the octet with the flags, keep SYN and ACK, drop what has SYN alone.
_PROGRAM: Final = b"".join(
    struct.pack("=HBBI", *line)
    for line in ((0x30, 0, 0, 13), (0x54, 0, 0, 0x12), (0x15, 0, 1, 0x02), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFFFFFF))
)
_LINES: Final = 5


class Door(Protocol):
    """A listening socket."""

    def setsockopt(self, level: int, option: int, value: bytes, /) -> None:
        """See ``socket.socket.setsockopt``."""


def overlook(doors: Iterable[Door]) -> None:
    """Let no new connections begin. Where the system cannot do that, nothing changes."""
    if sys.platform != "linux":
        return
    program = ctypes.create_string_buffer(_PROGRAM, len(_PROGRAM))
    told = struct.pack("@HP", _LINES, ctypes.addressof(program))
    for door in doors:
        with contextlib.suppress(OSError):
            door.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, told)
