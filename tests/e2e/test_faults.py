"""What goes wrong around ``wirelint proxy``: clients see what they would have seen without it, and metrics tell."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from audited import Audited
from load_lab import Load, origin
from mitm_lab import HOST, Behaviour, Peer, Service, connect, get, read_all, read_until, talk
from support import Process, free_port, listening, wait_until

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
MIB = 1 << 20


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    raw = Service()
    raw.on("/fine", OK)
    yield raw
    raw.close()


@pytest.fixture(scope="module")
def proxy(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audited]:
    services = {"orders": f"http://{HOST}:{service.port}"}
    with Audited(services, tmp_path_factory.mktemp("faults")) as running:
        yield running


def port(proxy: Audited) -> int:
    return proxy.ports["orders"]


def failures(proxy: Audited) -> dict[str, float]:
    """Failed exchanges by kind."""
    found = proxy.samples("wirelint_upstream_failures_total")
    return {kind: count for (kind, service), count in found.items() if service == "orders"}


@contextlib.contextmanager
def one_more(proxy: Audited, kind: str) -> Iterator[None]:
    """What happens within makes one more failure of a kind, and of no other."""
    before = failures(proxy)
    yield
    wait_until(lambda: failures(proxy) != before, f"a failure of kind {kind}, after {before}")
    assert failures(proxy) == {**before, kind: before.get(kind, 0.0) + 1}


@contextlib.contextmanager
def one_given_up(proxy: Audited, code: str, verdict: str) -> Iterator[None]:
    """What happens within makes one more exchange that its client gave up, and no failure of anybody."""
    known = failures(proxy)

    def given_up() -> int:
        return proxy.outcomes()["orders", code, verdict]

    before = given_up()
    yield
    wait_until(lambda: given_up() > before, f"an exchange that was given up, with the code {code}")
    assert given_up() == before + 1
    assert failures(proxy) == known


def still_fine(proxy: Audited) -> None:
    assert talk(port(proxy), get("/fine")) == OK


# Services


def cut(head: bytes) -> Behaviour:
    def behave(peer: Peer) -> None:
        peer.send(head)
        time.sleep(0.05)  # so that the head is read before the reset overtakes it
        peer.reset()

    return behave


@pytest.mark.parametrize(
    ("path", "head"),
    [
        ("/reset/length", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 400),
        ("/reset/chunked", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
    ],
)
def test_a_service_resets_in_the_middle_of_a_body(proxy: Audited, service: Service, path: str, head: bytes) -> None:
    service.on(path, cut(head))
    with one_more(proxy, "reset"):
        seen = talk(port(proxy), get(path))
    assert seen == talk(service.port, get(path)) == head
    still_fine(proxy)


@pytest.mark.parametrize("words", [b"SSH-2.0-OpenSSH_10.0\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 9])
def test_a_service_answers_garbage(proxy: Audited, service: Service, words: bytes) -> None:
    """A client could make nothing of it either; mitmproxy spares it the attempt."""
    path = f"/garbage/{len(words)}"

    def speak(peer: Peer) -> None:
        peer.send(words)
        peer.sock.shutdown(socket.SHUT_RDWR)

    service.on(path, speak)
    with one_more(proxy, "protocol"):
        assert talk(port(proxy), get(path)).startswith(b"HTTP/1.1 502 ")
    still_fine(proxy)


def test_a_service_hangs_until_its_client_has_enough(proxy: Audited, service: Service) -> None:
    service.on("/hang", Peer.wait)
    with one_given_up(proxy, "none", "unknown"), connect(port(proxy)) as impatient:
        impatient.sendall(get("/hang"))
        wait_until(lambda: "/hang" in service.heads, "the request")
        still_fine(proxy)
        impatient.settimeout(0.2)
        with pytest.raises(TimeoutError):
            impatient.recv(1)
        impatient.close()
    still_fine(proxy)


def test_a_service_dies_and_returns(tmp_path: Path) -> None:
    place = free_port()
    with Audited({"orders": f"http://{HOST}:{place}"}, tmp_path) as proxy:  # a dead service is no reason not to start
        with one_more(proxy, "connect"):
            assert talk(port(proxy), get("/fine")).startswith(b"HTTP/1.1 502 ")
        for _ in range(2):
            service = Service(port=place)
            service.on("/fine", OK)
            still_fine(proxy)
            with connect(port(proxy)) as lasting:
                lasting.sendall(get("/fine").replace(b"Connection: close\r\n", b""))
                assert read_until(lasting, b"hi") == OK
                service.close()
                wait_until(lambda: not listening(place), "the service to be gone")
                with one_more(proxy, "connect"):
                    assert talk(port(proxy), get("/fine")).startswith(b"HTTP/1.1 502 ")
        assert proxy.get("/readyz") == "ok\n"


def test_a_service_is_killed_under_load(tmp_path: Path) -> None:
    place = free_port()
    with (
        origin(place, tmp_path) as first,
        Audited({"orders": f"http://{HOST}:{place}"}, tmp_path / "wirelint") as proxy,
        Load(port(proxy)) as load,
    ):
        load.more(50)
        os.kill(first.pid, signal.SIGKILL)
        wait_until(lambda: len(load.failed) >= 20, "failures")
        with origin(place, tmp_path):
            load.more(50)
            said = set(load.failed)
            assert not load.refused, "the proxy stands"
        assert said <= {"HTTP/1.1 502 Bad Gateway", "closed without a word", "ConnectionResetError"}
        assert failures(proxy)["connect"] > 0
        assert "Traceback" not in proxy.output()


# Clients


def test_slow_clients_hold_up_nobody(proxy: Audited) -> None:
    with contextlib.ExitStack() as slow:
        clients = [slow.enter_context(connect(port(proxy))) for _ in range(100)]
        for piece in (b"GET /fine HT", b"TP/1.1\r\nHo", b"st: example.test\r\n", b"X-A: b\r\n"):
            for client in clients:
                client.sendall(piece)
            begun = time.monotonic()
            still_fine(proxy)
            assert time.monotonic() - begun < 5
        wait_until(lambda: proxy.samples("wirelint_in_flight_exchanges")[()] == 0, "what went on before to be over")
        # And whoever makes it to the end is served.
        clients[0].sendall(b"Connection: close\r\n\r\n")
        assert read_all(clients[0]) == OK


def test_a_client_leaves_in_the_middle_of_a_response(proxy: Audited, service: Service) -> None:
    noticed = threading.Event()

    def long(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (1 << 40))
        try:
            while True:
                peer.send(b"x" * MIB)
        except OSError:
            noticed.set()
            raise

    service.on("/long", long)
    with one_given_up(proxy, "200", "ok"), connect(port(proxy)) as client:
        client.sendall(get("/long"))
        assert len(client.recv(MIB)) > 0
        client.close()
    assert noticed.wait(10), "the service is told, as it would have been"
    wait_until(lambda: proxy.samples("wirelint_held_body_bytes")[()] == 0, "what was held to be let go")
    still_fine(proxy)


def test_all_that_was_no_fault_of_ours(proxy: Audited) -> None:
    assert not any(proxy.samples("wirelint_faults_total").values())
    assert not any(proxy.samples("wirelint_dropped_total").values())
    assert not any(proxy.samples("wirelint_rule_errors_total").values())
    assert "Traceback" not in proxy.output()


# The process


def refuses(tmp_path: Path, *words: str) -> str:
    """What the proxy says that does not start."""
    command = [sys.executable, "-m", "wirelint", "proxy", *words, "--confdir", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False, timeout=30)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    return done.stderr


@pytest.mark.parametrize("which", ["service", "page"])
def test_a_port_is_taken(tmp_path: Path, which: str) -> None:
    with socket.create_server((HOST, 0)) as taken:
        place = taken.getsockname()[1]
        ports = {"service": (place, free_port()), "page": (free_port(), place)}[which]
        said = refuses(tmp_path, f"http://{HOST}:1@{ports[0]}", "--metrics-port", str(ports[1]))
        assert f"cannot listen on {HOST}:{place}: address already in use" in said.replace("Address", "address")
        assert not any(listening(other) for other in ports if other != place)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("profile = 'publik-api'", "public-api"),
        ("[proxy]\nport = 'many'", "port"),
        ("ignore = [", "wirelint.toml"),
        ("\0", "wirelint.toml"),
    ],
)
def test_a_bad_configuration(tmp_path: Path, content: str, why: str) -> None:
    tmp_path.joinpath("wirelint.toml").write_text(content)
    assert why in refuses(tmp_path, f"http://{HOST}:1@{free_port()}", "--metrics-port", str(free_port()))


@pytest.mark.skipif(sys.platform != "linux", reason="limits of another process can be set on Linux alone")
def test_descriptors_run_out(service: Service, tmp_path: Path) -> None:
    import resource  # noqa: PLC0415 - there is none on Windows

    with Audited({"orders": f"http://{HOST}:{service.port}"}, tmp_path) as proxy:
        folder = Path(f"/proc/{proxy.pid}/fd")
        soft, hard = resource.prlimit(proxy.pid, resource.RLIMIT_NOFILE)
        assert soft == hard, "as many as it may have"
        still_fine(proxy)
        resource.prlimit(proxy.pid, resource.RLIMIT_NOFILE, (len(list(folder.iterdir())) + 16, hard))
        with contextlib.ExitStack() as crowd:
            clients = [crowd.enter_context(connect(port(proxy))) for _ in range(64)]
            clients[0].sendall(get("/fine"))
            assert read_all(clients[0]).startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 502 "))
            wait_until(lambda: "out of descriptors" in proxy.output(), "the shortage")
            assert proxy.running
        resource.prlimit(proxy.pid, resource.RLIMIT_NOFILE, (soft, hard))
        still_fine(proxy)  # it may take a second until the listeners are back
        assert proxy.samples("wirelint_faults_total")["accept",] > 0
        assert failures(proxy) == {}, "nobody else is blamed"
        assert "Traceback" not in proxy.output()


# The end


def state(proxy: Audited) -> int:
    """The status of its readiness, 0 where nobody answers."""
    try:
        answer = talk(proxy.metrics_port, b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    except OSError:
        return 0
    return int(answer.split(b" ", 2)[1]) if answer else 0


def ask_to_end(proxy: Audited, number: signal.Signals = signal.SIGTERM) -> None:
    os.kill(proxy.pid, number)


def test_the_end_under_load_loses_nothing(tmp_path: Path) -> None:
    place = free_port()
    with (
        origin(place, tmp_path),
        Audited({"orders": f"http://{HOST}:{place}"}, tmp_path / "wirelint") as proxy,
        Load(port(proxy)) as load,
    ):
        load.more(100)
        ask_to_end(proxy)
        wait_until(lambda: state(proxy) == 503, "readiness to fail")
        assert load.refused == 0, "whoever has not heard of it yet is served"
        load.more(20)
        assert proxy.wait() == 0
        # Elsewhere the system resets who was at the door when it closed.
        assert [each for each in load.failed if sys.platform == "linux" or each != "ConnectionResetError"] == []
    told = proxy.output()
    assert "Traceback" not in told
    assert f"orders {load.right:,}" in " ".join(told.split()), "all were audited"


def test_the_end_comes_at_once_where_nothing_goes_on(tmp_path: Path) -> None:
    with Audited({"orders": f"http://{HOST}:{free_port()}"}, tmp_path) as proxy, connect(port(proxy)):
        ask_to_end(proxy)
        assert proxy.wait(3) == 0


def test_what_is_going_on_is_seen_to_its_end(service: Service, tmp_path: Path) -> None:
    gate = threading.Event()

    def slow(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhi")
        gate.wait(10)
        peer.send(b"ho")

    service.on("/slow", slow)
    with Audited({"orders": f"http://{HOST}:{service.port}"}, tmp_path) as proxy, connect(port(proxy)) as client:
        client.sendall(get("/slow"))
        assert read_until(client, b"hi").endswith(b"hi")
        ask_to_end(proxy)
        wait_until(lambda: not listening(port(proxy)), "the listener to close")
        assert state(proxy) == 503
        gate.set()
        assert read_all(client) == b"ho"
        assert proxy.wait() == 0


def test_a_second_signal_ends_at_once(service: Service, tmp_path: Path) -> None:
    service.on("/stuck", Peer.wait)
    with Audited({"orders": f"http://{HOST}:{service.port}"}, tmp_path) as proxy, connect(port(proxy)) as client:
        client.sendall(get("/stuck"))
        wait_until(lambda: "/stuck" in service.heads, "the request")
        ask_to_end(proxy)
        wait_until(lambda: state(proxy) == 503, "readiness to fail")
        begun = time.monotonic()
        ask_to_end(proxy, signal.SIGINT)
        assert proxy.wait() == 0
        assert time.monotonic() - begun < 3, "less than what is granted to exchanges in flight"


def test_the_end_comes_while_it_begins(tmp_path: Path) -> None:
    words = ["proxy", f"http://{HOST}:1@{free_port()}", "--metrics-port", str(free_port()), "--confdir", str(tmp_path)]
    with Process([sys.executable, "-m", "wirelint", *words], log=tmp_path / "log", cwd=tmp_path) as starting:
        handled = Path(f"/proc/{starting.pid}/status")

        def heard() -> bool:
            mask = handled.read_text().partition("SigCgt:")[2].split()[0] if handled.exists() else "0"
            return bool(int(mask, 16) >> (signal.SIGTERM - 1) & 1)

        if sys.platform == "linux":
            wait_until(heard, "SIGTERM to be handled")
        starting._popen.terminate()
        assert starting.wait() in {0, 130}
        assert "Traceback" not in starting.output()


# Logs and settings

FAILED = b'{"error": {"code": 500, "message": "database is down"}}'
WRONG = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(FAILED), FAILED)


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")
def test_the_disk_of_the_log_is_full(service: Service, tmp_path: Path) -> None:
    log = tmp_path / "findings.jsonl"
    log.symlink_to("/dev/full")
    service.on("/wrong", WRONG)
    service.on("/wrong/again", WRONG)
    with Audited({"orders": f"http://{HOST}:{service.port}"}, tmp_path, "--log", str(log)) as proxy:
        assert talk(port(proxy), get("/wrong")) == WRONG
        wait_until(lambda: proxy.samples("wirelint_log_lost_total")["unwritable",] > 0, "lines to be lost")
        assert proxy.findings(), "the page has them all the same"
        assert "lines are lost and counted" in proxy.output()
        # There is room again.
        log.unlink()
        assert talk(port(proxy), get("/wrong/again")) == WRONG
        wait_until(lambda: log.exists() and log.read_bytes().endswith(b"\n"), "a line")
        assert {json.loads(line)["route"] for line in log.read_text().splitlines()} == {"/wrong/again"}
        assert proxy.samples("wirelint_log_lines_total")[()] > 0
        assert not any(proxy.samples("wirelint_faults_total").values())


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="there is no SIGHUP")
def test_a_bad_configuration_at_a_reload(service: Service, tmp_path: Path) -> None:
    file = tmp_path / "wirelint.toml"
    file.write_text("ignore = ['ok-with-error-body']\n")

    def rules(proxy: Audited) -> set[str]:
        return {labels[1] for labels in proxy.samples("wirelint_rule_info")}

    def reloaded(proxy: Audited, content: str, outcome: float) -> None:
        file.write_text(content)
        os.kill(proxy.pid, signal.SIGHUP)
        metric = "wirelint_config_last_reload_successful"
        wait_until(lambda: proxy.samples(metric)[()] == outcome, f"a reload, successful: {outcome}")

    with Audited({"orders": f"http://{HOST}:{service.port}"}, tmp_path) as proxy:
        before = rules(proxy)
        assert "ok-with-error-body" not in before
        for content in ("ignore = [", "ignore = ['ok-with-eror-body']", "no-such-key = 1", "[proxy]\nport = 'x'"):
            reloaded(proxy, content, 0.0)
            still_fine(proxy)
            assert rules(proxy) == before, "the old one stays in force"
            reloaded(proxy, "ignore = ['ok-with-error-body']", 1.0)
        file.unlink()
        os.kill(proxy.pid, signal.SIGHUP)
        wait_until(
            lambda: proxy.samples("wirelint_config_last_reload_successful")[()] == 0.0, "a reload without a file"
        )
        reloaded(proxy, "", 1.0)
        wait_until(lambda: "ok-with-error-body" in rules(proxy), "the new one to be in force")
        assert proxy.get("/readyz") == "ok\n"
