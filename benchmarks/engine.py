"""What the engine alone costs, in microseconds an exchange: ``python -m benchmarks.engine [CAPTURE…]``.

Each exchange is made anew before the clock starts, for its views (index of fields, parsed JSON) are made on first use
and kept; making them is part of what is measured.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.peers import available, lint
from wirelint.core.body import EMPTY, Body
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange, Headers, Request, Response
from wirelint.core.finding import Severity
from wirelint.core.media import media_type
from wirelint.rules import catalogue
from wirelint.sources import UnreadableError
from wirelint.sources.open import open_capture

_BATCH: Final = 250
_BATCHES: Final = 40
_MOST_CAPTURED: Final = 20_000

_ASKED: Final = (
    ("Host", "api.example.test"),
    ("User-Agent", "python-requests/2.32.3"),
    ("Accept", "application/json"),
    ("Accept-Encoding", "gzip, deflate"),
    ("Connection", "keep-alive"),
    ("Authorization", "Bearer demo-token-of-a-benchmark"),
    ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
)
_ANSWERED: Final = (
    ("Date", "Sat, 21 Nov 2026 03:00:00 GMT"),
    ("Server", "nginx"),
    ("Cache-Control", "no-store"),
    ("ETag", '"5f2b-62a1"'),
    ("Vary", "Accept"),
    ("X-Request-Id", "8f14e45f-ceea-467f-a0e6-7d4b1b2f3c4d"),
)
_GZIP: Final = ("Content-Encoding", "gzip")


class Sample(NamedTuple):
    """A kind of exchange; ``make`` gives a new one each time."""

    name: str
    make: Callable[[], Exchange]


class Cost(NamedTuple):
    """Microseconds for each exchange of a kind: median and fastest of all batches; how many findings each had.

    ``peer`` is what httplint's median (of captures, mean) is for the same.
    """

    name: str
    median: float
    best: float
    findings: int
    peer: float


def order(size: int) -> bytes:
    """JSON of an order that nothing is wrong with, about ``size`` bytes long."""
    document: dict[str, object] = {
        "id": 4711,
        "state": "shipped",
        "customer": {"id": 42, "name": "Ada Example", "city": "Turin"},
        "currency": "EUR",
        "total": "149.90",
        "created": "2026-11-20T18:22:07Z",
        "tags": ["gift", "express"],
    }
    items: list[object] = []
    document["items"] = items
    while len(json.dumps(document)) < size:
        items.append({"sku": f"A-{1000 + len(items)}", "title": "Ceramic mug, blue", "quantity": 2, "price": "14.99"})
    return json.dumps(document).encode()


def _sample(name: str, status: int, content: bytes, kind: str = "application/json", *fields: tuple[str, str]) -> Sample:
    asked = Headers.of(*_ASKED).fields
    described = (("Content-Type", kind), ("Content-Length", str(len(content)))) if content else ()
    answered = Headers.of(*_ANSWERED, *fields, *described).fields
    media = media_type(kind)
    coding = dict(fields).get("Content-Encoding", "")

    def make() -> Exchange:
        body = Body(content, coding=coding, media=media) if content else EMPTY
        return Exchange(
            request=Request(
                method="GET", target="/orders/4711?page=2", authority="api.example.test", headers=Headers(asked)
            ),
            response=Response(status=status, headers=Headers(answered), body=body),
            service="orders",
            id="1",
            client="10.0.0.1",
            started=1.0,
            ended=1.05,
            timestamp=1.0,
        )

    return Sample(name, make)


def samples() -> tuple[Sample, ...]:
    """The kinds that are measured."""
    failed = b'{"success": false, "error": {"code": "NOT_FOUND", "message": "order 4711 does not exist"}}'
    denied = b'{"code": 401, "message": "token expired"}'
    page = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1>nginx</body></html>"
    return (
        _sample("200, 1 KiB JSON, clean", 200, order(1024)),
        _sample("200, 1 KiB JSON, clean, gzip", 200, gzip.compress(order(1024)), "application/json", _GZIP),
        _sample("200, 64 KiB JSON, clean", 200, order(65000)),
        _sample("204, clean", 204, b""),
        _sample("404, JSON, clean", 404, b'{"detail": "order 4711 does not exist"}'),
        _sample("200, error in the body", 200, failed),
        _sample("200, gateway's error page", 200, page, "text/html"),
        _sample("401 without a challenge", 401, denied),
    )


def measure(engine: Engine, sample: Sample, *, batch: int = _BATCH, batches: int = _BATCHES) -> Cost:
    """Time ``batches`` batches of ``batch`` new exchanges of one kind."""
    findings = len(engine.audit(sample.make()).findings)
    taken = _batches(engine.audit, sample, batch, batches)
    # httplint takes long enough for fewer to do.
    peers = _batches(lint, sample, max(1, batch // 10), max(1, batches // 4)) if available() else [0.0]
    return Cost(sample.name, statistics.median(taken), min(taken), findings, statistics.median(peers))


def _batches(audit: Callable[[Exchange], object], sample: Sample, batch: int, batches: int) -> list[float]:
    return [_time(audit, [sample.make() for _ in range(batch)]) / batch for _ in range(batches)]


def measure_captures(engine: Engine, paths: Iterable[Path]) -> Cost | None:
    """Time each recorded exchange once; None where there is none to be read.

    The median is over exchanges, ``best`` is their mean: a mean shows what the few dear ones add.
    """
    taken: list[float] = []
    peers: list[float] = []
    findings = 0
    for path in paths:
        try:
            for exchange in open_capture(str(path)).exchanges:
                if isinstance(exchange, Exchange) and len(taken) < _MOST_CAPTURED:
                    taken.append(_time(engine.audit, (exchange,)))
                    peers.append(_time(lint, (exchange,)) if available() else 0.0)
                    findings += any(f.severity >= Severity.MEDIUM for f in engine.audit(exchange).findings)
        except UnreadableError as error:
            print(error, file=sys.stderr)
    if not taken:
        return None
    name = f"{len(taken)} recorded exchanges"
    return Cost(name, statistics.median(taken), statistics.fmean(taken), findings, statistics.fmean(peers))


def _time(audit: Callable[[Exchange], object], exchanges: Sequence[Exchange]) -> float:
    """Microseconds for all of ``exchanges``."""
    gc.disable()
    try:
        begun = time.perf_counter()
        for exchange in exchanges:
            audit(exchange)
        return (time.perf_counter() - begun) * 1e6
    finally:
        gc.enable()


def table(costs: Sequence[Cost], captured: Cost | None) -> str:
    """The costs as Markdown."""
    lines = ["| exchange | findings | median µs | best µs | httplint, median µs | ratio |", "|---|--:|--:|--:|--:|--:|"]
    lines += [
        f"| {cost.name} | {cost.findings} | {cost.median:.1f} | {cost.best:.1f} | {cost.peer:.1f}"
        f" | {cost.peer / cost.median:.1f} |"
        if cost.peer
        else f"| {cost.name} | {cost.findings} | {cost.median:.1f} | {cost.best:.1f} | not installed | |"
        for cost in costs
    ]
    if captured is not None:
        spent = f"mean {captured.best:.1f} µs, median {captured.median:.1f} µs"
        found = f"{captured.findings} of them with a finding of severity medium or high"
        beside = f"httplint on the same: mean {captured.peer:.1f} µs, {captured.peer / captured.best:.1f} times as long"
        lines += ["", f"{captured.name}, each once: {spent}; {found}. {beside}."]
    return "\n".join(lines)


def report(captures: Sequence[Path] = (), only: str = "") -> str:
    """Measure everything; Markdown."""
    engine = Engine(rule for rule in catalogue() if rule.default)
    costs = [measure(engine, sample) for sample in samples() if only in sample.name]
    captured = measure_captures(engine, captures) if captures else None
    return f"{len(engine.rules)} rules.\n\n{table(costs, captured)}"


def captures_in(paths: Iterable[Path]) -> list[Path]:
    """The files named, and those in folders named, in order."""
    found: list[Path] = []
    for path in paths:
        inside = (each for each in path.rglob("*") if each.name.endswith((".har", ".har.gz", ".mitm")))
        found += sorted(inside) if path.is_dir() else [path]
    return found


def main() -> None:
    """Print the costs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description="The engine alone.")
    parser.add_argument("captures", nargs="*", type=Path, metavar="CAPTURE", help="recorded traffic: files, folders")
    parser.add_argument("--only", default="", metavar="TEXT", help="only kinds whose name has this in it")
    options = parser.parse_args()
    print(report(captures_in(options.captures), options.only))


if __name__ == "__main__":
    main()
