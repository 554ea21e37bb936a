"""Which failures their input caused, and which prove nothing."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from lab.rule import notes, of, one
from lab.story import ADA, turn
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange
from wirelint.core.state import State
from wirelint.core.verdict import presumed
from wirelint.core.wire import exchanges
from wirelint.history.operations import Operations
from wirelint.rules import catalogue

RULE = "unexpected-input-as-500"
FAILED = '{"error": "Internal Server Error"}'
UP = turn("GET /prices", 200, "[]") + turn("GET /stock", 200, "[]")


def post(status: int, sent: Any, target: str = "/orders", *asked: str) -> str:
    shown = FAILED if status == 500 else "{}"
    return turn(f"POST {target}", status, shown, asked=asked, sent=sent if isinstance(sent, str) else json.dumps(sent))


def get(status: int, target: str, shown: str | None = None) -> str:
    return turn(f"GET {target}", status, shown or (FAILED if status == 500 else "{}"))


GOOD, BAD = post(201, {"item": "tea", "count": 2}), post(500, {"item": "tea", "count": "two"})
ODD = post(201, {"item": "tea", "count": "two"})


@pytest.mark.parametrize("story", [(GOOD, BAD, UP), (BAD, GOOD, UP), (BAD, UP, GOOD, UP), (GOOD, BAD, BAD, UP)])
def test_found_whatever_came_first(story: tuple[str, ...]) -> None:
    found = of(RULE, *story)
    assert {(finding.status, finding.suggested_status, finding.verdict) for finding in found} == {
        (500, 400, "client_error")
    }
    assert len({finding.exchange_id for finding in found}) == len(found) == story.count(BAD)


def test_successes_of_the_operation_itself_show_that_the_service_works() -> None:
    assert of(RULE, GOOD, BAD, post(201, {"item": "salt", "count": 1}), post(201, {"item": "rice", "count": 3}))
    assert not of(RULE, GOOD, BAD, post(400, {"item": "salt"}), post(422, {"item": "rice"}))


def test_a_repeated_parameter_is_a_list() -> None:
    assert of(RULE, get(200, "/search?q=a"), get(500, "/search?q=a&q=b"), UP)
    assert not of(RULE, get(200, "/search?q=a&q=c"), get(500, "/search?q=a&q=b"), UP)


def test_advice_to_try_again_does_not_make_a_failure_one_of_the_upstream() -> None:
    bad = turn("POST /orders", 500, '{"error": "Sorry. Please try again later."}', sent='{"item": ["tea"]}')
    assert of(RULE, post(201, {"item": "tea"}), bad, UP)
    assert not of(RULE, post(201, {"item": "tea"}), bad.replace("Sorry", "A temporary problem"), UP)


def test_an_outage_shows_in_a_request_that_fails_and_works_again() -> None:
    prices = get(500, "/prices")
    assert not of(RULE, GOOD, prices, BAD, get(200, "/rates"), UP, UP)
    assert not of(RULE, GOOD, BAD, prices, UP, get(200, "/rates"))
    assert of(RULE, GOOD, prices, BAD, get(200, "/rates"), get(200, "/stock"), get(200, "/tariffs"))


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ({"a": 1}, {"a": None}),
        ({"a": 1}, {"a": [1]}),
        ({"a": 1}, {"a": -1}),
        ({"a": {"b": 1}}, {"a": {"b": "x"}}),
        ({"a": 1}, [{"a": 1}]),
        ({"a": 1}, {}),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": "x"}, {"a": "x'; --"}),
        ({"a": "x"}, {"a": ""}),
        ({"a": "2026-01-01"}, {"a": "tomorrow"}),
    ],
)
def test_other_kinds(good: Any, bad: Any) -> None:
    assert len(of(RULE, post(201, good), post(500, bad), UP)) == 1


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ({"item": "tea"}, {"item": "salt"}),
        ({"count": 1}, {"count": 2.5}),
        ({"a": 1, "b": 1, "c": 1, "d": 1, "e": 1}, {"a": "", "b": "", "c": "", "d": "", "e": ""}),
        ({"action": "start", "a": 1}, {"action": "stop", "a": "x"}),
    ],
)
def test_what_is_not_compared(good: Any, bad: Any) -> None:
    assert of(RULE, post(201, good), post(500, bad), UP) == []


def test_parameters() -> None:
    assert len(of(RULE, get(200, "/items?limit=5"), get(500, "/items?limit=x"), UP)) == 1
    assert len(of(RULE, get(200, "/items"), get(500, "/items?sort=none"), UP)) == 1
    assert of(RULE, get(200, "/items?token=00aa00aa00aa00aa"), get(500, "/items?token=zz9uiopqwert"), UP) == []
    assert of(RULE, get(200, "/items?q=tea"), get(200, "/items?q=7"), get(500, "/items?q=8"), UP) == []


@pytest.mark.parametrize(
    ("good", "bad", "found"),
    [
        ('{"worker":"w1"}', "{}", 1),
        ('{"worker":"w1","n":2}', '{"worker":"w1","n":"two"}', 1),
        ('{"worker":"w1"}', '{"worker":"w1","deps":5}', 1),
        ('{"worker":"w1"}', "[1]", 1),
        ('{"worker":"w1"}', '{"worker":"w2"}', 0),
        ('{"worker":"w1"}', '{"worker":"w2","n":2}', 0),
        ("{tea}", "{milk}", 0),
    ],
)
def test_parameters_that_hold_json(good: str, bad: str, found: int) -> None:
    asked = ("Content-Type: application/x-www-form-urlencoded",)
    for target, sent in (("/call?data={}", "{}"), ("/call", "data={}")):
        stories = [
            turn(f"POST {target.format(quote(data))}", status, shown, asked=asked, sent=sent.format(quote(data)))
            for status, data, shown in ((200, good, "{}"), (500, bad, FAILED))
        ]
        assert len(of(RULE, *stories, UP)) == found


def test_forms_answered_in_the_shape_of_json_rpc() -> None:
    asked, shown = ("Content-Type: application/x-www-form-urlencoded",), '{"jsonrpc": "2.0", "result": {"value": 1}}'
    failed = '{"jsonrpc": "2.0", "result": {"error": {"message": "Internal Server Error"}}}'
    good = turn("POST /token/init", 200, shown, asked=asked, sent="type=hotp&length=6")
    bad = turn("POST /token/init", 500, failed, asked=asked, sent="type=hotp&length=six")
    assert len(of(RULE, good, bad, UP)) == 1


def test_ids() -> None:
    found = one(RULE, get(200, "/delay/2") + get(500, "/delay/x") + UP)
    assert (found.suggested_status, found.route) == (404, "/delay/x")
    assert notes(found) == ["answered", "another kind of id", "the service answers other requests"]
    assert len(of(RULE, get(200, "/users/bob"), get(500, "/users/bob'"), UP)) == 1
    assert of(RULE, get(200, "/delay/2"), get(500, "/delay/3"), UP) == []
    assert of(RULE, get(200, "/users/bob"), get(500, "/users/eve"), UP) == []
    assert of(RULE, get(200, "/users/bob"), get(500, "/users/7"), UP) == []


@pytest.mark.parametrize(
    "story",
    [
        (GOOD, BAD),
        (GOOD, BAD, get(200, "/prices")),
        (BAD, UP),
        (ODD, GOOD, BAD, UP),
        (GOOD, BAD, ODD, UP),
        (GOOD, post(500, {"item": "tea", "count": "two"}).replace("Internal Server Error", "database is locked"), UP),
        (GOOD, *(get(500, f"/{name}") for name in "abc"), BAD, UP),
        (GOOD, BAD, *(get(500, f"/{name}") for name in "abc"), get(200, "/prices"), get(200, "/stock")),
        (GOOD, turn("DELETE /orders/1", 204), BAD, UP),
        (GOOD, turn("POST /orders", 500, FAILED, sent='{"item": '), UP),
        (post(201, {"a": 1}, "/orders", ADA), post(500, {"a": "x"}), UP),
    ],
)
def test_what_proves_nothing(story: tuple[str, ...]) -> None:
    assert of(RULE, *story) == []


def test_protocols_of_calls_are_left_out() -> None:
    call = {"jsonrpc": "2.0", "id": 1, "method": "add", "params": [1]}
    assert of(RULE, post(200, call), post(500, call | {"params": ["x"]}), UP) == []


def found_in(story: list[Exchange]) -> set[str]:
    engine = Engine([rule for rule in catalogue() if rule.id == RULE])
    timed = [replace(each, started=float(at), ended=at + 0.5, timestamp=float(at)) for at, each in enumerate(story)]
    return {finding.exchange_id for each in timed for finding in engine.audit(each).findings}


def story_of(client: int) -> list[Exchange]:
    base = f"/{'abc'[client]}"
    words = FAILED.replace("Internal", f"Internal {base[1] * 9}")
    told = (
        post(201, {"count": 1}, f"{base}/orders")
        + turn(f"POST {base}/orders", 500, words, sent='{"count": "x"}')
        + get(200, f"{base}/prices")
        + get(200, f"{base}/stock")
        + get(200, f"{base}/news")
    )
    return [replace(each, client=f"client {client}", id=f"{client}-{at}") for at, each in enumerate(exchanges(told))]


@given(st.permutations([client for client in range(3) for _ in range(5)]))
def test_independent_clients_may_interleave(order: list[int]) -> None:
    parts = [story_of(client) for client in range(3)]
    alone = set().union(*(found_in(part) for part in parts))
    rest = [iter(part) for part in parts]
    assert alone == {"0-1", "1-1", "2-1"}
    assert found_in([next(rest[client]) for client in order]) <= alone  # all failing at once may be an outage


def healthy(client: int) -> list[Exchange]:
    told = "".join(get(200, f"/{'abc'[client]}/{name}") for name in ("prices", "stock", "news", "staff", "rooms"))
    return [replace(each, client=f"client {client}", id=f"{client}-{at}") for at, each in enumerate(exchanges(told))]


@given(st.permutations([client for client in range(3) for _ in range(5)]))
def test_healthy_clients_in_between_change_nothing(order: list[int]) -> None:
    rest = [iter(part) for part in (story_of(0), healthy(1), healthy(2))]
    assert found_in([next(rest[client]) for client in order]) == {"0-1"}


def test_what_is_remembered_is_bounded() -> None:
    state = State()
    memory = state.recall(Operations)
    for each in range(10_000):
        (exchange,) = exchanges(get(500 if each % 2 else 200, f"/a/{each}/b?c={each}"))
        state.note(exchange, presumed(exchange))
    assert 1000 < len(memory) < 5000


def test_answers_are_compared_however_many_there_were() -> None:
    many = "".join(get(200, f"/items?limit={number}") for number in range(40))
    bad = get(500, "/items?limit=x") + UP
    assert len(of(RULE, many, bad)) == 1
    assert of(RULE, get(200, "/items?limit=x"), many, bad) == []
    long = "a" * 5000
    assert of(RULE, many, get(200, f"/items?limit=x&note={long}"), bad) == []
    assert len(of(RULE, post(201, {"a": 1, "note": long}), post(500, {"a": "x", "note": long}), UP)) == 1


def test_answers_of_long_ago_are_not_compared() -> None:
    late = "# +700s\n"
    assert of(RULE, get(200, "/items?limit=5"), late, get(500, "/items?limit=x"), UP) == []
    assert of(RULE, get(200, "/items?limit=5"), late, get(200, "/items"), get(500, "/items?limit=x"), UP) != []


def test_answers_of_other_services_make_room_for_each_other() -> None:
    note = "a" * 4000
    engine = Engine([rule for rule in catalogue() if rule.id == RULE])
    memory = engine.state.recall(Operations)
    story = list(exchanges("".join(get(200, f"/shops/{number}/orders?limit=5&note={note}") for number in range(900))))
    for at, each in enumerate(story):
        engine.audit(replace(each, started=at / 10, ended=at / 10 + 0.05))
    assert 100 < len(memory) < 2 * len(story)
    late = exchanges(get(500, f"/shops/7/orders?limit=x&note={note}") + UP)
    found = [engine.audit(replace(each, started=91.0 + at, ended=91.5 + at)) for at, each in enumerate(late)]
    assert [len(audit.findings) for audit in found] == [0, 0, 1]
