"""Measure what the overview reads: ``python -m benchmarks.panels`` prints the samples of each panel.

A Prometheus holds 75 minutes of the recorded series of 100 services, a value a minute, as the recording rules write
them: each service has ten kinds of exchanges, ten rules that fired at some time and six that fire all the time. Each
panel's queries are sent as Grafana sends them for the last hour, and Prometheus says how many samples they read.

It also counts the recorded series of one service: Prometheus evaluates the rules over the metrics of a JSON service
(``benchmarks.scrape``) at which five rules fire on ten routes.
"""

from __future__ import annotations

import argparse
import datetime
import itertools
import json
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks import results
from benchmarks.machine import machine
from benchmarks.processes import HOST, BenchmarkError, Server, free_port, tool
from benchmarks.scrape import filled
from wirelint.monitoring import recording_rules as recorded
from wirelint.monitoring.promql import MEANING
from wirelint.rules import catalogue
from wirelint.settings.selection import select

TITLE: Final = "Dashboards"
LIMIT: Final = 100_000
"""Most samples that a refresh of the overview may read at 100 services."""

_ROOT: Final = Path(__file__).parents[1]
_MINUTES: Final = 75
_SERVICES: Final = 100
_STEP: Final = {"3m": 180.0, "5m": 300.0}
_DEADLINE: Final = 60.0
_VALUES: Final = {
    "cluster": ".*",
    "namespace": ".*",
    "job": "wirelint",
    "service": ".+",
    "rule": ".+",
    "severity": ".+",
    "__range": "3600s",
    "__range_s": "3600",
    "__interval": "15s",
}
_EXCHANGES: Final = (
    *(("200", "ok"), ("201", "ok"), ("204", "ok"), ("304", "ok"), ("404", "client_error"), ("401", "client_error")),
    *(("200", "server_error"), ("200", "client_error"), ("500", "server_error"), ("none", "unknown")),
)
_FIRING: Final = 6
_FIRED: Final = 10


class Panel(NamedTuple):
    """A panel: how many samples its queries read, and how many series they gave."""

    title: str
    queries: int
    samples: int
    series: int


class Prometheus:
    """The API of a running Prometheus."""

    def __init__(self, port: int) -> None:
        self._base = f"http://{HOST}:{port}/api/v1/"

    def ask(self, path: str, **fields: object) -> Any:
        """Return the data of an answer.

        :raises OSError: it refuses.
        """
        form = urllib.parse.urlencode(fields).encode()
        with urllib.request.urlopen(self._base + path, form) as answer:  # noqa: S310 - our own
            return json.load(answer)["data"]

    def count(self, selector: str) -> int:
        """Return the number of series of a selector."""
        found = self.ask("query", query=f"count({selector})")["result"]
        return int(found[0]["value"][1]) if found else 0


def _line(name: str, labels: Mapping[str, str], value: float, at: float) -> str:
    shown = ",".join(f'{key}="{text}"' for key, text in labels.items() if text)
    return f"{name}{{{shown}}} {value!r} {at:.3f}"


def history(services: int, end: float) -> Iterator[str]:
    """Yield the recorded series that the overview reads, minute by minute until ``end``."""
    rules = [rule.id for rule in catalogue()[:_FIRED]]
    for number in range(services):
        of = {"job": "wirelint", "service": f"service-{number}"}
        series: list[tuple[str, dict[str, str], float]] = [
            (recorded.EXCHANGES, {"code": code, "verdict": verdict, "protocol": "http"}, 60.0)
            for code, verdict in _EXCHANGES
        ]
        series += [(recorded.total("5m"), {}, 600.0), *((recorded.errors(kind), {}, 60.0) for kind in MEANING)]
        series += [(recorded.quantile(name), {}, level) for name, level in recorded.QUANTILES.items()]
        series += [
            (recorded.FINDINGS, {"rule": rule, "side": "server", "severity": "high"}, 5.0) for rule in rules[:_FIRING]
        ]
        series += [(recorded.LAST, {"rule": rule}, end - 60) for rule in rules]
        firing = {"alertname": "WirelintErrorGap", "alertstate": "firing", "severity": "warning"}
        series += [("ALERTS", firing, 1.0)] if number % 10 == 0 else []
        for (name, labels, value), minute in itertools.product(series, range(_MINUTES)):
            yield _line(name, {**of, **labels}, value, end - 60 * (_MINUTES - minute))


def _scrapes(end: float) -> Iterator[str]:
    from prometheus_client.parser import text_string_to_metric_families  # noqa: PLC0415

    scraped = {"job": "wirelint", "instance": "proxy:9464"}
    text = filled(select(catalogue()), 5, 10).render()[1].decode()
    samples = [each for family in text_string_to_metric_families(text) for each in family.samples]
    for minute in range(10):
        at = end - 60 * (9 - minute)
        yield _line("up", scraped, 1.0, at)
        for each in samples:
            grown = each.value * minute if each.name.endswith(("_total", "_bucket", "_count", "_sum")) else each.value
            yield _line(each.name, {**scraped, **each.labels}, grown, at)


def _blocks(folder: Path, lines: Iterable[str]) -> Path:
    text = folder / "history.om"
    # Lines of a metric have to stand together.
    text.write_text("\n".join(sorted(lines, key=lambda line: line.partition("{")[0])) + "\n# EOF\n")
    made = [tool("promtool"), "tsdb", "create-blocks-from", "openmetrics", str(text), str(folder / "blocks")]
    subprocess.run(made, check=True, capture_output=True)  # noqa: S603 - our own command line
    return folder / "blocks"


def _prometheus(folder: Path, data: Path, rules: Iterable[Path] = ()) -> Server:
    settings = {"global": {"evaluation_interval": "1s"}, "rule_files": [str(path) for path in rules]}
    (folder / "prometheus.yml").write_text(json.dumps(settings))  # JSON is YAML
    port = free_port()
    command = [
        tool("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={data}",
        f"--web.listen-address={HOST}:{port}",
        "--storage.tsdb.retention.time=100d",
    ]
    return Server("prometheus", command, port=port, folder=folder)


def _ready(running: Server, selector: str, enough: int = 1) -> Prometheus:
    api = Prometheus(running.port)
    deadline = time.monotonic() + _DEADLINE
    while time.monotonic() < deadline:
        try:
            if api.count(selector) >= enough:
                return api
        except OSError:
            pass  # it is not ready yet
        time.sleep(0.1)
    raise BenchmarkError(f"Prometheus has no {selector} after {_DEADLINE:.0f} s")


def panels(uid: str) -> list[dict[str, Any]]:
    """Return the panels of a dashboard, without its headings."""
    whole = json.loads((_ROOT / "dashboards" / f"{uid}.json").read_text(encoding="utf-8"))
    return [panel for panel in whole["panels"] if panel["type"] != "row"]


def _filled(expression: str) -> str:
    return re.sub(r"\$\{?(\w+)\}?", lambda found: _VALUES.get(found[1], found[0]), expression)


def read(api: Prometheus, panel: Mapping[str, Any], end: float) -> Panel:
    """Return what a panel reads for the hour before ``end``."""
    samples = series = 0
    for target in panel["targets"]:
        expression = _filled(target["expr"])
        if target.get("instant"):
            data = api.ask("query", query=expression, time=end, stats="all")
        else:
            step = _STEP[target["interval"]]
            data = api.ask("query_range", query=expression, start=end - 3600, end=end, step=step, stats="all")
        samples += data["stats"]["samples"]["totalQueryableSamples"]
        series += len(data["result"])
    return Panel(panel["title"], len(panel["targets"]), samples, series)


def overview(services: int = _SERVICES) -> list[Panel]:
    """Return what each panel of the overview reads.

    :raises BenchmarkError: Prometheus does not start.
    """
    with tempfile.TemporaryDirectory() as name:
        end = time.time() // 60 * 60
        folder = Path(name)
        with _prometheus(folder, _blocks(folder, history(services, end))) as running:
            api = _ready(running, recorded.total("5m"), services)
            return [read(api, panel, end) for panel in panels("wirelint-overview")]


def of_one_service() -> dict[str, int]:
    """Return how many series the rules record of one service, by the first part of their names.

    :raises BenchmarkError: Prometheus does not start.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = (_ROOT / "dashboards/prometheus/rules.yml").read_text(encoding="utf-8")
        (folder / "rules.yml").write_text(text.replace("interval: 1m", "interval: 1s"))
        data = _blocks(folder, _scrapes(time.time() // 60 * 60))
        with _prometheus(folder, data, [folder / "rules.yml"]) as running:
            windows = len(MEANING) * len(recorded.WINDOWS)
            api = _ready(running, '{__name__=~"service:wirelint_.+:ratio.+"}', windows)
            _ready(running, recorded.BUDGET)
            parts = {
                "exchanges by status, verdict and protocol": recorded.EXCHANGES,
                "kinds within five minutes": "service:wirelint_.+:increase5m",
                "exchanges within longer windows": "service:wirelint_exchanges:increase(30m|.+[hd])",
                "ratios": "service:wirelint_.+:ratio.+",
                "findings by rule": recorded.FINDINGS,
                "last findings by rule": recorded.LAST,
                "budget": recorded.BUDGET,
                "durations": ".+:wirelint_exchange_duration_seconds.*:.+",
            }
            found = {part: api.count(f'{{__name__=~"{name}",service="shop"}}') for part, name in parts.items()}
            return {**found, "all": api.count('{__name__=~".+:wirelint_.+",service="shop"}')}


def table(read_: Iterable[Panel], recorded_: Mapping[str, int]) -> str:
    """Return the results as Markdown."""
    shown = list(read_)
    lines = [
        f"The overview at {_SERVICES} services, for one refresh over the last hour.",
        "",
        "| panel | queries | samples read |",
        "|---|--:|--:|",
        *(f"| {each.title} | {each.queries} | {each.samples:,} |" for each in shown),
        f"| **all** | {sum(each.queries for each in shown)} | **{sum(each.samples for each in shown):,}** |",
        "",
        f"The rules record {recorded_['all']} series of a service at which five rules fired on ten routes: "
        + ", ".join(f"{count} {part}" for part, count in recorded_.items() if part != "all")
        + ".",
    ]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and keep what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.panels", description="What the overview reads.")
    parser.add_argument("--dry", action="store_true", help="print alone, keep nothing")
    options = parser.parse_args(arguments)
    try:
        text = table(overview(), of_one_service())
    except BenchmarkError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    print(f"## {TITLE}\n\n{text}")
    if not options.dry:
        results.keep(TITLE, f"{text}\n\n{datetime.datetime.now(datetime.UTC):%Y-%m-%d}. {machine()}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
