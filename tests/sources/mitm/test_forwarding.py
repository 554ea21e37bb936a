"""The forward proxy is closed to public clients, and never calls wirelint itself."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
from mitmproxy import connection
from mitmproxy.proxy import server_hooks
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.test import tflow

from wirelint.sources.mitm.forwarding import Forwarding

PAGE = 9464
ELSEWHERE = "192.0.2.7"


def client(mode: str, address: str = "127.0.0.1") -> connection.Client:
    made = tflow.tclient_conn()
    made.proxy_mode = ProxyMode.parse(mode)
    made.peername = (address, 50000)
    return made


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8"])
def test_public_clients(address: str) -> None:
    guard = Forwarding([PAGE])
    refused, served = client("regular@8888", address), client("reverse:http://127.0.0.1:8000@8080", address)
    for each in (refused, served):
        guard.client_connected(each)
    assert refused.error
    assert not served.error


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "::1", "fe80::1%eth0", "::ffff:192.168.0.1"])
def test_private_clients(address: str) -> None:
    each = client("regular@8888", address)
    Forwarding([PAGE]).client_connected(each)
    assert not each.error


def call(host: str, port: int, mode: str = "regular@8888") -> server_hooks.ServerConnectionHookData:
    server = connection.Server(address=(host, port))
    data = server_hooks.ServerConnectionHookData(server=server, client=client(mode))
    asyncio.run(Forwarding([PAGE]).server_connect(data))
    return data


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "0.0.0.0", "::1", "::ffff:127.0.0.1", "127.9.9.9"])
def test_wirelint_itself(host: str) -> None:
    assert call(host, PAGE).server.error
    assert not call(host, PAGE + 1).server.error
    assert not call(host, PAGE, "reverse:http://127.0.0.1:9464@8080").server.error


def test_others_on_the_same_port() -> None:
    data = call(ELSEWHERE, PAGE)
    assert not data.server.error
    assert data.server.address == (ELSEWHERE, PAGE)
    assert not call("no.such.host.invalid", PAGE).server.error


def test_a_name_that_leads_elsewhere_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address that was looked at is the one that is called."""

    async def work() -> None:
        async def found(*_: Any, **__: Any) -> list[Any]:
            v6 = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2001:db8::7", PAGE, 0, 0))
            return [v6, (socket.AF_INET, socket.SOCK_STREAM, 6, "", (ELSEWHERE, PAGE))]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", found)
        guard = Forwarding([PAGE])
        server = connection.Server(address=("evil.example", PAGE))
        data = server_hooks.ServerConnectionHookData(server=server, client=client("regular@8888"))
        await guard.server_connect(data)
        assert server.address == (ELSEWHERE, PAGE)
        guard.server_connected(data)
        assert server.address == ("evil.example", PAGE)
        assert not guard._called

    asyncio.run(work())
