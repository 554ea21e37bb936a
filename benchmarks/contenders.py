"""What is compared: nothing in between, bare mitmdump (twice, for the noise), a naive addon, and wirelint."""

from __future__ import annotations

import re
import shlex
import urllib.request
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.processes import HOST, Server, beside_python, free_port

DIRECT: Final = "direct"
STOCK: Final = "mitmdump"
AGAIN: Final = "mitmdump again"
STREAMING: Final = "mitmdump, streaming"
STREAMING_AGAIN: Final = "mitmdump, streaming, again"
WIRELINT: Final = "wirelint proxy"
CREW: Final = "wirelint proxy, 2 workers"

_NAIVE: Final = Path(__file__).with_name("naive_addon.py")
_sample: Final = re.compile(
    r"^wirelint_(exchanges|findings|skipped|dropped)_total(?:\{[^}]*\})? ([\d.e+]+)", re.MULTILINE
)


class Running(NamedTuple):
    """A contender before ``target``: the program to start, and where it tells its numbers; None for none."""

    server: Server | None
    port: int
    metrics: int | None = None

    def counted(self) -> Counter[str]:
        """How many exchanges, findings, skipped and dropped audits it has counted by now."""
        counts: Counter[str] = Counter()
        if self.metrics is not None:
            address = f"http://{HOST}:{self.metrics}/metrics"
            with urllib.request.urlopen(address, timeout=10) as answer:
                for name, value in _sample.findall(answer.read().decode()):
                    counts[name] += int(float(value))
        return counts


class Service(NamedTuple):
    """What is stood before: its port, and whether it speaks TLS there. Clients then speak TLS to the proxy, too."""

    port: int
    secure: bool = False

    @property
    def url(self) -> str:
        """Where it is."""
        return f"{'https' if self.secure else 'http'}://{HOST}:{self.port}"

    @property
    def trust(self) -> Sequence[str]:
        """What a proxy must be told, for nobody vouches for the service."""
        return ("--ssl-insecure",) if self.secure else ()


Prepare = Callable[[Service, Path, int | None], Running]
"""Takes the service, a folder for files and a processor."""


class Contender(NamedTuple):
    """One line of the comparison."""

    name: str
    prepare: Prepare


def _direct(service: Service, folder: Path, cpu: int | None) -> Running:
    del folder, cpu
    return Running(None, service.port)


def _mitmdump(name: str, *arguments: str) -> Prepare:
    def prepare(service: Service, folder: Path, cpu: int | None) -> Running:
        port = free_port()
        mode = ("--mode", f"reverse:{service.url}", "--listen-host", HOST, "--listen-port", str(port))
        command = [beside_python("mitmdump"), "-q", *mode, *service.trust, *arguments]
        env = {"NAIVE_METRICS_PORT": str(free_port())}
        return Running(Server(name, command, port=port, folder=folder, cpu=cpu, env=env), port)

    return prepare


def _wirelint(proxy: Sequence[str], *arguments: str) -> Prepare:
    def prepare(service: Service, folder: Path, cpu: int | None) -> Running:
        port, metrics = free_port(), free_port()
        told = ("--metrics-port", str(metrics), *service.trust, *arguments)
        command = [*proxy, f"origin={service.url}@{port}", *told]
        return Running(Server("wirelint", command, port=port, folder=folder, cpu=cpu), port, metrics)

    return prepare


def contenders(proxy: str | None = None) -> tuple[Contender, ...]:
    """All that take part in the scenarios of requests and responses.

    :param proxy: a command line to use in place of ``wirelint proxy``.
    """
    return (
        Contender(DIRECT, _direct),
        Contender(STOCK, _mitmdump("mitmdump")),
        Contender(AGAIN, _mitmdump("mitmdump-again")),
        Contender("mitmdump, naive addon", _mitmdump("naive", "--scripts", str(_NAIVE))),
        Contender(WIRELINT, _wirelint(_ours(proxy))),
    )


def crews(proxy: str | None = None) -> tuple[Contender, ...]:
    """Those that show what more processes bring.

    :param proxy: see ``contenders``.
    """
    return (
        Contender(STOCK, _mitmdump("mitmdump")),
        Contender(AGAIN, _mitmdump("mitmdump-again")),
        Contender(WIRELINT, _wirelint(_ours(proxy))),
        Contender(CREW, _wirelint(_ours(proxy), "--workers", "2")),
    )


def streamers(proxy: str | None = None) -> tuple[Contender, ...]:
    """Those that can take part where bodies do not end, or are larger than memory.

    As it comes, mitmdump holds a body back until it has all of it; so does what a naive addon needs. With
    ``stream_large_bodies`` it passes on all but the first piece as it comes, and no addon sees it.

    :param proxy: see ``contenders``.
    """
    streaming = ("--set", "stream_large_bodies=1")
    return (
        Contender(DIRECT, _direct),
        Contender(STREAMING, _mitmdump("streaming", *streaming)),
        Contender(STREAMING_AGAIN, _mitmdump("streaming-again", *streaming)),
        Contender(WIRELINT, _wirelint(_ours(proxy))),
    )


def _ours(proxy: str | None) -> list[str]:
    return shlex.split(proxy) if proxy else [beside_python("wirelint"), "proxy"]
