"""Define the contenders: no proxy, bare mitmdump (twice, for the noise), a naive add-on, and wirelint."""

from __future__ import annotations

import json
import re
import shlex
import urllib.request
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.origin import DESCRIPTION
from benchmarks.processes import HOST, Server, beside_python, free_port

DIRECT: Final = "direct"
STOCK: Final = "mitmdump"
AGAIN: Final = "mitmdump again"
STREAMING: Final = "mitmdump, streaming"
STREAMING_AGAIN: Final = "mitmdump, streaming, again"
WIRELINT: Final = "wirelint proxy"
CREW: Final = "wirelint proxy, 2 workers"
DOCUMENTED: Final = "wirelint proxy, with a document"

_NAIVE: Final = Path(__file__).with_name("naive_addon.py")
_sample: Final = re.compile(
    r"^wirelint_(exchanges|findings|skipped|dropped)_total(?:\{[^}]*\})? ([\d.e+]+)", re.MULTILINE
)


class Running(NamedTuple):
    """A contender in front of ``target``: the program to start, and the address of its numbers; None for none."""

    server: Server | None
    port: int
    metrics: int | None = None

    def counted(self) -> Counter[str]:
        """Return its counts of exchanges, findings, skipped and dropped audits."""
        counts: Counter[str] = Counter()
        if self.metrics is not None:
            address = f"http://{HOST}:{self.metrics}/metrics"
            with urllib.request.urlopen(address, timeout=10) as answer:
                for name, value in _sample.findall(answer.read().decode()):
                    counts[name] += int(float(value))
        return counts


class Service(NamedTuple):
    """The service behind the proxy: its port, and whether it uses TLS. Then clients use TLS to the proxy, too."""

    port: int
    secure: bool = False

    @property
    def url(self) -> str:
        """Return its URL."""
        return f"{'https' if self.secure else 'http'}://{HOST}:{self.port}"

    @property
    def trust(self) -> Sequence[str]:
        """Return the options that make a proxy accept the service's untrusted certificate."""
        return ("--ssl-insecure",) if self.secure else ()


Prepare = Callable[[Service, Path, int | None], Running]
"""Parameters: the service, a folder for files, and a processor."""


class Contender(NamedTuple):
    """One row of the comparison."""

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
        given = ("--metrics-port", str(metrics), *service.trust, *arguments)
        command = [*proxy, f"origin={service.url}@{port}", *given]
        return Running(Server("wirelint", command, port=port, folder=folder, cpu=cpu), port, metrics)

    return prepare


def contenders(proxy: str | None = None) -> tuple[Contender, ...]:
    """Return the contenders of the scenarios with requests and responses.

    :param proxy: a command line in place of ``wirelint proxy``.
    """
    return (
        Contender(DIRECT, _direct),
        Contender(STOCK, _mitmdump("mitmdump")),
        Contender(AGAIN, _mitmdump("mitmdump-again")),
        Contender("mitmdump, naive addon", _mitmdump("naive", "--scripts", str(_NAIVE))),
        Contender(WIRELINT, _wirelint(_ours(proxy))),
    )


def crews(proxy: str | None = None) -> tuple[Contender, ...]:
    """Return the contenders that compare numbers of processes.

    :param proxy: see ``contenders``.
    """
    return (
        Contender(STOCK, _mitmdump("mitmdump")),
        Contender(AGAIN, _mitmdump("mitmdump-again")),
        Contender(WIRELINT, _wirelint(_ours(proxy))),
        Contender(CREW, _wirelint(_ours(proxy), "--workers", "2")),
    )


def documented(proxy: str | None = None) -> tuple[Contender, ...]:
    """Return the contenders that compare wirelint with and without an OpenAPI document of the service.

    :param proxy: see ``contenders``.
    """

    def prepare(service: Service, folder: Path, cpu: int | None) -> Running:
        file = folder / "openapi.json"
        file.write_text(json.dumps(DESCRIPTION))
        return _wirelint(_ours(proxy), "--openapi", f"origin={file}")(service, folder, cpu)

    return (
        Contender(STOCK, _mitmdump("mitmdump")),
        Contender(AGAIN, _mitmdump("mitmdump-again")),
        Contender(WIRELINT, _wirelint(_ours(proxy))),
        Contender(DOCUMENTED, prepare),
    )


def streamers(proxy: str | None = None) -> tuple[Contender, ...]:
    """Return the contenders that support endless bodies, and bodies larger than memory.

    By default, mitmdump forwards a body only when it is complete, and a naive add-on needs that. With
    ``stream_large_bodies`` it streams all but the first piece, and no add-on sees it.

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
