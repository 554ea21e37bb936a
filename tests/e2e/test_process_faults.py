"""What goes wrong with the process of ``wirelint proxy``: ports, descriptors, disks and settings."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.mitm import HOST, Service, connect, get, read_all, talk
from lab.proxy import Audited
from lab.team import WRONG, failures, orders, port, still_fine
from support import free_port, listening, wait_until


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    yield from orders()


def refuses(tmp_path: Path, *words: str) -> str:
    """Return the message of a proxy that does not start."""
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
