"""Answers of routes: to anonymous clients, to authenticated ones, and the methods that work."""

from __future__ import annotations

from lab.memory import exchange, note
from wirelint.core.exchange import Exchange
from wirelint.core.state import State
from wirelint.history.routes import Routes


def routes_of(*exchanges: Exchange) -> Routes:
    state = State()
    routes = state.recall(Routes)
    note(state, *exchanges)
    return routes


def test_routes_are_told_apart_by_template_and_service() -> None:
    routes = routes_of(exchange(target="/notes/7"))
    assert "GET" in routes.of(exchange(target="/notes/8")).worked
    assert not routes.of(exchange(target="/lists/8")).worked
    assert not routes.of(exchange(target="/notes/8", service="other")).worked
    assert not routes.at("shop", "/notes/{id}", 1.0 + 3601.0).worked


def test_who_was_let_in() -> None:
    route = routes_of(exchange(), exchange(403, method="PUT"), exchange(404, method="DELETE")).of(exchange())
    assert route.admitted.keys() == {"GET", "PUT"}
    assert not route.open
    assert routes_of(exchange(key=None)).of(exchange()).open.keys() == {"GET"}
    forged = exchange(403, answer=b"CSRF token missing")
    assert not routes_of(forged).of(exchange()).admitted


def test_credentials_are_checked_where_somebody_was_refused_and_no_stranger_let_in() -> None:
    stranger, refused, bad = exchange(key=None), exchange(401, key=None), exchange(401, key="k-7654321")
    assert not routes_of(exchange()).of(exchange()).checks("GET")
    assert routes_of(refused).of(exchange()).checks("GET")
    assert routes_of(bad).of(exchange()).checks("GET")
    assert routes_of(exchange(403, key=None)).of(exchange()).checks("GET")
    assert not routes_of(exchange(404, key=None)).of(exchange()).checks("GET")
    assert not routes_of(refused).of(exchange()).checks("PUT")
    assert not routes_of(refused, bad, stranger).of(exchange()).checks("GET")
    assert not routes_of(stranger, refused, bad).of(exchange()).checks("GET")


def test_strangers_are_tallied_by_who_answered() -> None:
    one, other = (("server", "gunicorn/2"),), (("server", "other"),)
    route = routes_of(
        exchange(401, key=None, got=one), exchange(401, key=None, got=one, at=2.0), exchange(401, key=None, got=other)
    ).of(exchange())
    assert {key: tally.count for key, tally in route.to_anonymous.items()} == {
        ("GET", 401, "gunicorn"): 2,
        ("GET", 401, "other"): 1,
    }
    last = route.to_anonymous["GET", 401, "gunicorn"].last
    assert last is not None
    assert last.ended == 2.0
    assert not routes_of(exchange(401, key=None, answer=b"rate limit exceeded")).of(exchange()).to_anonymous


def test_the_latest_refusals_stay_however_many_there_are() -> None:
    many = [exchange(401, key=f"key-{number}", answer=b"no", at=float(number)) for number in range(50)]
    route = routes_of(*many).of(exchange(at=50.0))
    (told,) = route.unauthorized.values()
    assert [visit.ended for visit in told.values()] == [42.0, 43.0, 44.0, 45.0, 46.0, 47.0, 48.0, 49.0]


def test_the_latest_answers_stay_however_many_there_are() -> None:
    words = ["".join("abcdefghij"[int(digit)] for digit in str(number)) + "-" for number in range(100, 150)]
    route = routes_of(*(exchange(401, answer=word.encode()) for word in words)).of(exchange())
    assert len(route.unauthorized) == 16
    again = routes_of(*(exchange(401, answer=word.encode()) for word in [*words, words[0]])).of(exchange())
    assert len(again.unauthorized) == 16


def test_services_that_hear_credentials() -> None:
    assert routes_of(exchange()).hears_credentials("shop", 1.0)
    assert not routes_of(exchange()).hears_credentials("shop", 3700.0)
    assert not routes_of(exchange(key=None)).hears_credentials("shop", 1.0)
    assert not routes_of(exchange(key="[REDACTED]")).hears_credentials("shop", 1.0)
