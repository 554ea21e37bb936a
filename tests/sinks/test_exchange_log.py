"""The latest exchanges are kept, masked, within bounds of number, memory and time."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from lab.audits import audit, finding, step
from wirelint.core.audit import Audit
from wirelint.core.body import Body
from wirelint.core.exchange import FailureKind, Response
from wirelint.core.finding import Finding
from wirelint.core.headers import Headers
from wirelint.core.verdict import Verdict
from wirelint.sinks.exchange_log import ExchangeLog

JSON = Headers.of(("Content-Type", "application/json"))


def numbered(number: int | str, *findings: Finding, said: str = "{}", **facts: Any) -> Audit:
    """Return an audit of an exchange with an id of its own."""
    name = f"e-{number}"
    made = audit(*(msgspec.structs.replace(each, exchange_id=name) for each in findings), **facts)
    response = made.exchange.response and Response(
        status=made.exchange.response.status, headers=JSON, body=Body(said.encode(), media=JSON.media_type)
    )
    exchange = msgspec.structs.replace(made.exchange, id=name, response=response)
    return msgspec.structs.replace(made, exchange=exchange, route="/orders/{id}")


def ids(log: ExchangeLog, **filters: Any) -> list[str]:
    return [each["id"] for each in log.exchanges(**filters)["exchanges"]]


class Timer:
    """A clock that goes on by a step at each look."""

    def __init__(self, step: float = 0.0) -> None:
        self.now = 100.0
        self.step = step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def test_the_latest_are_kept_and_filtered() -> None:
    log = ExchangeLog(5)
    for number in range(7):
        log.accept(numbered(number, service="pay" if number == 5 else "shop", status=404 if number == 6 else 200))
    log.accept(numbered(7, finding("odd-one"), status=None, failure=FailureKind.CONNECT, verdict=Verdict.SERVER_ERROR))
    assert ids(log) == ["e-7", "e-6", "e-5", "e-4", "e-3"]
    assert ids(log, limit=2) == ["e-7", "e-6"]
    assert ids(log, before="e-6", limit=2) == ["e-5", "e-4"]
    assert ids(log, before="unknown") == []
    assert ids(log, service="pay") == ["e-5"]
    assert ids(log, status="404") == ids(log, status="4xx") == ["e-6"]
    assert ids(log, status="none") == ids(log, verdict="server_error") == ids(log, words="ODD orders") == ["e-7"]
    assert ids(log, words="/orders/17 nothing") == []
    assert log.exchange("e-0") is None
    assert log.exchanges()["kept"] == 5


def test_one_is_shown_with_what_convinced_the_rule() -> None:
    found = finding(evidence='{"error": "no stock", "token": "[redacted]"}')
    log = ExchangeLog()
    log.accept(numbered(1, found, said='{"error":"no stock","password":"plumtree"}', target="/orders/17?q=plumtree"))
    shown = log.exchange("e-1", found)
    assert shown is not None
    assert shown["request"]["line"] == "GET /orders/17?q=[redacted] HTTP/1.1"
    assert json.loads(shown["response"]["body"]) == {"error": "no stock", "password": "[redacted]"}
    assert shown["marks"] == [
        {"part": "response.line", "name": "", "text": "200"},
        {"part": "response.body", "name": "", "text": '"error": "no stock"'},
    ]
    assert "plumtree" not in repr(shown)
    assert shown["rules"] == ["made-up"]


def test_without_bodies_heads_alone_are_kept() -> None:
    log = ExchangeLog(bodies=False)
    log.accept(numbered(1, said='{"error":"no stock"}'))
    shown = log.exchange("e-1")
    assert shown is not None
    assert (shown["response"]["body"], shown["response"]["line"]) == ("", "HTTP/1.1 200")


def test_nothing_is_kept_if_nothing_is_wanted() -> None:
    log = ExchangeLog(0)
    log.accept(numbered(1, finding()))
    assert log.exchanges()["exchanges"] == []
    assert log.proofs(finding().fingerprint) == []


def test_exchanges_that_prove_a_finding_outlive_the_latest() -> None:
    log = ExchangeLog(2)
    log.accept(numbered("first"))
    steps = tuple(step(f"e-{name}") for name in ("gone", "first", "second"))
    found = msgspec.structs.replace(finding(), story=steps)
    log.accept(numbered("second", found))
    for number in range(9):
        log.accept(numbered(number))
    assert ids(log) == ["e-8", "e-7"]
    (proof,) = log.proofs(found.fingerprint)
    assert [each["id"] for each in proof] == ["e-first", "e-second"]
    assert log.exchange("e-first") is None
    shown = log.exchange("e-first", found)
    assert shown is not None
    assert shown["kept"]
    assert [kept.id for kept in log.select(fingerprint=found.fingerprint)] == ["e-first", "e-second"]
    assert {kept.id for kept in log.select(service="shop")} == {"e-first", "e-second", "e-8", "e-7"}
    log.clear()
    assert (log.proofs(found.fingerprint), ids(log)) == ([], [])


def test_memory_is_bounded() -> None:
    log = ExchangeLog(1000, findings=3, octets=50_000, timer=Timer())
    long = json.dumps({"text": "many words " * 1000})
    for number in range(60):
        log.accept(numbered(number, finding(f"rule-{number % 20}"), said=long))
    kept = log.select()
    assert sum(each.size for each in kept) <= 100_000
    assert 2 <= log.exchanges()["kept"] <= 5
    assert log.proofs(finding("rule-19").fingerprint) != []
    assert log.proofs(finding("rule-0").fingerprint) == []


def test_masking_takes_a_small_share_of_the_time() -> None:
    log = ExchangeLog(timer=Timer(0.01))
    for number in range(500):
        log.accept(numbered(number))
    kept = [each["kept"] for each in log.exchanges(limit=500)["exchanges"]]
    assert 20 < sum(kept) < 40  # a quarter of a second of 10 s at once, then a hundredth
    assert log.unkept == 500 - sum(kept)
    log.accept(numbered("new", finding()))
    assert log.proofs(finding().fingerprint)[0][0]["kept"]  # a kind without examples goes first
    log.accept(numbered("old", finding()))
    shown = log.exchange("e-old", finding())
    assert shown is not None
    assert "too many exchanges" in shown["note"]
    assert [each["id"] for (each,) in log.proofs(finding().fingerprint)] == ["e-new"]


def test_no_more_are_listed_than_anybody_could_read() -> None:
    timer = Timer(0.0)
    log = ExchangeLog(5000, timer=timer)
    for number in range(1500):
        log.accept(numbered(number))
    assert (log.exchanges()["kept"], log.unlisted) == (1000, 500)
    log.accept(numbered("new", finding()))
    assert log.exchanges()["kept"] == 1001
    timer.now += 1.0
    for number in range(1500, 2000):
        log.accept(numbered(number))
    assert log.exchanges()["kept"] == 1100
    assert log.exchanges()["kept"] + log.unlisted == 2001


def test_ids_that_repeat_stay_apart() -> None:
    log = ExchangeLog()
    for _ in range(2):
        log.accept(numbered("same"))
    assert len(set(ids(log))) == 2
