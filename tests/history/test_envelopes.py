"""What marks of success are learned, and which answers fail by them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lab.rule import of
from lab.story import turn
from wirelint.core.state import State
from wirelint.core.verdict import presumed
from wirelint.core.wire import exchanges
from wirelint.history.envelopes import Envelopes

RULE = "learned-error-as-success"


def told(*answers: Any, route: str = "POST /rpc") -> str:
    return "".join(
        turn(route, 200, json.dumps(answer), sent=json.dumps({"call": at})) for at, answer in enumerate(answers)
    )


FINE = ({"result": "success", "arguments": {"a": 1}}, {"result": "success", "tag": 3})
WORDS = {"result": "no such torrent here", "arguments": {"path": "x", "size": -1}}
PAID = {"rc": 0, "rows": [{"a": 1}]}


@pytest.mark.parametrize(
    "answers",
    [
        (*FINE, WORDS),
        (*FINE, {"result": "ok", "a": 1}, *FINE, {"result": "success"}, {"result": "Sitzung ist leider weg"}),
        (*FINE, {"result": "failed", "why": "no room left for it"}),
        (PAID, {"rc": 4, "hint": "there is no table of this name"}),
        ([PAID], [{"rc": 4, "hint": "there is no table of this name"}]),
        (
            {"retCode": "0000", "d": [1]},
            {"retCode": "0000", "e": [1], "d": []},
            {"retCode": "4711", "hint": "the card number is wrong"},
        ),
    ],
)
def test_failures(answers: tuple[Any, ...]) -> None:
    found = of(RULE, told(*answers))
    assert [finding.exchange_id for finding in found] == [f"example-{999 + len(answers)}"]
    assert found[0].verdict != "ok"


@pytest.mark.parametrize(
    "answers",
    [
        (WORDS, *FINE),
        (FINE[0], WORDS),
        (FINE[0], FINE[0], WORDS),
        (*FINE, {"result": "success"}),
        (*FINE, {"result": "created with three warnings"}),
        (*FINE, {"result": "Paris on the Seine"}),
        (PAID | {"level": 0}, {"level": 4, "hint": "there is no table of this name"}),
        (*FINE, {"result": "three of four found", "id": 7}),
        ({"status": "ok", "a": [1]}, {"status": "ok", "b": 1}, {"status": "out for lunch", "items": [1]}),
        ({"rc": 0}, {"rc": 4, "hint": "there is no table of this name"}),
        (PAID, {"rc": 4, "rows": [1], "hint": "there is no table of this name"}),
        (PAID, {"rc": 4, "count": 17}),
        (PAID, {"rc": 4, "hint": "there is no table of this name", "id": "x7"}),
        ({"level": 1, "a": [1]}, {"level": 1, "b": [1]}, {"level": 2, "hint": "you are on the next level"}),
    ],
)
def test_what_is_no_failure(answers: tuple[Any, ...]) -> None:
    assert of(RULE, told(*answers)) == []


def test_what_other_routes_showed_holds_for_all() -> None:
    fine = told(*FINE, route="POST /a") + told(*FINE, route="POST /b")
    assert len(of(RULE, fine, told(WORDS, route="POST /c"))) == 1
    assert of(RULE, told(*FINE, route="POST /a"), told(WORDS, route="POST /c")) == []


def test_reports_and_protocols_are_left_out() -> None:
    assert of(RULE, told(*FINE, WORDS, route="POST /health")) == []
    fine = [answer | {"jsonrpc": "2.0"} for answer in FINE]
    assert of(RULE, told(*fine, WORDS | {"jsonrpc": "2.0"})) == []


def test_what_was_learned_reads_as_a_setting() -> None:
    state = State()
    memory = state.recall(Envelopes)
    odd = {"odd name": "ok", "a": [1]}, {"odd name": "ok", "b": 1}
    for exchange in exchanges(told(*FINE) + told(PAID, route="POST /sql") + told(*odd, route="POST /odd")):
        state.note(exchange, presumed(exchange))
    assert [(each.member, each.condition) for each in memory.learned()] == [
        ("odd name", None),
        ("rc", "rc != 0"),
        ("result", "result != 'success'"),
    ]


def test_what_is_remembered_is_bounded() -> None:
    state = State()
    memory = state.recall(Envelopes)
    text = turn("GET /a/xx/b", 200, json.dumps({f"result{each}": 0 for each in range(99)} | {"d": [1]}))
    for each in range(3000):
        (exchange,) = exchanges(text.replace("xx", "".join("abcdefghij"[int(digit)] for digit in str(each))))
        state.note(exchange, presumed(exchange))
    assert 900 < len(memory) < 1100
    assert len(list(memory.learned())) <= 8


def test_a_word_for_success_on_three_routes_marks_it_on_all() -> None:
    routes = ("GET /items", "GET /items/7", "DELETE /items/7")
    one, two, three = [
        told({"status": "success", "item" if at else "items": {"id": 7}}, route=route)
        for at, route in enumerate(routes)
    ]
    gone = told({"status": "item does not exist"}, route=routes[2])
    assert len(of(RULE, one, two, three, gone)) == 1
    assert len(of(RULE, one, two, three, told({"status": "item does not exist"}, route="PUT /items/7"))) == 1
    assert of(RULE, one, two, gone) == []
    assert of(RULE, one, two, three, gone.replace("exist", 'exist", "items": ["x')) == []
    same = [told({"status": "success"}, route=route) for route in routes]
    assert of(RULE, *same, gone) == []
