"""What redirected connections are called; that they are carried is tested in ``tests/e2e/test_transparent.py``."""

from __future__ import annotations

import errno
import socket

import pytest
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.test import tflow

from wirelint.core.exchange import Direction
from wirelint.sources.mitm import transparent
from wirelint.sources.mitm.adapter import Naming

MODE = "transparent@0.0.0.0:15001"
ELSEWHERE = "192.0.2.7"
"""An address for documentation (RFC 5737), which nobody has."""


def name(
    host: str, port: int = 80, *, header: str = "shop.example", sni: str | None = None, given: str = ""
) -> tuple[str, Direction]:
    flow = tflow.tflow()
    flow.client_conn.proxy_mode = ProxyMode.parse(MODE)
    flow.client_conn.sni = sni
    flow.request.data.host, flow.request.data.port = host, port
    flow.request.headers["Host"] = header
    return Naming({MODE: given} if given else {}).of(flow)


def test_what_comes_in_is_called_the_same_on_all_machines() -> None:
    assert name("127.0.0.1") == ("localhost", Direction.INBOUND)
    assert name("127.0.0.1", 8000) == ("localhost:8000", Direction.INBOUND)
    assert name("::1", 8000) == ("localhost:8000", Direction.INBOUND)
    assert name("127.0.0.1", 8000, given="shop") == ("shop", Direction.INBOUND)


def test_what_goes_out_is_called_what_its_client_calls_it() -> None:
    assert name(ELSEWHERE) == ("shop.example", Direction.OUTBOUND)
    assert name(ELSEWHERE, 8000, header="shop.example:8000") == ("shop.example:8000", Direction.OUTBOUND)
    assert name(ELSEWHERE, 8000, given="shop") == ("shop.example:8000", Direction.OUTBOUND)
    assert name(ELSEWHERE, sni="tls.example") == ("tls.example", Direction.OUTBOUND)


@pytest.mark.parametrize("header", ["", "a b", "shop.example:port", "[::1"])
def test_without_a_name_the_address_must_do(header: str) -> None:
    assert name(ELSEWHERE, 8000, header=header) == (f"{ELSEWHERE}:8000", Direction.OUTBOUND)


def test_what_cannot_be_told_now_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    own = "127.0.0.1"
    assert transparent.is_own(own)
    assert not transparent.is_own("shop.example")
    transparent._is_own.cache_clear()

    def none_left(*_: object) -> socket.socket:
        raise OSError(errno.EMFILE, "Too many open files")

    with monkeypatch.context() as patch:
        patch.setattr(socket, "socket", none_left)
        assert not transparent.is_own("192.0.2.8")
    assert transparent._is_own.cache_info().currsize == 0
    assert not transparent.is_own("192.0.2.8")
    assert transparent._is_own.cache_info().currsize == 1
