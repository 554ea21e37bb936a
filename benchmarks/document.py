"""What comparing with an OpenAPI document costs: ``python -m benchmarks.document`` prints microseconds an exchange.

One success with 1 KiB of JSON that keeps its document is audited again and again, each time to another path and by
another client: by the default rules without a document, and with one. The two take turns, and the fastest turn of each
counts, so that other work on the machine shows little.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from benchmarks.timing import microseconds
from wirelint.core.body import Body
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.knowledge import NOTHING, Knowledge, attach
from wirelint.core.media import media_type
from wirelint.evidence.contract import differs
from wirelint.openapi.read import read_octets
from wirelint.rules import catalogue
from wirelint.settings.engine import engine_for
from wirelint.settings.policy import Policy, Settings
from wirelint.settings.selection import select

DOCUMENT: Final = b"""
openapi: 3.0.3
servers: [{url: /api/v3}]
paths:
  /users/{id}/orders:
    get:
      parameters: [{name: page, in: query, required: true, schema: {type: integer}}]
      responses:
        200:
          description: orders
          content:
            application/json:
              schema: {type: array, items: {$ref: '#/components/schemas/Order'}}
        4XX: {description: refused}
components:
  schemas:
    Order:
      type: object
      required: [id, total]
      properties:
        id: {type: integer}
        total: {type: number}
        note: {type: string, nullable: true}
        state: {type: string, enum: [open, paid]}
        created: {type: string, format: date-time}
        customer: {type: object, properties: {name: {type: string}, city: {type: string}}}
"""
_ORDER: Final = {
    "id": 1,
    "total": 10.5,
    "note": None,
    "state": "open",
    "created": "2024-01-01T00:00:00Z",
    "customer": {"name": "x", "city": "y"},
}
_ORDERS: Final = 8
_TURN: Final = 20


class DocumentCost(NamedTuple):
    """Microseconds an exchange: the audit without and with a document, and matching and checks alone."""

    without: float
    within: float
    compared: float


def exchanges(first: int, count: int) -> list[Exchange]:
    """Return exchanges that nothing was read of yet.

    :param first: the number of the first one; no two of the same number are wanted in one run. Each has content of its
        own.
    """
    media = media_type("application/json")
    contents = [json.dumps([{**_ORDER, "id": number}] * _ORDERS).encode() for number in range(first, first + count)]
    return [
        Exchange(
            request=Request(
                method="GET",
                target=f"/api/v3/users/{number}/orders?page={number}",
                headers=Headers.of(("host", "a"), ("accept", "*/*")),
            ),
            response=Response(
                status=200,
                headers=Headers.of(("content-type", "application/json"), ("content-length", str(len(content)))),
                body=Body(content, media=media),
            ),
            service="shop",
            client=f"client-{number}",
            started=number * 10.0,
            ended=number * 10.0 + 0.05,
        )
        for number, content in enumerate(contents, first)
    ]


def measure(turns: int) -> DocumentCost:
    """Return the cost of the fastest turn of each.

    :param turns: how often each has a turn.
    """
    rules = tuple(select(catalogue()))
    known = Knowledge(contract=read_octets(DOCUMENT))
    engines = [engine_for(Policy(Settings(rules, knowledge=each))) for each in (NOTHING, known)]
    timed: list[Callable[[Exchange], object]] = [*(engine.audit for engine in engines), differs]
    best = [math.inf] * len(timed)
    number = 1
    for turn in range(turns):
        for at in range(len(timed)):
            which = (at + turn) % len(timed)
            batch = exchanges(number, _TURN)
            number += _TURN
            for exchange in batch if timed[which] is differs else ():
                attach(exchange, known)
            best[which] = min(best[which], microseconds(timed[which], batch) / _TURN)
    return DocumentCost(*best)


def main(arguments: Sequence[str]) -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="What comparing with an OpenAPI document costs.")
    parser.add_argument("--turns", type=int, default=1500)
    cost = measure(parser.parse_args(arguments).turns)
    print(f"audit without a document: {cost.without:.1f} µs")
    print(f"audit with a document: {cost.within:.1f} µs, {cost.within - cost.without:+.1f} µs")
    print(f"matching and checks alone: {cost.compared:.1f} µs")


if __name__ == "__main__":
    main(sys.argv[1:])
