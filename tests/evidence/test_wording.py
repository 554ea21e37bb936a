"""Which errors have one wording."""

from __future__ import annotations

import time

import pytest
from msgspec.structs import replace as replaced

from lab.story import turn
from wirelint.core.body import Body
from wirelint.core.exchange import Exchange
from wirelint.core.wire import exchanges
from wirelint.evidence.wording import Wording, wording


def of(request: str, status: int, shown: str, *fields: str) -> Wording:
    (exchange,) = exchanges(turn(request, status, shown, *fields))
    found = wording(exchange)
    assert found is not None
    return found


PLAIN = "Content-Type: text/plain"
PAGE = "Content-Type: text/html"


def test_what_belongs_to_one_request_makes_no_difference() -> None:
    one = of("GET /orders/7", 404, "Cannot GET /orders/7", PLAIN)
    other = of("PUT /reports", 404, "Cannot PUT /reports", PLAIN)
    assert one.words == other.words
    assert one.no_route
    first = of("GET /a", 404, '{"error": "no user \'ada\'", "request_id": "x", "timestamp": "12:00", "path": "/a"}')
    second = of("GET /b", 404, '{"error": "no user \'bob\'", "request_id": "y", "timestamp": "12:01", "path": "/b"}')
    assert first.words == second.words


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("/session/7/title", '{"error": "unknown command: session/7/title"}'),
        ("/nope", '{"error": "unknown command: nope"}'),
        ("/a/b", "unknown command: a/b"),
    ],
)
def test_paths_are_named_without_their_slash(target: str, shown: str) -> None:
    plain = PLAIN if shown[0] == "u" else "Content-Type: application/json"
    assert of(f"GET {target}", 404, shown, plain).words == of("GET /x", 404, '{"error": "unknown command: x"}').words


def test_a_word_that_happens_to_be_the_path_is_kept() -> None:
    assert of("GET /users", 404, "users not found", PLAIN).words != of("GET /x", 404, "x not found", PLAIN).words
    assert of("GET /user", 404, "no such: users", PLAIN).words != of("GET /x", 404, "no such: x", PLAIN).words


def test_other_words_are_others() -> None:
    assert of("GET /a", 404, '{"error": "no such user"}').words != of("GET /a", 404, '{"error": "no such order"}').words


@pytest.mark.parametrize(
    ("shown", "generic"),
    [
        ('{"error": "Not Found"}', True),
        ("{}", True),
        ('{"error": "no such basket"}', False),
        ("<html><head><title>basket</title></head><body><h1>404 Not Found</h1></body></html>", True),
    ],
)
def test_stock_words(shown: str, generic: bool) -> None:
    assert of("GET /a", 404, shown, PAGE if shown[0] == "<" else PLAIN).generic is generic


def test_words_of_an_upstream() -> None:
    assert of("GET /a", 500, '{"error": "connection refused"}').upstream
    stock = (
        "The server encountered an internal error and was unable to complete your request. "
        "Either the server is overloaded or there is an error in the application."
    )
    assert not of("GET /a", 500, stock, PLAIN).upstream


def test_what_is_not_known_as_a_whole_has_none() -> None:
    (exchange,) = exchanges(turn("GET /a", 404, '{"error": "Not Found"}'))
    assert wording(cut(exchange, Body(b'{"error": "Not', complete=False))) is None
    assert wording(cut(exchange, Body.unknown("streamed"))) is None


def cut(exchange: Exchange, body: Body) -> Exchange:
    assert exchange.response is not None
    return replaced(exchange, response=replaced(exchange.response, body=body))


@pytest.mark.parametrize("piece", ["<script", "<style>", "<", "'", "«", "a-", '"x', "<head", "\\", "1f"])
def test_costs_grow_with_length_alone(piece: str) -> None:
    (exchange,) = exchanges(turn("GET /a", 404, "<p>" + piece * 20_000, PAGE))
    begun = time.process_time()
    wording(exchange)
    assert time.process_time() - begun < 0.5
