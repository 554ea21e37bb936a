"""Holding addresses for several listeners of ours, and against those of others."""

from __future__ import annotations

import asyncio
import socket
import sys

import pytest

from support import HOST, free_port
from wirelint.sources.mitm.settings import ProxySettings, ServiceSpec, StartError
from wirelint.sources.mitm.workers.shared_ports import SharingLoop, reserve

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not spread connections")


def settings(*ports: int, host: str = HOST, forward: int | None = None) -> ProxySettings:
    services = [
        ServiceSpec(url=f"http://a{number}", listen_host=host, listen_port=port) for number, port in enumerate(ports)
    ]
    return ProxySettings(services=services, forward_port=forward)


def close(held: list[socket.socket]) -> None:
    for each in held:
        each.close()


@pytest.mark.parametrize("host", [HOST, "", "localhost"])
def test_any_port_is_decided_on(host: str) -> None:
    chosen, held = reserve(settings(0, 0, host=host, forward=0))
    ports = [each.listen_port for each in chosen.services] + [chosen.forward_port]
    assert len(set(ports)) == 3
    assert {each.getsockname()[1] for each in held} == set(ports)
    for each in held:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((HOST, each.getsockname()[1])).close()
    close(held)


def test_two_of_ours_listen_and_nobody_else() -> None:
    chosen, held = reserve(settings(0))
    port = chosen.services[0].listen_port

    async def listen() -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(asyncio.Protocol, HOST, port)

    async def main() -> None:
        async with await listen(), await listen():
            for host in (HOST, "0.0.0.0"):
                with pytest.raises(OSError, match="in use"):
                    socket.create_server((host, port))
            with pytest.raises(StartError, match=f"cannot listen on {HOST}:{port}: address already in use"):
                reserve(settings(port))

    with asyncio.Runner(loop_factory=SharingLoop) as runner:
        runner.run(main())
    with pytest.raises(StartError, match="in use"):
        reserve(settings(port))
    close(held)
    close(reserve(settings(port))[1])


def test_what_was_held_is_let_go_where_one_is_taken() -> None:
    with socket.create_server((HOST, 0)) as taken:
        free, place = free_port(), taken.getsockname()[1]
        with pytest.raises(StartError, match=f"{HOST}:{place}"):
            reserve(settings(free, place))
        socket.create_server((HOST, free)).close()


def test_no_such_host() -> None:
    with pytest.raises(StartError, match=r"^cannot listen on no.such.host.invalid:0: \S"):
        reserve(settings(0, host="no.such.host.invalid"))
    with pytest.raises(StartError, match=r"^cannot listen on 192.0.2.1:0: cannot assign requested address"):
        reserve(settings(0, host="192.0.2.1"))
