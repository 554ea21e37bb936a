"""Transparent mode between network namespaces: a client, and a pod whose connections the kernel redirects."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from mitmproxy import certs

from lab.mitm import Service, get, read_all, read_until
from lab.proxy import Audited
from support import wait_until
from tools import require_tool

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are Linux's")

CLIENT, POD = "10.77.31.1", "10.77.31.2"
APP, GREETER, SECURE, DEAD, ENTRANCE = 8000, 2525, 8443, 8001, 15001
OWN_PORTS = range(39000, 39100)
"""What the pod's service calls from here: in a pod it is told from wirelint by its user."""
ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 27\r\n\r\n{"error": "out of stock!!"}'


@contextlib.contextmanager
def inside(name: str) -> Iterator[None]:
    """Be in another network namespace, with all sockets and processes that come to be."""
    before = os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY)
    try:
        there = os.open(f"/run/netns/{name}", os.O_RDONLY)
        try:
            os.setns(there, os.CLONE_NEWNET)
        finally:
            os.close(there)
        try:
            yield
        finally:
            os.setns(before, os.CLONE_NEWNET)
    finally:
        os.close(before)


def tool(*words: str) -> None:
    done = subprocess.run([require_tool(words[0]), *words[1:]], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"not permitted here: {' '.join(words)}: {done.stderr.strip()[:200]}")


@pytest.fixture(scope="module")
def names() -> Iterator[tuple[str, str]]:
    """Provide the client's namespace and the pod's."""
    client, pod = (f"wirelint-{os.getpid()}-{end}" for end in ("client", "pod"))
    with contextlib.ExitStack() as undo:
        for name in (client, pod):
            tool("ip", "netns", "add", name)
            undo.callback(tool, "ip", "netns", "del", name)
            tool("ip", "-n", name, "link", "set", "lo", "up")
        tool("ip", "link", "add", "eth0", "netns", client, "type", "veth", "peer", "name", "eth0", "netns", pod)
        for name, address in ((client, CLIENT), (pod, POD)):
            tool("ip", "-n", name, "addr", "add", f"{address}/24", "dev", "eth0")
            tool("ip", "-n", name, "link", "set", "eth0", "up")
        with inside(pod):
            redirect = ("-j", "REDIRECT", "--to-ports", str(ENTRANCE))
            for port in (APP, GREETER, SECURE, DEAD):
                tool("iptables", "-t", "nat", "-A", "PREROUTING", "-p", "tcp", "--dport", str(port), *redirect)
            own = f"{OWN_PORTS.start}:{OWN_PORTS.stop - 1}"
            tool("iptables", "-t", "nat", "-A", "OUTPUT", "-p", "tcp", "--sport", own, *redirect)
        yield client, pod


@pytest.fixture(scope="module")
def services(names: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, Service]]:
    """Provide the pod's own services by port, and at 80 one that runs with the client."""
    client, pod = names
    folder = tmp_path_factory.mktemp("certificate")
    certs.CertStore.create_store(folder, "test", 2048)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "test-ca.pem")
    with inside(pod):
        running = {APP: Service(host=POD, port=APP), SECURE: Service(context, host=POD, port=SECURE)}
    with inside(client):
        running[80] = Service(host=CLIENT, port=80)
    for service in running.values():
        service.on("/stock", ANSWER)
    yield running
    for service in running.values():
        service.close()


@pytest.fixture(scope="module")
def proxy(
    names: tuple[str, str], services: dict[int, Service], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Audited]:
    assert services
    # From here on the tests are in the pod, but for what they do as the client.
    arguments = ("--host", "0.0.0.0", "--transparent", f"shop={ENTRANCE}")
    with inside(names[1]), Audited({}, tmp_path_factory.mktemp("transparent"), *arguments) as running:
        yield running


def ask(host: str, port: int, request: bytes, source: tuple[str, int] | None = None) -> bytes:
    with socket.create_connection((host, port), timeout=10, source_address=source) as sock:
        sock.sendall(request)
        return read_all(sock)


def test_what_comes_in_is_audited_under_the_name_given(names: tuple[str, str], proxy: Audited) -> None:
    before = proxy.exchanges
    with inside(names[0]):
        assert ask(POD, APP, get("/stock")) == ANSWER
    proxy.settle(before + 1)
    counted = proxy.totals("wirelint_exchanges_total", "code", "direction", "method", "service")
    assert set(counted) == {("200", "inbound", "GET", "shop")}
    assert [each["rule"] for each in proxy.findings()] == ["ok-with-error-body"]


def test_what_goes_out_bears_the_name_that_was_called(names: tuple[str, str], proxy: Audited) -> None:
    before = proxy.exchanges
    request = get("/stock").replace(b"example.test", b"stock.example")
    assert ask(CLIENT, 80, request, ("", OWN_PORTS.start)) == ANSWER
    proxy.settle(before + 1)
    counted = proxy.totals("wirelint_exchanges_total", "direction", "service")
    assert {service for direction, service in counted if direction == "outbound"} == {"stock.example"}


def test_tls_passes_unread(names: tuple[str, str], proxy: Audited, services: dict[int, Service]) -> None:
    before = proxy.exchanges
    unchecked = ssl.create_default_context()
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    with (
        inside(names[0]),
        socket.create_connection((POD, SECURE), timeout=10) as raw,
        unchecked.wrap_socket(raw, server_hostname="shop.example") as sock,
    ):
        sock.sendall(get("/stock"))
        assert read_until(sock, b"}") == ANSWER
        seen = sock.getpeercert(binary_form=True)
    own = ssl.get_server_certificate((POD, SECURE))
    assert seen == ssl.PEM_cert_to_DER_cert(own), "the certificate is the service's own"
    assert "/stock" in services[SECURE].heads
    assert proxy.exchanges == before
    assert proxy.samples("wirelint_skipped_total")["tls", ""] == 1


def test_services_that_speak_first_are_heard(names: tuple[str, str], proxy: Audited) -> None:
    assert proxy.running
    with socket.create_server((POD, GREETER)) as listener:

        def greet() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"220 ready\r\n")
                connection.sendall(b"echo " + connection.recv(100))

        threading.Thread(target=greet, daemon=True).start()
        with inside(names[0]), socket.create_connection((POD, GREETER), timeout=10) as sock:
            assert read_until(sock, b"\n") == b"220 ready\r\n"
            sock.sendall(b"HELO\r\n")
            assert read_all(sock) == b"echo HELO\r\n"


def test_a_dead_service_is_told_from_the_proxy(names: tuple[str, str], proxy: Audited) -> None:
    with inside(names[0]):
        assert ask(POD, DEAD, get("/")).startswith(b"HTTP/1.1 502 ")
    wait_until(lambda: bool(proxy.samples("wirelint_upstream_failures_total")), "the failure to be counted")
    assert proxy.samples("wirelint_upstream_failures_total") == {("connect", "shop"): 1.0}


def test_a_silent_client_of_a_dead_service_is_let_go(names: tuple[str, str], proxy: Audited) -> None:
    assert proxy.running
    with inside(names[0]), socket.create_connection((POD, DEAD), timeout=10) as sock:
        assert read_all(sock) == b""


def test_a_connection_to_the_entrance_runs_in_no_circle(names: tuple[str, str], proxy: Audited) -> None:
    before = proxy.samples("wirelint_skipped_total")["refused_request", ""]
    with inside(names[0]):
        assert ask(POD, ENTRANCE, get("/")).startswith(b"HTTP/1.1 502 ")

    def told() -> bool:
        return proxy.samples("wirelint_skipped_total")["refused_request", ""] == before + 1

    wait_until(told, "the refusal to be counted")


def test_it_goes_on_in_silence(proxy: Audited) -> None:
    assert not any(proxy.samples("wirelint_faults_total").values())
    assert "Traceback" not in proxy.output()
