"""Names of errors, and what only looks like one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lab.rule import answer
from wirelint.core.body import Body
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.wire import exchanges
from wirelint.evidence.machine_codes import machine_code


def code_of(content: Any, status: int = 400, media: str = "application/json") -> str | None:
    (exchange,) = exchanges(answer(f"{status} X", f"Content-Type: {media}", body=json.dumps(content)))
    return machine_code(exchange)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"code": "BASKET_EMPTY"}, "BASKET_EMPTY"),
        ({"Code": "BasketEmpty"}, "BasketEmpty"),
        ({"error_code": "basket.empty"}, "basket.empty"),
        ({"errorCode": "AADSTS50011"}, "AADSTS50011"),
        ({"errcode": "M_LIMIT_REACHED"}, "M_LIMIT_REACHED"),
        ({"__type": "com.amazonaws.db#TableMissing"}, "TableMissing"),
        ({"exception": "BasketEmptyException"}, "BasketEmptyException"),
        ({"error": "basket_empty"}, "basket_empty"),
        ({"error": {"code": "BASKET_EMPTY"}}, "BASKET_EMPTY"),
        ({"error": {"type": "basket_empty"}}, "basket_empty"),
        ({"fault": {"code": "BASKET_EMPTY"}}, "BASKET_EMPTY"),
        ({"code": 10007}, "10007"),
        ({"code": "10007"}, "10007"),
        ({"errors": [{"code": "BASKET_EMPTY"}]}, "BASKET_EMPTY"),
    ],
)
def test_names(content: Any, code: str) -> None:
    assert code_of(content) == code


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"message": "The basket holds nothing"},
        {"code": "ERROR"},
        {"code": "InvalidRequest"},
        {"error": {"type": "invalid_request_error"}},
        {"code": "INTERNAL_SERVER_ERROR"},
        {"code": "java.io.Exception"[8:]},
        {"code": 400},
        {"code": 40001},
        {"code": "40007"},
        {"code": 7},
        {"code": 12345678901},
        {"code": True},
        {"code": 1.5},
        {"code": None},
        {"code": ["BASKET_EMPTY"]},
        {"code": "no"},
        {"code": "the basket is empty"},
        {"code": "x" * 65},
        {"code": "7BASKET"},
        {"type": "BASKET_EMPTY"},
        {"error": {"reason": "BASKET_EMPTY"}},
        [{"code": "BASKET_EMPTY"}],
        "BASKET_EMPTY",
    ],
)
def test_what_is_no_name(content: Any) -> None:
    assert code_of(content) is None


def test_the_more_telling_member_counts() -> None:
    assert code_of({"error": "basket_empty", "code": "BASKET_7"}) == "BASKET_7"
    assert code_of({"code": "ERROR", "error_code": "BASKET_7"}) == "BASKET_7"
    assert code_of({"code": "OUTER_NAME", "error": {"code": "INNER_NAME"}}) == "INNER_NAME"
    assert code_of({"code": "OUTER_NAME", "error": {"reason": "none"}}) is None


def test_a_number_is_told_by_the_status_it_begins_with() -> None:
    assert code_of({"code": 40401}, 404) is None
    assert code_of({"code": 40401}, 400) == "40401"


def test_the_type_of_a_problem() -> None:
    problem = "application/problem+json"
    for kind in ("https://shop.example/problems/basket-empty", "https://shop.example/problems/basket-empty/"):
        assert code_of({"type": kind}, media=problem) == "basket-empty"
    assert code_of({"type": "about:blank"}, media=problem) is None
    assert code_of({"type": 7}, media=problem) is None
    assert (
        code_of({"type": "https://shop.example/errors/empty", "code": "BASKET_EMPTY"}, media=problem) == "BASKET_EMPTY"
    )
    assert code_of({"type": "https://shop.example/problems/basket-empty"}) is None


@pytest.mark.parametrize("name", ["field", "source", "path", "param", "property", "resource"])
def test_codes_of_fields_name_values(name: str) -> None:
    assert code_of({"errors": [{"code": "IS_TAKEN", name: "email"}]}) is None


def test_several_errors_have_no_one_name() -> None:
    assert code_of({"errors": [{"code": "ONE_THING"}, {"code": "OTHER_THING"}]}) is None
    assert code_of({"errors": []}) is None
    assert code_of({"errors": ["ONE_THING"]}) is None
    # Beside a list of errors, the name of all of them proves nothing either.
    assert code_of({"errors": [], "code": "BASKET_EMPTY"}) is None


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        ("No such customer here", True),
        ("You do not have permission to do this.", True),
        ("No such thing", True),
        ("Permission denied", False),  # two words may stand for anything
        ("no such customer here", False),  # begins in the middle of a sentence
        ("No such customer 4711", False),  # names what it is about
        ("No such customer: ada", False),
        ("Something went wrong here", False),  # says nothing precise
        ("The value is invalid here", False),
        ("We have no idea what to do", False),
        ("No such customer " + "here " * 20, False),
    ],
)
def test_fixed_texts_stand_for_names(text: str, stands: bool) -> None:
    expected = f'"{text}"' if stands else None
    assert code_of({"message": text}) == expected
    assert code_of({"error": {"message": text}}) == expected


def test_the_first_text_counts() -> None:
    assert code_of({"message": "it broke", "detail": "No such customer here"}) is None
    assert code_of({"message": 7, "detail": "No such customer here"}) == '"No such customer here"'
    assert code_of({"code": "NO_CUSTOMER", "message": "No such customer here"}) == "NO_CUSTOMER"


def test_what_cannot_be_seen_has_no_name() -> None:
    request = Request(method="GET", target="/")
    assert machine_code(Exchange(request=request)) is None
    json_fields = Headers.of(("content-type", "application/json"))
    unseen = Response(status=400, headers=json_fields, body=Body(None, reason="streamed"))
    assert machine_code(Exchange(request=request, response=unseen)) is None
