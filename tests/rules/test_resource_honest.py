"""A service that does as it says, used at random by several callers: nothing is to be found."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

import pytest

from wirelint.core.body import Body
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.finding import Confidence, Finding
from wirelint.core.headers import Headers
from wirelint.core.media import media_type
from wirelint.rules import catalogue

COLLECTION = "/orders"
METHODS = ("GET", "GET", "GET", "HEAD", "PUT", "PATCH", "DELETE", "POST", "OPTIONS")
ITEMS = ("tea", "coffee", "")

Answer = tuple[int, object, list[tuple[str, str]]]
"""Status, content and fields."""


class Shop:
    """Orders by path; an empty item is rejected. Each caller has orders of its own."""

    def __init__(self) -> None:
        self.orders: dict[tuple[str, str], str] = {}

    def answer(self, caller: str, method: str, path: str, item: str) -> Answer:
        allow = "GET, HEAD, OPTIONS, POST" if path == COLLECTION else "GET, HEAD, OPTIONS, PUT, PATCH, DELETE"
        if method == "OPTIONS":
            return 204, None, [("Allow", allow)]
        if method not in allow:
            return 405, {"error": "method not allowed"}, [("Allow", allow)]
        return self._collection(caller, method, item) if path == COLLECTION else self._order(caller, method, path, item)

    def _order(self, caller: str, method: str, path: str, item: str) -> Answer:
        place, there = (caller, path), (caller, path) in self.orders
        if method == "PUT" and item:
            self.orders[place] = item
            return (204 if there else 201), None, []
        if not there:
            return 404, {"error": "no such order"}, []
        if method in ("GET", "HEAD"):
            return 200, {"path": path, "item": self.orders[place]}, []
        if method == "DELETE":
            del self.orders[place]
        elif not item:
            return 422, {"error": "an item is needed"}, []
        else:
            self.orders[place] = item
        return 204, None, []

    def _collection(self, caller: str, method: str, item: str) -> Answer:
        if method != "POST":
            return 200, sorted(path for owner, path in self.orders if owner == caller), []
        free = next((n for n in range(1, 4) if (caller, f"{COLLECTION}/{n}") not in self.orders), None)
        if not item or free is None:
            return 422, {"error": "an item is needed, and room for it"}, []
        self.orders[caller, f"{COLLECTION}/{free}"] = item
        return 201, {"id": free, "item": item}, [("Location", f"{COLLECTION}/{free}")]


def conversation(seed: int, length: int) -> Iterator[Exchange]:
    dice, shop, now = random.Random(seed), Shop(), 0.0
    for number in range(length):
        now += dice.choice((0.01, 1.0, 8.0, 45.0))
        caller, method = dice.choice(("ada", "bob", "")), dice.choice(METHODS)
        path = dice.choice((COLLECTION, *(f"{COLLECTION}/{n}" for n in range(1, 4))))
        item = dice.choice(ITEMS)
        status, shown, fields = shop.answer(caller, method, path, item)
        content = b"" if shown is None else json.dumps(shown).encode()
        if content:
            fields = [*fields, ("Content-Type", "application/json"), ("Content-Length", str(len(content)))]
        sent = json.dumps({"item": item}).encode() if method in ("PUT", "PATCH", "POST") else b""
        asked = [("Authorization", f"Bearer 5f1c0de{caller}9a8b7c6d")] if caller else []
        media = media_type("application/json")
        yield Exchange(
            request=Request(
                method=method,
                target=path,
                authority="shop.example",
                headers=Headers.of(*asked, *([("Content-Type", "application/json")] if sent else [])),
                body=Body(sent, media=media),
            ),
            response=Response(
                status=status,
                headers=Headers.of(*fields),
                body=Body(b"" if method == "HEAD" else content, media=media),
            ),
            service="shop",
            id=str(number),
            client="somebody",
            started=now,
            ended=now + 0.005,
        )


@pytest.mark.parametrize("seed", range(4))
def test_an_honest_service(seed: int) -> None:
    engine = Engine([rule for rule in catalogue() if rule.family == "resources"], least=Confidence.WEAK)
    found: list[Finding] = []
    for exchange in conversation(seed, 2500):
        audit = engine.audit(exchange)
        assert audit.faults == ()
        found += audit.findings
    assert found == []


def test_a_dishonest_one() -> None:
    """Return the same with 201 to each PUT, so that silence above means something."""
    engine = Engine([rule for rule in catalogue() if rule.id == "put-always-created"])
    found: list[Finding] = []
    for exchange in conversation(1, 2500):
        response = exchange.response
        if response is not None and exchange.request.method == "PUT" and response.status == 204:
            lie = Response(status=201, headers=response.headers, body=response.body)
            exchange = Exchange(  # noqa: PLW2901 - set otherwise
                request=exchange.request,
                response=lie,
                service="shop",
                client="somebody",
                started=exchange.started,
                ended=exchange.ended,
            )
        found += engine.audit(exchange).findings
    assert found
