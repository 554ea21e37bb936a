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

STOCK: Final = "mitmdump"
AGAIN: Final = "mitmdump again"
WIRELINT: Final = "wirelint proxy"

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


class Contender(NamedTuple):
    """One line of the comparison; ``prepare`` takes the service's port, a folder and a processor."""

    name: str
    prepare: Callable[[int, Path, int | None], Running]


def _direct(target: int, folder: Path, cpu: int | None) -> Running:
    del folder, cpu
    return Running(None, target)


def _mitmdump(name: str, *arguments: str) -> Callable[[int, Path, int | None], Running]:
    def prepare(target: int, folder: Path, cpu: int | None) -> Running:
        port = free_port()
        mode = ("--mode", f"reverse:http://{HOST}:{target}", "--listen-host", HOST, "--listen-port", str(port))
        command = [beside_python("mitmdump"), "-q", *mode, *arguments]
        env = {"NAIVE_METRICS_PORT": str(free_port())}
        return Running(Server(name, command, port=port, folder=folder, cpu=cpu, env=env), port)

    return prepare


def _wirelint(proxy: Sequence[str]) -> Callable[[int, Path, int | None], Running]:
    def prepare(target: int, folder: Path, cpu: int | None) -> Running:
        port, metrics = free_port(), free_port()
        command = [*proxy, f"origin=http://{HOST}:{target}@{port}", "--metrics-port", str(metrics)]
        return Running(Server("wirelint", command, port=port, folder=folder, cpu=cpu), port, metrics)

    return prepare


def contenders(proxy: str | None = None) -> tuple[Contender, ...]:
    """All of them.

    :param proxy: a command line to use in place of ``wirelint proxy``.
    """
    ours = shlex.split(proxy) if proxy else [beside_python("wirelint"), "proxy"]
    return (
        Contender("direct", _direct),
        Contender(STOCK, _mitmdump("mitmdump")),
        Contender(AGAIN, _mitmdump("mitmdump-again")),
        Contender("mitmdump, naive addon", _mitmdump("naive", "--scripts", str(_NAIVE))),
        Contender(WIRELINT, _wirelint(ours)),
    )
