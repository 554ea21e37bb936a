"""What the engine alone costs, in microseconds an exchange: ``python -m benchmarks.engine [CAPTURE…]``.

Each exchange is made anew before the clock starts, for its views (index of fields, parsed JSON) are made on first use
and kept; making them is part of what is measured. Each has a trace of its own, a thousand follow each other in a
second of their clock, and they go round five hundred resources, for the engine remembers what it saw.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import itertools
import json
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from benchmarks.peers import available, lint
from benchmarks.recorded import captures_in, recorded, renewed
from wirelint import policy
from wirelint.config import Config
from wirelint.core.audit import Audit
from wirelint.core.body import EMPTY, Body
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.finding import Severity
from wirelint.core.headers import Headers
from wirelint.core.media import media_type
from wirelint.core.scoped import engine_for
from wirelint.rules import catalogue

_BATCH: Final = 250
_BATCHES: Final = 40
_MOST_CAPTURED: Final = 20_000
_READ_AT_ONCE: Final = 1000
_EVERY_SECONDS: Final = 0.001
_RESOURCES: Final = 500

_ASKED: Final = (
    ("Host", "api.example.test"),
    ("User-Agent", "python-requests/2.32.3"),
    ("Accept", "application/json"),
    ("Accept-Encoding", "gzip, deflate"),
    ("Connection", "keep-alive"),
    ("Authorization", "Bearer demo-token-of-a-benchmark"),
)
_ANSWERED: Final = (
    ("Date", "Sat, 21 Nov 2026 03:00:00 GMT"),
    ("Server", "nginx"),
    ("Cache-Control", "no-store"),
    ("ETag", '"5f2b-62a1"'),
    ("Vary", "Accept"),
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


def _repeated(sample: Sample) -> Sample:
    """The first of these time and again, in no trace: anew, but with nothing new in it."""
    first = sample.make()
    untraced = Headers(field for field in first.request.headers.fields if field[0] != b"traceparent")
    first = msgspec.structs.replace(first, request=msgspec.structs.replace(first.request, headers=untraced))
    return Sample(f"{sample.name}, the same again", lambda: renewed(first))


def _unseen(sample: Sample) -> Sample:
    """The same kind, each of a resource of its own."""
    numbers = itertools.count(1)

    def make() -> Exchange:
        exchange = sample.make()
        request = msgspec.structs.replace(exchange.request, target=f"/orders/unseen/{next(numbers)}")
        return msgspec.structs.replace(exchange, request=request, memo={})

    return Sample(f"{sample.name}, never seen before", make)


def _sample(name: str, status: int, content: bytes, kind: str = "application/json", *fields: tuple[str, str]) -> Sample:
    described = (("Content-Type", kind), ("Content-Length", str(len(content)))) if content else ()
    answered = (*_ANSWERED, *fields, *described)
    media = media_type(kind)
    coding = dict(fields).get("Content-Encoding", "")
    numbers = itertools.count(1)

    def make() -> Exchange:
        number = next(numbers)
        body = Body(content, coding=coding, media=media) if content else EMPTY
        traced = ("traceparent", f"00-{number:032x}-00f067aa0ba902b7-01")
        named = ("X-Request-Id", f"8f14e45f-ceea-467f-a0e6-{number:012x}")
        ended = number * _EVERY_SECONDS
        return Exchange(
            request=Request(
                method="GET",
                target=f"/orders/{number % _RESOURCES}?page=2",
                authority="api.example.test",
                headers=Headers.of(*_ASKED, traced),
            ),
            response=Response(status=status, headers=Headers.of(*answered, named), body=body),
            service="orders",
            id=str(number),
            client="10.0.0.1",
            started=ended - 0.05,
            ended=ended,
            timestamp=ended,
        )

    return Sample(name, make)


def samples() -> tuple[Sample, ...]:
    """The kinds that are measured."""
    failed = b'{"success": false, "error": {"code": "NOT_FOUND", "message": "order 4711 does not exist"}}'
    denied = b'{"code": 401, "message": "token expired"}'
    page = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1>nginx</body></html>"
    clean = _sample("200, 1 KiB JSON, clean", 200, order(1024))
    return (
        _repeated(clean),
        clean,
        _unseen(clean),
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
    """Time each recorded exchange once; None where there is none to be read. It is let go afterwards, as live ones are.

    A thousand are read at a time, and the engine has all of them before httplint has: taken by turns, or right after a
    file was read, each would find the processor's caches full of something else. The median is over exchanges, ``best``
    is their mean: a mean shows what the few dear ones add.
    """
    taken: list[float] = []
    peers: list[float] = []
    findings = 0
    exchanges = itertools.islice(itertools.chain.from_iterable(map(recorded, paths)), _MOST_CAPTURED)
    for some in itertools.batched(exchanges, _READ_AT_ONCE):
        for exchange in some:
            audits: list[Audit] = []
            taken.append(_time(partial(_note, engine, audits), (renewed(exchange),)))
            findings += any(each.severity >= Severity.MEDIUM for each in audits[0].findings)
        peers += [_time(lint, (exchange,)) if available() else 0.0 for exchange in some]
    if not taken:
        return None
    name = f"{len(taken)} recorded exchanges"
    return Cost(name, statistics.median(taken), statistics.fmean(taken), findings, statistics.fmean(peers))


def _note(engine: Engine, audits: list[Audit], exchange: Exchange) -> None:
    audits.append(engine.audit(exchange))


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


def measured(captures: Sequence[Path] = (), only: str = "") -> tuple[list[Cost], Cost | None, int]:
    """The costs of all kinds, that of recorded exchanges where there are any, and the number of rules."""
    engine = fresh()
    costs = [measure(engine, sample) for sample in samples() if only in sample.name]
    return costs, measure_captures(engine, captures) if captures else None, len(engine.rules)


def fresh() -> Engine:
    """An engine as ``wirelint proxy`` has it where nothing is set."""
    return engine_for(policy.build(catalogue(), policy.Wanted(), Config(), now=time.time()))


def figures(costs: Sequence[Cost], captured: Cost | None) -> dict[str, Any]:
    """The same for programs, in microseconds; None where httplint is not installed, or no capture was given."""
    return {
        "kinds": {each.name: {"median": round(each.median, 2), "peer": round(each.peer, 1) or None} for each in costs},
        "captured": None
        if captured is None
        else {"name": captured.name, "mean": round(captured.best, 2), "peer": round(captured.peer, 1) or None},
    }


def main() -> None:
    """Print the costs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description="The engine alone.")
    parser.add_argument("captures", nargs="*", type=Path, metavar="CAPTURE", help="recorded traffic: files, folders")
    parser.add_argument("--only", default="", metavar="TEXT", help="only kinds whose name has this in it")
    options = parser.parse_args()
    costs, captured, rules = measured(captures_in(options.captures), options.only)
    print(f"{rules} rules.\n\n{table(costs, captured)}")


if __name__ == "__main__":
    main()
