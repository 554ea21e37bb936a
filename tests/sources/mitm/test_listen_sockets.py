"""Waiting connections are accepted, and no later ones."""

from __future__ import annotations

import socket
import sys

import pytest

from support import HOST
from wirelint.sources.mitm.listen_sockets import refuse_new


class Closed:
    """A socket without that option."""

    def setsockopt(self, _level: int, _option: int, _value: bytes, /) -> None:
        raise OSError("not here")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can refuse_new clients")
def test_only_those_who_are_there_are_let_in() -> None:
    with socket.create_server((HOST, 0)) as listener:
        place = listener.getsockname()
        with socket.create_connection(place, 5) as early:
            early.sendall(b"early")
            refuse_new([listener])
            with pytest.raises(TimeoutError):
                socket.create_connection(place, 0.2)
            listener.settimeout(5)
            taken, _ = listener.accept()
            with taken:
                assert taken.recv(5) == b"early"
                early.sendall(b" bird")
                assert taken.recv(5) == b" bird", "what is open stays open"
                taken.sendall(b"hello")
                assert early.recv(5) == b"hello"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(place, 5)


def test_where_it_is_not_possible_nothing_changes() -> None:
    refuse_new([Closed()])
