"""Compare the alerts that fire at real faults with those that should: ``make oncall``.

Services with a fault each are called through real ``wirelint proxy`` processes. A Prometheus scrapes these, evaluates
the shipped rules, and sends alerts to an Alertmanager with the shipped example of routes, and with kube-prometheus'
default inhibition beside it. All are in one namespace. After half an hour a table says what fired at which service,
after what time, and whether that is right.

``--speed 20`` is the short form: each duration in the rules, the interval of scrapes and the pace of the clients are
divided, so that the same numbers of exchanges fall into shorter windows.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime
import json
import random
import re
import signal
import socket
import statistics
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from benchmarks import results
from benchmarks.machine import machine
from benchmarks.processes import HOST, BenchmarkError, Server, beside_python, tool
from wirelint.monitoring import alerting_rules, alertmanager_example, recording_rules

TITLE: Final = "On call"

OF_KUBE_PROMETHEUS: Final = (
    {
        "source_matchers": ["severity = critical"],
        "target_matchers": ["severity =~ warning|info"],
        "equal": ["namespace", "alertname"],
    },
    {
        "source_matchers": ["severity = warning"],
        "target_matchers": ["severity = info"],
        "equal": ["namespace", "alertname"],
    },
)
"""The inhibition that kube-prometheus installs."""

_MINUTES: Final = 32.0
_NAMESPACE: Final = "shops"
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION: Final = re.compile(r"(\[|:(?=\d+[smhd]\])|offset |for: |interval: )(\d+)([smhd])(?![a-z0-9])")
_AGO: Final = re.compile(r"(time\(\) - )(\d+)")

Answer = tuple[int, str]
"""A status and JSON content."""

_FINE: Final[Answer] = (200, '{"id": 7, "state": "paid", "total": "19.90"}')
_MISSING: Final[Answer] = (404, '{"error": "no such order"}')
_FAILED: Final[Answer] = (200, '{"success": false, "error": {"code": 500, "message": "database connection refused"}}')
_WRONG_PASSWORD: Final[Answer] = (200, '{"success": false, "error": {"code": 401, "message": "wrong password"}}')
_LIMITED: Final[Answer] = (200, '{"success": false, "error": {"code": 429, "message": "rate limit exceeded"}}')
_RPC: Final[Answer] = (200, '{"jsonrpc": "2.0", "id": 1, "error": {"code": -32602, "message": "Invalid params"}}')


class Fault(NamedTuple):
    """A service with one fault, and the alerts that are right for it.

    :ivar service: its name in the metrics.
    :ivar what: the fault in words, for the table.
    :ivar alerts: one of them must fire; if empty, none may.
    :ivar also: others that may fire besides.
    :ivar answers: what it answers with, by the share of the exchanges; the rest is fine.
    :ivar since: minutes after which the fault begins.
    :ivar rate: requests a minute.
    :ivar kind: ``dead`` listens to nothing, ``slow`` answers later than clients wait, ``hung`` never answers, ``gone``
        loses its clients, ``killed`` and ``throttled`` are what happens to a proxy of its own.
    """

    service: str
    what: str
    alerts: frozenset[str] = frozenset()
    also: frozenset[str] = frozenset()
    answers: tuple[tuple[float, Answer], ...] = ()
    since: float = 0
    rate: float = 20
    kind: str = ""


def _named(*names: str) -> frozenset[str]:
    return frozenset(f"Wirelint{name}" for name in names)


FAULTS: Final = (
    Fault("tidy", "none: 2 % honest 404", answers=((0.02, _MISSING),)),
    Fault("dead", "dead upstream, much traffic", _named("Unanswered"), _named("UnansweredQuiet"), kind="dead"),
    Fault("rare", "dead upstream, 7 requests a minute", _named("UnansweredQuiet"), rate=7, kind="dead"),
    Fault("slow", "answers in 6 s, clients give up at 4 s", _named("Abandoned"), _named("Hung"), since=2, kind="slow"),
    Fault("hung", "never answers", _named("Abandoned", "Hung"), since=2, rate=10, kind="hung"),
    Fault(
        "liar",
        "a deployment that lies: 5 % failures under 200",
        _named("HiddenErrorBudgetBurn"),
        _named("ErrorGap", "HiddenErrorBudgetSlowBurn", "HiddenFailuresQuiet"),
        ((0.05, _FAILED),),
        since=6,
        rate=40,
    ),
    Fault("login", "wrong passwords under 200", _named("HiddenClientErrors"), answers=((0.3, _WRONG_PASSWORD),)),
    Fault("limiter", "refusals by a rate limit under 200", _named("HiddenClientErrors"), answers=((0.3, _LIMITED),)),
    Fault("rpc", "callers' mistakes in JSON-RPC", answers=((0.3, _RPC),)),
    Fault("gone", "its clients disappear", _named("TrafficGone"), since=8, rate=60, kind="gone"),
    Fault("killed", "its proxy is killed every 45 s", _named("Restarting"), _named("TrafficGone"), kind="killed"),
    Fault("throttled", "its proxy is stopped for 300 of 400 ms", _named("Slow"), _named("Dropping"), kind="throttled"),
)
_OWN_PROXY: Final = ("killed", "throttled")
"""Kinds that happen to a proxy, so that each has one, with a job of its own."""


class Seen(NamedTuple):
    """An alert of a service or of a proxy.

    :ivar subject: the service; for alerts about a proxy, the job.
    :ivar pending: minutes from the start until it was pending; None if it fired at once.
    :ivar fired: the same until it fired; None if it only was pending.
    """

    subject: str
    name: str
    severity: str
    pending: float | None
    fired: float | None


class Verdict(NamedTuple):
    """A row of the table."""

    what: str
    said: str
    right: bool


def hurried(rules: str, speed: float) -> str:
    """Return a file of rules with all durations divided by ``speed``; names and texts stay."""

    def shorter(found: re.Match[str]) -> str:
        return f"{found[1]}{round(1000 * int(found[2]) * _UNITS[found[3]] / speed)}ms"

    rules = _DURATION.sub(shorter, rules)
    return _AGO.sub(lambda found: f"{found[1]}{int(found[2]) / speed:g}", rules)


def waits() -> dict[str, float]:
    """Return for how many minutes each alert is pending before it fires."""
    every = [alert for members in alerting_rules.alerts().values() for alert in members]
    return {alert.name: int(alert.wait[:-1]) * _UNITS[alert.wait[-1]] / 60 for alert in every}


def judged(faults: Iterable[Fault], seen: Sequence[Seen], minutes: float) -> list[Verdict]:
    """Return a row for each fault, and one for the first minutes.

    :param minutes: how long the run was, by the clock of the unhurried rules. An alert that waits for longer cannot
        have fired; being pending is right for it.
    """
    long = {name for name, wait in waits().items() if wait >= minutes}
    rows = []
    for fault in faults:
        of = [each for each in seen if each.subject == fault.service and each.name != "WirelintNewFindings"]
        counted = [each for each in of if each.fired is not None or each.name in long]
        names = {each.name for each in counted}
        right = bool(names & fault.alerts) if fault.alerts else not names
        said = ", ".join(_said(each, fault) for each in sorted(counted, key=lambda each: each.fired or minutes))
        rows.append(Verdict(fault.what, said or "silent", right and names <= fault.alerts | fault.also))
    new = [each for each in seen if each.name == "WirelintNewFindings" and each.fired is not None]
    rows.append(Verdict("the first minutes of every service", f"{len(new)} tickets for new findings", not new))
    known = {fault.service for fault in faults}
    stray = sorted({each.name for each in seen if each.subject not in known and each.fired is not None})
    rows.append(Verdict("anything else", ", ".join(stray) or "silent", not stray))
    return rows


def _said(seen: Seen, fault: Fault) -> str:
    kind = "page" if seen.severity == "critical" else "ticket"
    name = seen.name.removeprefix("Wirelint")
    if seen.fired is None:
        return f"{kind}, pending: {name}"
    return f"{kind}: {name} after {seen.fired - fault.since:.0f} min"


def independent(alerts: Iterable[Mapping[str, Any]]) -> Verdict:
    """Return whether no service silences another.

    :param alerts: what Alertmanager's API says of those that it has.
    """
    of = {each["fingerprint"]: each for each in alerts}
    subject = {key: _subject(each["labels"]) for key, each in of.items()}
    crossed = {
        f"{subject[other]} silences {each['labels']['alertname']} of {subject[key]}"
        for key, each in of.items()
        for other in each["status"]["inhibitedBy"]
        if other in of and subject[other] != subject[key]
    }
    silenced = sum(bool(each["status"]["inhibitedBy"]) for each in of.values())
    said = ", ".join(sorted(crossed)) or f"{len(of)} alerts, {silenced} silenced by another of the same service"
    return Verdict("services page, in one namespace with kube-prometheus' inhibition", said, bool(of) and not crossed)


def _subject(labels: Mapping[str, str]) -> str:
    return labels.get("service") or labels.get("job", "")


def table(rows: Iterable[Verdict]) -> str:
    """Return the rows as Markdown."""
    lines = ["| fault | alerts | right |", "|---|---|---|"]
    return "\n".join(lines + [f"| {row.what} | {row.said} | {'yes' if row.right else '**no**'} |" for row in rows])


class Run:
    """The services, their clients, the proxies, Prometheus and Alertmanager of one run.

    :param folder: for all files.
    :param speed: how many times faster than the shipped rules.
    """

    def __init__(self, folder: Path, speed: float) -> None:
        self._folder = folder
        self._speed = speed
        ports = _lasting_ports()
        self._ports = {fault.service: next(ports) for fault in FAULTS}
        self._upstreams = {fault.service: next(ports) for fault in FAULTS}
        self._metrics = {job: next(ports) for job in ("wirelint", *_OWN_PROXY)}
        self._prometheus, self._alertmanager = next(ports), next(ports)
        self._began = 0.0
        self.restarts: list[float] = []
        """Seconds from each kill of a proxy until it listens again, started at once."""

    async def watch(self, minutes: float) -> list[Verdict]:
        """Return the rows after ``minutes`` by the clock of the unhurried rules."""
        async with contextlib.AsyncExitStack() as stack:
            for fault in FAULTS:
                if fault.kind != "dead":
                    await stack.enter_async_context(self._service(fault))
            proxies = {job: stack.enter_context(self._proxy(job)) for job in self._metrics}
            stack.enter_context(self._alerts())
            stack.enter_context(self._rules())
            self._began = time.time()
            tasks = [asyncio.create_task(self._clients(fault)) for fault in FAULTS]
            tasks += [asyncio.create_task(self._kill(proxies["killed"]))]
            tasks += [asyncio.create_task(self._throttle(proxies["throttled"]))]
            try:
                await asyncio.sleep(60 * minutes / self._speed)
                seen = await asyncio.to_thread(self._seen)
                notified = await asyncio.to_thread(_json, f"http://{HOST}:{self._alertmanager}/api/v2/alerts")
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                with contextlib.suppress(BenchmarkError):
                    proxies["throttled"].signal(signal.SIGCONT)
        return [*judged(FAULTS, seen, minutes), independent(notified)]

    def _proxy(self, job: str) -> Server:
        of = [fault for fault in FAULTS if (fault.kind if fault.kind in _OWN_PROXY else "wirelint") == job]
        command = [beside_python("wirelint"), "proxy", "--quiet", "--keep", "0"]
        command += ["--metrics-port", str(self._metrics[job]), "--confdir", str(self._folder / job)]
        command += [
            f"{each.service}=http://{HOST}:{self._upstreams[each.service]}@{self._ports[each.service]}" for each in of
        ]
        return Server(job, command, port=self._metrics[job], folder=self._folder)

    def _rules(self) -> Server:
        files = {"rules.yml": recording_rules.text(), "alerts.yml": alerting_rules.text()}
        for name, text in files.items():
            hurried_text = text if self._speed == 1 else hurried(text, self._speed)
            (self._folder / name).write_text(hurried_text, encoding="utf-8")
        each = f"{round(15_000 / self._speed)}ms"
        settings = {
            "global": {"scrape_interval": each, "scrape_timeout": each, "evaluation_interval": each},
            "rule_files": [str(self._folder / name) for name in files],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"{HOST}:{self._alertmanager}"]}]}]},
            "scrape_configs": [
                {
                    "job_name": job,
                    "static_configs": [{"targets": [f"{HOST}:{port}"], "labels": {"namespace": _NAMESPACE}}],
                }
                for job, port in self._metrics.items()
            ],
        }
        (self._folder / "prometheus.yml").write_text(json.dumps(settings), encoding="utf-8")  # JSON is YAML
        command = [
            tool("prometheus"),
            f"--config.file={self._folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self._folder / 'data'}",
            f"--web.listen-address={HOST}:{self._prometheus}",
            f"--query.lookback-delta={round(300_000 / self._speed)}ms",
        ]
        return Server("prometheus", command, port=self._prometheus, folder=self._folder)

    def _alerts(self) -> Server:
        settings = yaml.safe_load(alertmanager_example())
        settings["inhibit_rules"] += OF_KUBE_PROMETHEUS
        (self._folder / "alertmanager.yml").write_text(json.dumps(settings), encoding="utf-8")
        try:
            program = tool("prometheus-alertmanager")  # Debian's name of it
        except BenchmarkError:
            program = tool("alertmanager")
        command = [
            program,
            f"--config.file={self._folder / 'alertmanager.yml'}",
            f"--storage.path={self._folder / 'notified'}",
            f"--web.listen-address={HOST}:{self._alertmanager}",
            "--cluster.listen-address=",
        ]
        return Server("alertmanager", command, port=self._alertmanager, folder=self._folder)

    def _minutes(self) -> float:
        return (time.time() - self._began) * self._speed / 60

    def _seconds(self, unhurried: float) -> float:
        """Return how long something takes that clients wait for; never less than a busy machine can tell apart."""
        return max(unhurried / self._speed, unhurried / 8)

    @contextlib.asynccontextmanager
    async def _service(self, fault: Fault) -> AsyncIterator[None]:
        chance = random.Random(fault.service)  # noqa: S311 - shares, not secrets

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                while head := await reader.readuntil(b"\r\n\r\n"):
                    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
                    await reader.readexactly(int(length[1]) if length else 0)
                    begun = self._began and self._minutes() >= fault.since
                    if fault.kind == "hung" and begun:
                        await reader.read()  # until the other side leaves
                        break
                    if fault.kind == "slow" and begun:
                        await asyncio.sleep(self._seconds(6))
                    status, content = _drawn(fault, chance.random()) if begun else _FINE
                    lines = f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {len(content)}"
                    writer.write(f"{lines}\r\n\r\n{content}".encode())
                    await writer.drain()
            writer.close()

        server = await asyncio.start_server(answer, HOST, self._upstreams[fault.service])
        try:
            yield
        finally:
            server.close()

    async def _clients(self, fault: Fault) -> None:
        pause = 60 / fault.rate / self._speed
        waits_for = self._seconds(30 if fault.kind == "hung" else 4)
        going: set[asyncio.Task[None]] = set()
        due = time.monotonic()
        while True:
            if not (fault.kind == "gone" and self._minutes() >= fault.since):
                task = asyncio.create_task(_call(self._ports[fault.service], waits_for, rpc=fault.service == "rpc"))
                going.add(task)
                task.add_done_callback(going.discard)
            due += pause
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _kill(self, proxy: Server) -> None:
        while True:
            await asyncio.sleep(max(45 / self._speed, 6))
            proxy.signal(signal.SIGKILL)
            killed = time.monotonic()
            await asyncio.to_thread(proxy.stop)
            await asyncio.to_thread(proxy.__enter__)
            self.restarts.append(time.monotonic() - killed)

    async def _throttle(self, proxy: Server) -> None:
        while True:
            proxy.signal(signal.SIGSTOP)
            await asyncio.sleep(0.3)
            proxy.signal(signal.SIGCONT)
            await asyncio.sleep(0.1)

    def _seen(self) -> list[Seen]:
        form = {
            "query": "max by (alertname, severity, alertstate, job, service) (ALERTS)",
            "start": self._began,
            "end": time.time(),
            "step": max(1.0, 30 / self._speed),
        }
        url = f"http://{HOST}:{self._prometheus}/api/v1/query_range?{urllib.parse.urlencode(form)}"
        first: dict[tuple[str, str, str], dict[str, float]] = {}
        for series in _json(url)["data"]["result"]:
            labels = series["metric"]
            key = (_subject(labels), labels["alertname"], labels["severity"])
            at = (series["values"][0][0] - self._began) * self._speed / 60
            first.setdefault(key, {})[labels["alertstate"]] = at
        return [Seen(*key, states.get("pending"), states.get("firing")) for key, states in first.items()]


def _lasting_ports() -> Iterator[int]:
    """Yield free ports that no connection gets as its own while the program behind them is restarted."""
    # Below those that Linux gives to connections (ip_local_port_range).
    for port in random.sample(range(20_000, 30_000), 10_000):
        with contextlib.suppress(OSError):
            socket.create_server((HOST, port)).close()
            yield port


def _drawn(fault: Fault, at: float) -> Answer:
    for share, answer in fault.answers:
        if at < share:
            return answer
        at -= share
    return _FINE


async def _call(port: int, patience: float, *, rpc: bool) -> None:
    content = b'{"jsonrpc": "2.0", "id": 1, "method": "quote", "params": []}' if rpc else b""
    line = "POST /rpc" if rpc else f"GET /orders/{random.randrange(1000)}"  # noqa: S311 - any order
    head = f"{line} HTTP/1.1\r\nHost: shop.example\r\nContent-Type: application/json\r\n"
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(patience):
            reader, writer = await asyncio.open_connection(HOST, port)
            try:
                writer.write(f"{head}Content-Length: {len(content)}\r\nConnection: close\r\n\r\n".encode() + content)
                await reader.read()
            finally:
                writer.close()


def _json(url: str) -> Any:
    with urllib.request.urlopen(url) as answer:  # noqa: S310 - our own
        return json.load(answer)


def main(arguments: list[str] | None = None, run: Callable[[Path, float], Run] = Run) -> int:
    """Run, print the table, keep it if it is the long form; exit code 1 if a row is wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.oncall", description="Alerts at real faults.")
    parser.add_argument("--speed", type=float, default=1.0, help="how many times faster than the shipped rules")
    parser.add_argument("--minutes", type=float, default=_MINUTES, help="length, by the clock of the shipped rules")
    parser.add_argument("--dry", action="store_true", help="print alone, keep nothing")
    options = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as name:
            running = run(Path(name), options.speed)
            rows = asyncio.run(running.watch(options.minutes))
    except BenchmarkError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    pace = "the shipped rules" if options.speed == 1 else f"the shipped rules, {options.speed:g} times faster"
    text = f"{options.minutes:.0f} minutes of faults, {pace}.\n\n{table(rows)}"
    if running.restarts:
        median = statistics.median(running.restarts)
        text += f"\n\nThe killed proxy listened again after {median:.1f} s (median of {len(running.restarts)} kills)."
    print(f"## {TITLE}\n\n{text}")
    if not options.dry:
        results.keep(TITLE, f"{text}\n\n{datetime.datetime.now(datetime.UTC):%Y-%m-%d}. {machine()}.")
    return 0 if all(row.right for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
