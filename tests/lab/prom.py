"""What metrics say, read as Prometheus would; and a real one: with a history that real metrics wrote, or scraping."""

from __future__ import annotations

import json
import re
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from support import HOST, Process, free_port, wait_until
from tools import require_tool
from wirelint.sinks.metrics.registry import Metrics

ROOT = Path(__file__).parents[2]
DASHBOARDS = ROOT / "dashboards"
RULES = tuple(sorted((DASHBOARDS / "prometheus").glob("*.yml")))

Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


class Prometheus:
    """Prometheus on a free port.

    :param folder: for its data and settings.
    :param targets: ``host:port`` of what it is to scrape, once a second.
    :param data: blocks that it starts with.
    :param rules: files of rules to load.
    """

    def __init__(
        self, folder: Path, *, targets: Iterable[str] = (), data: Path | None = None, rules: Iterable[Path] = ()
    ) -> None:
        port = free_port()
        settings = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(path) for path in rules],
            "scrape_configs": [{"job_name": "wirelint", "static_configs": [{"targets": list(targets)}]}],
        }
        (folder / "prometheus.yml").write_text(json.dumps(settings))  # JSON is YAML
        self._base = f"http://{HOST}:{port}"
        self.process = Process(
            [
                require_tool("prometheus"),
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={data or folder / 'data'}",
                f"--web.listen-address={HOST}:{port}",
                "--storage.tsdb.retention.time=100d",
                "--enable-feature=exemplar-storage",
            ],
            log=folder / "prometheus.log",
            port=port,
        )
        wait_until(self._ready, "Prometheus to be ready")

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self._base}/-/ready") as response:
                return bool(response.status == 200)
        except OSError:
            return False

    def get(self, path: str, **fields: object) -> Any:
        """Return the data that the API answers with.

        :raises AssertionError: it refuses; the message says why.
        """
        form = urllib.parse.urlencode(fields, doseq=True).encode()
        try:
            with urllib.request.urlopen(f"{self._base}/api/v1/{path}", data=form if fields else None) as response:
                return json.load(response)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path} {fields}: {error.read().decode()}") from None

    def instant(self, expression: str, at: float | None = None) -> list[dict[str, Any]]:
        """Return the series of an expression at one moment, now by default."""
        moment = {} if at is None else {"time": at}
        result: list[dict[str, Any]] = self.get("query", query=expression, **moment)["result"]
        return result

    def range(self, expression: str, start: float, end: float, step: float) -> list[dict[str, Any]]:
        """Return the series of an expression over time."""
        answer = self.get("query_range", query=expression, start=start, end=end, step=step)
        result: list[dict[str, Any]] = answer["result"]
        return result

    def __enter__(self) -> Prometheus:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stop()


def series(metrics: Metrics) -> Series:
    """Return all samples by name and labels."""
    text = metrics.render()[1].decode()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    """Return one sample; None if there is none."""
    return series(metrics).get((f"wirelint_{name}", frozenset(labels.items())))


def total(metrics: Metrics, name: str, **labels: str) -> float:
    """Return the sum of a metric's samples that have these labels among theirs."""
    wanted = set(labels.items())
    return sum(v for (n, have), v in series(metrics).items() if n == f"wirelint_{name}" and wanted <= have)


def lines(metrics: Metrics, at: float, labels: Mapping[str, str]) -> list[str]:
    """Return all samples of a scrape as OpenMetrics text with a timestamp, under the ``labels`` that a scrape adds."""
    return [
        line(sample.name, {**labels, **sample.labels}, sample.value, at)
        for family in text_string_to_metric_families(metrics.render()[1].decode())
        for sample in family.samples
    ]


def line(name: str, labels: Mapping[str, str], value: float, at: float) -> str:
    """Return one sample."""
    # An empty label is no label.
    shown = ",".join(f"{key}={json.dumps(text, ensure_ascii=False)}" for key, text in labels.items() if text)
    return f"{name}{{{shown}}} {float(value)!r} {at:.3f}"


def written(folder: Path, samples: Iterable[str]) -> Path:
    """Return blocks of samples, for ``Prometheus(data=...)``."""
    # What belongs to one metric has to stand together.
    text = folder / "history.om"
    text.write_text("\n".join(sorted(samples, key=lambda each: each.partition("{")[0])) + "\n# EOF\n")
    command = [require_tool("promtool"), "tsdb", "create-blocks-from", "openmetrics", text, folder / "blocks"]
    subprocess.run([str(word) for word in command], check=True, capture_output=True)
    return folder / "blocks"


_VALUES = {
    "__rate_interval": "4m",
    "__range": "3600s",
    "__range_s": "3600",
    "__interval": "1m",
    "cluster": ".*",
    "namespace": ".*",
    "job": "wirelint",
    "instance": ".+",
    "service": ".+",
    "rule": ".+",
    "severity": ".+",
}


def filled(expression: str, **values: str) -> str:
    """Return an expression as Grafana sends it, with the variables filled in; an unknown one stays and is refused."""
    known = {**_VALUES, **values}
    return re.sub(r"\$(?:\{)?([A-Za-z_]\w*)\}?", lambda found: known.get(found[1], found[0]), expression)


def hurried(expression: str) -> str:
    """Return an expression for rules that are evaluated once a second, not once a minute."""
    return expression.replace(":5m]", ":1s]")


def hurried_rules(path: Path) -> str:
    """Return a file of rules that are evaluated once a second, not once a minute, also within subqueries."""
    return path.read_text().replace("interval: 1m", "interval: 1s").replace("[30d:30m]", "[5m:1s]")


def panels(uid: str) -> list[dict[str, Any]]:
    """Return the panels of a dashboard, without its headings."""
    whole = json.loads((DASHBOARDS / f"{uid}.json").read_text())
    return [panel for panel in whole["panels"] if panel["type"] != "row"]


def now() -> float:
    """Return the wall clock, cut to the minute."""
    return time.time() // 60 * 60
