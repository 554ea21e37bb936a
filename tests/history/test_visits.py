"""Answers by resource, credential and client."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from lab.memory import exchange, note
from lab.story import ADA, turn, visit_of
from wirelint.core.exchange import Exchange
from wirelint.core.knowledge import Knowledge, attach
from wirelint.core.state import Gate, State
from wirelint.core.verdict import Verdict
from wirelint.core.wire import exchanges
from wirelint.history.allowed import allowance_is_known
from wirelint.history.attempts import write_was_rejected
from wirelint.history.deletions import was_deleted
from wirelint.history.looks import was_looked_at
from wirelint.history.routes import Routes
from wirelint.history.visits import Visits, resource_was_refused

GATES = (allowance_is_known, resource_was_refused, was_deleted, was_looked_at, write_was_rejected)


def told(story: object) -> list[int | None]:
    assert isinstance(story, (list, tuple))
    return [visit.status for visit in story]


def test_the_exchange_at_hand_is_not_of_the_past() -> None:
    state = State()
    visits = state.recall(Visits)
    now = exchange()
    assert visits.now(now).status == 200
    assert told(visits.of_resource(now)) == []
    assert told(visits.of_credential(now)) == []
    note(state, now)
    assert told(visits.of_resource(exchange())) == [200]


def test_the_verdict_noted_is_the_one_that_counts() -> None:
    state = State()
    now = exchange()
    assert state.recall(Visits).now(now).succeeded
    state.note(now, Verdict.SERVER_ERROR)
    (seen,) = state.recall(Visits).of_resource(exchange())
    assert not seen.succeeded


def test_resources_are_told_apart() -> None:
    state = State()
    visits = state.recall(Visits)
    note(state, exchange(target="/notes/7?page=1"))
    assert told(visits.of_resource(exchange(target="/notes/7?page=1", key=None, method="PUT"))) == [200]
    for other in (exchange(target="/notes/8?page=1"), exchange(target="/notes/7?page=2"), exchange(service="other")):
        assert told(visits.of_resource(other)) == []
    elsewhere = exchange(target="/notes/7?page=1")
    elsewhere = replace(elsewhere, request=replace(elsewhere.request, authority="other.example"))
    assert told(visits.of_resource(elsewhere)) == []


def test_credentials_are_followed_within_one_service() -> None:
    state = State()
    visits = state.recall(Visits)
    note(state, exchange(), exchange(401, "/lists"), exchange(403, key="k-7654321"), exchange(key=None))
    assert told(visits.of_credential(exchange())) == [200, 401]
    assert told(visits.of_credential(exchange(key=None))) == []
    assert told(visits.of_credential(exchange(service="other"))) == []
    credential = visits.now(exchange()).credential
    assert credential is not None
    assert told(visits.of("shop", credential, 1.0)) == [200, 401]
    assert told(visits.of("shop", credential, 700.0)) == []


def test_clients_are_followed_from_their_first_failure_on() -> None:
    state = State()
    visits = state.recall(Visits)
    note(state, exchange())
    assert told(visits.of_client(exchange())) == []
    note(state, exchange(503), exchange())
    assert told(visits.of_client(exchange())) == [503, 200]
    for name in ("x-forwarded-for", "user-agent"):
        assert told(visits.of_client(exchange(sent=((name, "another"),)))) == []


def test_what_is_remembered_of_a_request() -> None:
    state = State()

    def same(one: Exchange, other: Exchange) -> bool:
        numbers = visit_of(one, state).request, visit_of(other, state).request
        return None not in numbers and numbers[0] == numbers[1]

    assert same(exchange(), exchange())
    assert same(exchange(content=b"a", method="PUT"), exchange(content=b"a", method="PUT"))
    assert not same(exchange(content=b"a", method="PUT"), exchange(content=b"b", method="PUT"))
    assert not same(exchange(), exchange(method="PUT"))
    assert not same(exchange(content=b"a" * 20_000), exchange(content=b"a" * 20_000))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (exchange(401, answer=b"no 12"), exchange(401, answer=b"no 13"), True),
        (exchange(401, answer=b"id 9f86d081884c"), exchange(401, answer=b"id 7d865e959b24"), True),
        (exchange(401, answer=b"expired"), exchange(401, answer=b"log in"), False),
        (exchange(400, answer=b"no 12"), exchange(400, answer=b"no 13"), False),
        (
            exchange(401, got=(("www-authenticate", "Bearer"),)),
            exchange(401, got=(("www-authenticate", 'Bearer error="invalid_token"'),)),
            False,
        ),
        (
            exchange(401, got=(("www-authenticate", "Basic"),)),
            exchange(401, got=(("www-authenticate", "Bearer"),)),
            False,
        ),
    ],
)
def test_answers_are_compared_without_what_is_new_in_each(one: Exchange, other: Exchange, same: bool) -> None:
    state = State()
    assert (visit_of(one, state).answer == visit_of(other, state).answer) is same


def test_what_was_asked_and_sent() -> None:
    state = State()
    asks = (("www-authenticate", 'Bearer realm="a", Basic realm="b"'),)
    visit = visit_of(exchange(401, sent=(("authorization", "Token abc"),), got=asks), state)
    assert (visit.scheme, visit.asked) == ("token", ("basic", "bearer"))
    visit = visit_of(exchange(200, sent=(("authorization", "abc"),), got=asks), state)
    assert (visit.scheme, visit.asked) == ("", ())


def test_tenants_are_told_apart() -> None:
    state = State()
    found = [visit_of(exchange(sent=sent), state).tenant for sent in ((), (("X-Tenant-Id", "1"),), (("X-Org", "1"),))]
    assert found[0] == 0
    assert len(set(found)) == 3


@pytest.mark.parametrize(
    ("subject", "aside"),
    [
        (exchange(401), False),
        (exchange(403, answer=b"forbidden"), False),
        (exchange(403, answer=b"CSRF token missing"), True),
        (exchange(403, answer=b"rate limit exceeded"), True),
        (exchange(403, answer=b"Missing or invalid User Agent string"), True),
        (exchange(403, got=(("content-type", "text/html"),), answer=b"<h1>Access Denied</h1>"), True),
        (exchange(403, got=(("content-type", "text/html"),), answer=b"<h1>Forbidden</h1>"), False),
        (exchange(403, answer=b"Access denied"), False),
        (exchange(403, got=(("server", "cloudfront"),)), True),
        (exchange(403, got=(("retry-after", "3"),)), True),
        (exchange(401, got=(("retry-after", "3"),)), False),
        (exchange(401, answer=b"Invalid token"), False),
        (exchange(403, answer=b"You must be an admin"), False),
        (exchange(401, got=(("www-authenticate", 'DPoP error="use_dpop_nonce"'),)), True),
        (exchange(404, answer=b"no such region"), False),
        (exchange(500, answer=b"rate limit exceeded"), False),
        (exchange(200, answer=b"CSRF token missing"), False),
    ],
)
def test_refusals_for_other_reasons(subject: Exchange, aside: bool) -> None:
    assert visit_of(subject, State()).aside is aside


def test_stories_stay_bounded_whoever_comes() -> None:
    state = State()
    visits, routes = state.recall(Visits), state.recall(Routes)
    for number in range(20_000):
        note(
            state,
            exchange(401, f"/word{'abcdefghij'[number % 10]}/{number}", f"key-{number}", service=f"s{number % 700}"),
        )
    assert len(visits) <= 16_384 + 16_384 + 8192
    assert len(visits) > 30_000
    assert len(routes) <= 4096 + 512


def traced(number: int) -> Exchange:
    plain = exchange(at=number + 0.5, sent=(("x-request-id", f"{number:032x}"),))
    return replace(plain, id=str(number), started=number, timestamp=number + 1e9)


def test_what_is_alike_is_remembered_as_if_it_had_been_the_first() -> None:
    state = State(b"test")
    visit_of(traced(1), state, Verdict.SERVER_ERROR)
    again, new = visit_of(traced(2), state), visit_of(traced(2), State(b"test"))
    assert msgspec.structs.asdict(again) == msgspec.structs.asdict(new)
    assert again.trace_id == f"{2:032x}"


def test_what_is_alike_is_no_longer_so_once_more_is_known() -> None:
    state = State()
    assert visit_of(exchange(key=None, target="/notes?pass=open"), state).anonymous
    told = exchange(key=None, target="/notes?pass=open")
    attach(told, Knowledge(parameters=frozenset({"pass"})))
    assert not visit_of(told, state).anonymous


READ = turn("GET /notes/7", 200, '{"id": 7, "text": "buy tea"}', asked=(ADA,))


@pytest.mark.parametrize(
    ("before", "gates"),
    [
        (READ, set()),
        (turn("GET /notes/7", 401), set()),
        (turn("GET /notes/7", 500), set()),
        (turn("PUT /notes/7", 204, sent='{"text": "buy milk"}'), set()),
        (turn("GET /notes/7", 403), {resource_was_refused}),
        (turn("DELETE /notes/7", 404), {resource_was_refused}),
        (turn("GET /notes/7", 410), {resource_was_refused}),
        (turn("GET /notes/8", 404), set()),
        (turn("HEAD /notes/7", 200), {was_looked_at}),
        (turn("OPTIONS /notes/7", 204, "", "Allow: GET"), {allowance_is_known}),
        (READ + turn("DELETE /notes/7", 204, asked=(ADA,)), {was_deleted}),
        (READ + turn("PATCH /notes/7", 422, sent='{"text": "buy milk"}', asked=(ADA,)), {write_was_rejected}),
        (READ + turn("PATCH /notes/7", 422, sent='{"title": "milk"}', asked=(ADA,)), set()),
    ],
)
def test_gates_open_for_resources_that_rules_compare_with(before: str, gates: set[Gate]) -> None:
    state = State()
    opening = {gate: gate(state) for gate in GATES}
    *past, now = exchanges(before + READ)

    def opened() -> set[Gate]:
        return {gate for gate, opens in opening.items() if opens(now, visit_of(now, state))}

    assert opened() == set()
    note(state, *past)
    assert opened() == gates
