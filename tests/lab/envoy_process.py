"""A real Envoy in front of servers of this machine, with the configuration that ``wirelint export envoy`` writes."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from support import HOST, Process, free_port, wait_until
from tools import missing
from wirelint.sources.envoy.config.blocks import CarriedService, HostPort, bootstrap
from wirelint.sources.envoy.config.lua import FilterSettings
from wirelint.sources.envoy.program import find_envoy


def require_envoy() -> Path:
    """Return where Envoy is; without it the test fails in CI and is skipped elsewhere."""
    return find_envoy() or missing("envoy")


class Envoy(Process):
    """Envoy before services; ``ports`` has where each is reached.

    Parameters:
        services: name → port of this machine.
        receiving: the port of the receiver.
        folder: for its configuration and its log.
        http2: names of the services that speak HTTP/2.
        settings: of the filter.
        change: gets the whole configuration, to change it.
    """

    def __init__(
        self,
        services: Mapping[str, int],
        receiving: int,
        folder: Path,
        *,
        http2: tuple[str, ...] = (),
        settings: FilterSettings | None = None,
        change: Callable[[Any], None] = lambda _whole: None,
    ) -> None:
        self.ports = {name: free_port() for name in services}
        self.admin = free_port()
        carried = [
            CarriedService(name=name, port=self.ports[name], upstream=HostPort(HOST, port), http2=name in http2)
            for name, port in services.items()
        ]
        receiver = HostPort(HOST, receiving)
        whole = bootstrap(carried, receiver, settings or FilterSettings(), host=HOST, admin=self.admin)
        change(whole)
        folder.mkdir(exist_ok=True)
        file = folder / "envoy.json"
        file.write_text(json.dumps(whole))
        words = ["--disable-hot-restart", "--concurrency", "2", "-l", "warning"]
        super().__init__(
            [require_envoy(), "-c", file, *words], log=folder / "envoy.log", port=next(iter(self.ports.values()))
        )
        try:
            wait_until(lambda: self.stat("listener_manager.workers_started") == 1, "Envoy's workers")
        except BaseException:
            self.stop()
            raise

    def url(self, name: str) -> str:
        return f"http://{HOST}:{self.ports[name]}"

    def stat(self, name: str) -> int:
        """Return a number of its own, 0 if it has none of that name."""
        url = f"http://{HOST}:{self.admin}/stats?format=json&filter=^{name}$"
        with urllib.request.urlopen(url, timeout=5) as answer:
            found = json.loads(answer.read())["stats"]
        return int(found[0]["value"]) if found and "value" in found[0] else 0
