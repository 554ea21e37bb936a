"""``wirelint proxy`` and ``receive`` as users run them: read through their pages and metrics."""

from __future__ import annotations

import json
import re
import signal
import sys
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from support import HOST, Process, free_port, wait_until

_sample = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)(?: #.*)?$", re.MULTILINE)
_label = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')

Finding = dict[str, Any]


class _Auditor(Process):
    """A command that audits live traffic, read through its page and its metrics."""

    def __init__(self, words: Sequence[str], folder: Path, port: int | None) -> None:
        self.metrics_port = free_port()
        folder.mkdir(exist_ok=True)
        super().__init__(
            [sys.executable, "-m", "wirelint", *words, "--metrics-port", str(self.metrics_port)],
            log=folder / "wirelint.log",
            port=port,
            cwd=folder,
        )
        try:
            self._await(self._ready, "readiness", 20.0)
        except BaseException:
            self.stop()
            raise

    def _ready(self) -> bool:
        try:
            return self.get("/readyz") == "ok\n"
        except urllib.error.HTTPError as error:
            error.close()
            return False
        except OSError:
            return False

    def get(self, path: str, accept: str = "*/*") -> str:
        """Return a resource of its page."""
        asked = urllib.request.Request(f"http://{HOST}:{self.metrics_port}{path}", headers={"Accept": accept})
        with urllib.request.urlopen(asked, timeout=10) as answer:
            content: bytes = answer.read()
        return content.decode()

    def samples(self, metric: str) -> dict[tuple[str, ...], float]:
        """Return a metric's values by the values of its labels, these in the order of their names."""
        found = {}
        for name, labels, value in _sample.findall(self.get("/metrics")):
            if name == metric:
                found[tuple(text for _, text in sorted(_label.findall(labels)))] = float(value)
        return found

    def totals(self, metric: str, *names: str) -> Counter[tuple[str, ...]]:
        """Return a counter's sums by the named labels, without those that are 0."""
        sums: Counter[tuple[str, ...]] = Counter()
        for name, labels, value in _sample.findall(self.get("/metrics")):
            if name == metric:
                values = dict(_label.findall(labels))
                sums[tuple(values[each] for each in names)] += int(float(value))
        return +sums

    @property
    def exchanges(self) -> int:
        """Return the number of audited exchanges."""
        return int(sum(self.samples("wirelint_exchanges_total").values()))

    def outcomes(self) -> Counter[tuple[str, ...]]:
        """Return the number of exchanges by service, code and verdict."""
        return self.totals("wirelint_exchanges_total", "service", "code", "verdict")

    def settle(self, exchanges: int) -> None:
        """Return once that many exchanges were audited.

        Raises:
            TimeoutError: there were fewer.
        """
        wait_until(lambda: self.exchanges >= exchanges, f"{exchanges} exchanges, of which {self.exchanges} are there")

    def findings(self) -> list[Finding]:
        """Return the findings on its page, each with its examples."""
        listed = json.loads(self.get("/api/findings"))["findings"]
        return [json.loads(self.get(f"/api/findings/{each['fingerprint']}")) for each in listed]


class Audited(_Auditor):
    """The proxy before services, by name and URL; ``ports`` has where each is reached.

    Parameters:
        services: name → URL.
        folder: for its log, its certificates and its working directory; nothing of the user's is touched.
        arguments: more words for the command line.
    """

    def __init__(self, services: Mapping[str, str], folder: Path, *arguments: str) -> None:
        self.ports = {name: free_port() for name in services}
        words = [f"{name}={url}@{self.ports[name]}" for name, url in services.items()]
        port = next(iter(self.ports.values()), None)
        super().__init__(["proxy", *words, "--confdir", str(folder), *arguments], folder, port)

    def url(self, name: str) -> str:
        return f"http://{HOST}:{self.ports[name]}"


class Receiver(_Auditor):
    """The receiver of Envoy's access logs, on ``receiving`` of this machine.

    Parameters:
        folder: for its log and its working directory.
        arguments: more words for the command line.
    """

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.receiving = free_port()
        super().__init__(["receive", "--listen", f"{HOST}:{self.receiving}", *arguments], folder, self.receiving)

    def reload(self) -> None:
        """Have the settings read again, and return once they are in force."""
        before = self.output().count("reloaded settings")
        self._popen.send_signal(signal.SIGHUP)
        wait_until(lambda: self.output().count("reloaded settings") > before, "a reload")


class Tailing(_Auditor):
    """A receiver that follows an access log.

    Parameters:
        folder: for its log and its working directory.
        path: the access log.
        arguments: more words for the command line.
    """

    def __init__(self, folder: Path, path: Path, *arguments: str) -> None:
        super().__init__(["receive", "--tail", str(path), *arguments], folder, None)
