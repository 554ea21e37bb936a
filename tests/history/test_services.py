"""Counts of a service's errors: what is counted, what is not, and that counts start again and stay small."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from lab.memory import exchange, note
from lab.story import ADA, turn, visit_of
from wirelint.core.exchange import Direction, Exchange, Failure, FailureKind
from wirelint.core.state import State
from wirelint.core.wire import exchanges
from wirelint.evidence.texts import Meaning
from wirelint.history.services import PERIOD, Service, Services, asked_form, bound_code, is_lie, is_limit, may_lie_again
from wirelint.history.sightings import Sightings

JSON = (("Content-Type", "application/json"),)
LIE = b'{"success": false, "message": "no such order"}'
TRACE = (("x-request-id", "4bf92f3577b34da6a3ce929d0e0e4740"),)


def error(status: int = 400, content: bytes = b'{"code": "BASKET_EMPTY"}', **more: object) -> Exchange:
    return exchange(status, got=JSON, answer=content, **more)  # type: ignore[arg-type]  # as they are named there


def services_of(*exchanges: Exchange) -> Services:
    state = State()
    services = state.recall(Services)
    note(state, *exchanges)
    return services


def service_of(*exchanges: Exchange) -> Service:
    return services_of(*exchanges).of(exchange(at=exchanges[-1].started))


def one(text: str) -> Exchange:
    (found,) = exchanges(text)
    return found


def test_services_are_told_apart() -> None:
    services = services_of(error(), error(service="other"), error(service="other"))
    assert services.of(exchange()).errors == 1
    assert services.of(exchange(service="other")).errors == 2
    assert services.of(exchange(service="third")).errors == 0
    assert len(services) == 2


def test_what_is_counted_of_answers() -> None:
    service = service_of(
        exchange(got=JSON),
        exchange(),
        exchange(got=JSON, answer=LIE),
        error(404),
        exchange(302),
        exchange(500),
    )
    assert (service.answers, service.lies.count, service.errors) == (3, 1, 2)
    assert service.statuses == {404, 500}
    assert service.bad_requests.count == 0


def test_without_a_response_nothing_is_counted() -> None:
    broken = replace(exchange(), response=None, failure=Failure(kind=FailureKind.RESET))
    service = service_of(broken)
    assert (service.answers, service.errors, service.statuses) == (0, 0, set())


def test_what_gateways_say_is_not_counted() -> None:
    made = exchange(502, got=(("server", "CloudFront"), *JSON), answer=b'{"code": "EDGE_GAVE_UP"}')
    service = service_of(made)
    assert (service.errors, service.statuses, service.codes, service.families) == (0, set(), {}, {})
    assert service.bad_requests.count == 0


def test_errors_of_protocols_are_errors_without_particulars() -> None:
    content = b'{"jsonrpc": "2.0", "error": {"code": "NO_SUCH_CALL", "message": "No such call here"}}'
    service = service_of(error(400, content))
    assert (service.errors, service.statuses, service.meanings, service.codes) == (1, set(), {}, {})
    assert service.bad_requests.count == 0


def test_meanings_are_those_that_are_plain() -> None:
    service = service_of(
        error(400, b'{"message": "email is not a valid address"}'),
        error(400, b'{"message": "no such list, or its name is already taken"}'),
        error(400, b'{"message": "could not do it"}'),
        error(400, b'{"message": "no such cart"}', method="DELETE"),
        error(400, b'{"message": "no such customer"}', method="POST"),
        error(409, b'{"message": "no such cart"}', method="DELETE"),
    )
    assert {meaning: seen.count for meaning, seen in service.meanings.items()} == {
        Meaning.INVALID: 1,
        Meaning.NOT_FOUND: 1,
    }
    assert service.meanings[Meaning.NOT_FOUND].first.method == "DELETE"
    assert service.bad_requests.count == 5


def test_codes_by_maker_and_status() -> None:
    service = service_of(error(400), error(400, at=2.0), error(409), error(404, b'{"code": "ERROR"}'))
    (key,) = service.codes
    assert key == ("BASKET_EMPTY", "")
    seen = service.codes[key]
    assert {status: each.count for status, each in seen.items()} == {400: 2, 409: 1}
    assert seen[400].first.ended == 1.0


def test_writes_by_whether_they_bore_credentials() -> None:
    service = service_of(
        exchange(method="PUT"),
        exchange(403, method="DELETE"),
        exchange(method="PATCH", key=None),
        exchange(403, method="PATCH", key=None),
        exchange(method="POST", key=None),
        exchange(key=None),
    )
    assert (service.writes, service.open_writes) == (2, 1)


def test_tallies_begin_anew() -> None:
    assert PERIOD == 3600.0  # seconds, as the documentation of rules says
    first = error(at=0.0)
    for later, expected in [(PERIOD, 2), (PERIOD + 0.1, 1)]:
        services = services_of(first, error(at=later))
        assert services.of(exchange(at=later)).errors == expected
    # However often the service was seen in between.
    many = [error(at=PERIOD * at / 10) for at in range(12)]
    assert services_of(*many).of(exchange(at=many[-1].started)).errors == 1
    assert services_of(first).of(exchange(at=PERIOD + 1)).errors == 0


def test_an_older_capture_read_later_begins_anew() -> None:
    assert services_of(error(at=10 * PERIOD), error(at=0.0)).of(exchange(at=0.0)).errors == 1


def test_it_stays_small_however_many_services_there_are() -> None:
    services = services_of(*(error(service=f"service {number}", at=number / 100) for number in range(10_000)))
    assert len(services) == 256
    assert services.of(exchange(service="service 9999", at=100.0)).errors == 1
    assert services.of(exchange(service="service 0", at=100.0)).errors == 0


def test_it_stays_small_however_many_names_there_are() -> None:
    def word(number: int) -> str:
        return "".join("abcdefghij"[int(digit)] for digit in str(number))

    state = State()
    service = Service()
    for number in range(10_000):
        content = f'{{"code": "name_{word(number)}", "message": "no"}}'.encode()
        fields = (("server", word(number)), *JSON)
        told = exchange(400 + number % 199, f"/{word(number)}/x", got=fields, answer=content, method=f"M{number % 99}")
        service.add(told, visit_of(told, state))
    assert service.errors == 10_000
    assert (len(service.codes), len(service.families), len(service.statuses)) == (64, 32, 32)
    assert len(service.bad_requests.samples) <= 3
    assert len(service.bad_requests.routes) <= 8
    assert len(service.limits) <= 32
    assert len(service.meanings) <= 64


def test_limits_of_many_makers_stay_few() -> None:
    told = (exchange(429, got=(("server", f"a{'b' * number}"),)) for number in range(50))
    assert len(service_of(*told).limits) == 32


def test_one_name_under_many_statuses() -> None:
    service = service_of(*(error(status) for status in range(400, 420)))
    (seen,) = service.codes.values()
    assert list(seen) == [400, 401, 402, 403]


def test_a_tally_keeps_a_few() -> None:
    state, sightings = State(), Sightings()
    visits = [visit_of(exchange(target=f"/a{'b' * number}", at=float(number)), state) for number in range(20)]
    for visit in visits:
        sightings.add(visit)
    assert (sightings.count, sightings.samples, sightings.last) == (20, visits[:3], visits[-1])
    assert sightings.routes == {(visit.method, visit.route) for visit in visits[:8]}


# Calls that failed


def a_call(at: float, until: float, status: int | None = 503, fields: tuple[tuple[str, str], ...] = TRACE) -> Exchange:
    made = exchange(status or 200, "/levels", at=at, service="stock", sent=fields)
    failure = None if status else Failure(kind=FailureKind.TIMEOUT)
    response = made.response if status else None
    return replace(made, ended=until, response=response, failure=failure, direction=Direction.OUTBOUND, client="shop")


def asked(at: float, until: float, fields: tuple[tuple[str, str], ...] = TRACE) -> Exchange:
    return replace(exchange(at=at, sent=fields), ended=until)


def calls(*told: Exchange) -> tuple[int, int]:
    services = services_of(*told)
    service = services.of(exchange(at=told[-1].started))
    return service.failed_calls.count, service.presumed_failed_calls.count


def test_calls_that_failed_while_the_service_answered() -> None:
    assert calls(a_call(1.2, 1.4), asked(1.0, 2.0)) == (1, 0)
    assert calls(a_call(1.2, 1.4, None), asked(1.0, 2.0)) == (1, 0)
    assert calls(a_call(1.2, 1.4, 404), asked(1.0, 2.0)) == (0, 0)
    assert calls(a_call(0.2, 0.4), asked(1.0, 2.0)) == (0, 0)
    assert calls(a_call(1.2, 1.4), a_call(1.5, 1.6, 200), asked(1.0, 2.0)) == (0, 0)


def test_calls_that_only_the_time_joins() -> None:
    known = asked(0.1, 0.2, ())
    assert calls(known, a_call(1.2, 1.4, fields=()), asked(1.0, 2.0, ())) == (0, 1)


def test_calls_that_failed_are_not_those_of_the_called() -> None:
    services = services_of(a_call(1.2, 1.4), asked(1.0, 2.0))
    assert services.of(exchange(at=2.0, service="stock")).failed_calls.count == 0


# What an exchange is


@pytest.mark.parametrize(
    ("status", "content", "fields", "lie"),
    [
        (200, LIE, JSON, True),
        (201, LIE, JSON, True),
        (204, LIE, JSON, False),
        (207, LIE, JSON, False),
        (200, LIE, (("Content-Type", "text/plain"),), False),
        (200, b'{"SUCCESS": false, "message": "no such order"}', JSON, True),
        (200, b'{"success": true}', JSON, False),
        (200, b'{"id": 7, "status": "failed", "error": "declined"}', JSON, False),
        (200, b'{"name": "tea"}', JSON, False),
        (200, b"[]", JSON, False),
        (200, b"{", JSON, False),
        (200, b'{"jsonrpc": "2.0", "error": {"code": 1, "message": "no"}}', JSON, False),
    ],
)
def test_is_lie(status: int, content: bytes, fields: tuple[tuple[str, str], ...], lie: bool) -> None:
    told = turn("GET /orders", status, content.decode(), *(f"{name}: {value}" for name, value in fields))
    assert is_lie(one(told)) is lie


def test_nothing_is_no_lie() -> None:
    assert not is_lie(one("GET / HTTP/1.1\nHost: a\n\n# failure: reset gone"))


def test_who_may_lie_again() -> None:
    state = State()
    opens = may_lie_again(state)

    def may(subject: Exchange) -> bool:
        return opens(subject, state.visit(subject))

    lie = exchange(got=JSON, answer=LIE)
    assert not may(lie)
    note(state, lie)
    assert may(lie)
    assert not may(exchange(got=JSON, answer=b'{"id": 7}'))
    assert not may(exchange(got=JSON, answer=LIE, service="other"))


@pytest.mark.parametrize(
    ("status", "text", "limit"),
    [
        (429, "", True),
        (429, "rate limit exceeded", True),
        (429, "monthly quota exceeded", False),
        (503, "rate limit exceeded", True),
        (403, "too many requests", True),
        (400, "too many requests", True),
        (503, "overloaded", False),
        (503, "", False),
        (403, "rate limit exceeded, or no permission to do this", False),
        (404, "too many requests", False),
        (500, "too many requests", False),
    ],
)
def test_is_limit(status: int, text: str, limit: bool) -> None:
    assert is_limit(one(turn("GET /search", status, f'{{"message": "{text}"}}'))) is limit


@pytest.mark.parametrize(
    ("method", "status", "bound"),
    [
        ("POST", 400, False),
        ("PUT", 422, False),
        ("PATCH", 400, False),
        ("GET", 400, True),
        ("DELETE", 422, True),
        ("POST", 404, True),
        ("POST", 409, True),
    ],
)
def test_bound_code(method: str, status: int, bound: bool) -> None:
    missing = one(turn(f"{method} /orders", status, '{"code": "CUSTOMER_NOT_FOUND"}', sent="{}"))
    assert bound_code(missing) == ("CUSTOMER_NOT_FOUND" if bound else None)
    assert bound_code(one(turn(f"{method} /orders", status, '{"code": "BASKET_EMPTY"}'))) == "BASKET_EMPTY"


@pytest.mark.parametrize(
    ("fields", "free"),
    [
        ((), True),
        (("Accept: */*",), True),
        (("Accept: application/json",), True),
        (("Accept: application/problem+json, text/html",), True),
        (("Accept: APPLICATION/JSON",), True),
        (("Accept: text/html",), False),
        (("Accept: text/html, */*;q=0.8",), False),
        (("Accept: image/webp, */*",), False),
        (("Accept: font/woff2, */*",), False),
        (("Accept: application/xml",), False),
        (("Sec-Fetch-Dest: script",), False),
        (("Sec-Fetch-Dest: document", "Accept: application/json"), False),
        (("Sec-Fetch-Dest: empty",), True),
    ],
)
def test_asked_form(fields: tuple[str, ...], free: bool) -> None:
    told = one(turn("GET /orders", 404, '{"message": "no"}', asked=(ADA, *fields)))
    assert asked_form(told) == ('{message: "…"}' if free else None)


@pytest.mark.parametrize(
    ("target", "asked", "counted"),
    [
        ("/orders", (), False),
        ("/api/orders", (), True),
        ("/v1/orders", (), True),
        ("/orders", ("Accept: application/json",), True),
        ("/orders", ("X-Requested-With: XMLHttpRequest",), True),
    ],
)
def test_pages_count_where_data_was_called_for(target: str, asked: tuple[str, ...], counted: bool) -> None:
    told = one(turn(f"GET {target}", 404, "<h1>no such page</h1>", "Content-Type: text/html", asked=asked))
    assert (asked_form(told) is not None) is counted


def test_a_protocol_may_say_so_under_200() -> None:
    assert is_lie(one(turn("POST /orders", 200, LIE.decode(), sent="{}")))
    assert not is_lie(one(turn("POST /$batch", 200, LIE.decode(), sent="{}")))


def test_a_code_that_says_that_there_is_none_names_no_error() -> None:
    assert bound_code(error()) == "BASKET_EMPTY"
    for code in (b"placement.undefined_code", b"UNSPECIFIED", b"no_code"):
        assert bound_code(error(content=b'{"code": "%s"}' % code)) is None
