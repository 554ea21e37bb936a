"""What is created and replaced: each guard of the rules with a story that they would fall for without it."""

from __future__ import annotations

import pytest

from lab.rule import notes, of
from lab.story import ADA, BOB, later, turn
from wirelint.core.finding import Finding

ORDER = '{"id": 42, "item": "tea"}'
NO_ORDER = '{"error": "no such order"}'
MADE = turn("POST /orders", 201, ORDER, "Location: /orders/42", sent='{"item": "tea"}')
MISSED = turn("GET /orders/42", 404, NO_ORDER)
SHOWN = turn("GET /orders/42", 200, ORDER)
DELETED = turn("DELETE /orders/42", 204)


# created-not-found


def missing(*between: str, made: str = MADE, missed: str = MISSED, pause: float = 6) -> list[Finding]:
    return of("created-not-found", made, missed, *between, later(pause), missed)


def test_what_was_created_is_missing_twice() -> None:
    (finding,) = missing()
    assert (finding.method, finding.route, finding.status) == ("POST", "/orders", 201)
    assert notes(finding) == ["created, by its Location", "not there", "still not there"]
    assert finding.suggested_status == 202


def test_a_404_right_after_creation_may_be_a_delay() -> None:
    assert missing(pause=1) == []
    assert of("created-not-found", MADE, later(60), MISSED) == []


@pytest.mark.parametrize(
    "between",
    [
        SHOWN,
        turn("GET /orders/42", 304),
        DELETED,
        turn("DELETE /orders", 204),
        turn("DELETE /orders/42", 202),
        turn("POST /orders/purge", 200, "{}"),
        turn("POST /orders/42/cancel", 200, "{}"),
        turn("PATCH /orders/42", 204, sent='{"item": "none"}'),
        turn("POST /graphql", 200, '{"data": {"drop": true}}', sent='{"query": "mutation { drop }"}'),
    ],
)
def test_what_was_there_or_was_removed_meanwhile_may_be_missing(between: str) -> None:
    assert missing(between) == []


@pytest.mark.parametrize(
    "between",
    [
        turn("POST /orders", 201, "", "Location: /orders/43"),
        turn("DELETE /carts/1", 204),
        turn("OPTIONS /orders/42", 204, asked=("Access-Control-Request-Method: GET",)),
    ],
)
def test_writes_elsewhere_make_no_difference(between: str) -> None:
    assert len(missing(between)) == 1


def test_what_was_before_makes_no_difference() -> None:
    assert len(of("created-not-found", SHOWN, DELETED, MADE, MISSED, later(6), MISSED)) == 1
    put = turn("PUT /orders/42", 201, "", "Location: /orders/42", sent=ORDER)
    assert len(missing(made=put)) == 1


def test_the_first_time_must_be_a_404_to_get() -> None:
    for first in (turn("HEAD /orders/42", 404), turn("GET /orders/42", 500, NO_ORDER)):
        assert of("created-not-found", MADE, first, later(6), MISSED) == []


def test_a_deletion_that_was_refused_deleted_nothing() -> None:
    assert len(missing(turn("DELETE /orders/42", 403, '{"error": "not yours"}'))) == 1


@pytest.mark.parametrize(
    "made",
    [
        turn("POST /orders", 202, ORDER, "Location: /orders/42"),
        turn("POST /orders", 303, "", "Location: /orders/42"),
        turn("POST /orders", 201, '{"id": 42, "state": "pending"}', "Location: /orders/42"),
        turn("POST /orders", 201, ORDER, "Location: /orders/42", "Retry-After: 5"),
        turn("POST /orders", 201, ORDER, "Location: https://eu.shop.example/orders/42"),
        turn("POST /orders", 201, ORDER, "Location: /orders/42", asked=(ADA,)),
    ],
    ids=["accepted", "elsewhere", "pending", "asks to wait", "other host", "other caller"],
)
def test_only_what_was_promised_to_the_caller_is_missed(made: str) -> None:
    assert missing(made=made) == []


def test_what_another_caller_cannot_see_is_not_missing() -> None:
    made = turn("POST /orders", 201, ORDER, "Location: /orders/42", asked=(ADA,))
    mine, others = (turn("GET /orders/42", 404, NO_ORDER, asked=(who,)) for who in (ADA, BOB))
    assert of("created-not-found", made, mine, later(6), others) == []
    assert of("created-not-found", made, others, later(6), mine) == []
    assert len(of("created-not-found", made, mine, later(6), mine)) == 1


def test_a_stored_404_is_older_than_the_resource() -> None:
    assert missing(missed=turn("GET /orders/42", 404, NO_ORDER, "Age: 7")) == []


@pytest.mark.parametrize(
    "value", ["orders/42", "http://shop.example/orders/42", "https://SHOP.example:443/orders/42#x"]
)
def test_location_is_resolved(value: str) -> None:
    assert len(missing(made=turn("POST /orders", 201, ORDER, f"Location: {value}"))) == 1


def test_an_id_is_enough_where_its_route_can_be_read() -> None:
    made = turn("POST /orders", 201, ORDER)
    assert missing(made=made) == []
    (finding,) = missing(made=turn("GET /orders/41", 200, '{"id": 41}') + made)
    assert notes(finding)[0] == "created, by its id"


# unusable-location


def test_location_that_cannot_be_read() -> None:
    (finding,) = of("unusable-location", MADE, turn("GET /orders/42", 405, NO_ORDER, "Allow: DELETE"))
    assert finding.message == "Location of a 201 leads to 405"
    assert (finding.method, finding.status) == ("POST", 201)
    assert notes(finding) == ["gives the Location", "followed"]
    assert len(of("unusable-location", MADE, turn("GET /orders/42", 501, NO_ORDER))) == 1


def test_a_404_is_one_where_a_redirect_leads_there() -> None:
    for status, expected in [(201, 0), (202, 0), (302, 1), (303, 1), (307, 0)]:
        made = turn("POST /orders", status, "", "Location: /orders/42")
        assert len(of("unusable-location", made, MISSED)) == expected, status
    assert of("unusable-location", turn("DELETE /orders/42", 303, "", "Location: /orders/42"), MISSED) == []


def test_a_500_is_one_if_it_stays() -> None:
    broken = turn("GET /orders/42", 500, '{"error": "internal error"}')
    assert of("unusable-location", MADE, broken) == []
    (finding,) = of("unusable-location", MADE, broken, broken)
    assert notes(finding) == ["gives the Location", "followed", "followed again"]
    assert of("unusable-location", MADE, SHOWN, broken, broken) == []
    others = turn("GET /orders/42", 500, NO_ORDER, asked=(ADA,))
    assert of("unusable-location", MADE, others, broken) == []


def test_what_was_asked_before_or_by_head_is_not_followed() -> None:
    refused = turn("GET /orders/42", 405, NO_ORDER, "Allow: PUT")
    for before in (SHOWN + MADE, MADE + turn("HEAD /orders/42", 404)):
        (finding,) = of("unusable-location", before, refused)
        assert notes(finding)[-1] == "followed"


@pytest.mark.parametrize(
    "story",
    [
        MADE + SHOWN + turn("GET /orders/42", 405, NO_ORDER, "Allow: PUT"),
        MADE + later(90) + turn("GET /orders/42", 405, NO_ORDER, "Allow: PUT"),
        MADE + turn("GET /orders/42", 405, NO_ORDER, "Allow: PUT", asked=(ADA,)),
        MADE + turn("GET /orders/42", 405, NO_ORDER, "Allow: PUT", "Age: 9"),
        MADE + DELETED + turn("GET /orders/42", 405, NO_ORDER, "Allow: PUT"),
        MADE + turn("GET /orders/42", 503, NO_ORDER),
        turn("POST /orders", 201, ORDER, "Location: http://other.example/orders/42")
        + turn("GET /orders/42", 405, NO_ORDER, "Allow: PUT"),
        turn("POST /orders", 201, ORDER) + turn("GET /orders/42", 405, NO_ORDER, "Allow: PUT"),
        turn("GET /old", 302, "", "Location: /orders/42") + turn("GET /orders/42", 404, NO_ORDER),
    ],
    ids=[
        "was readable",
        "too late",
        "other caller",
        "stored",
        "deleted",
        "outage",
        "other host",
        "no Location",
        "a read",
    ],
)
def test_location_that_cannot_be_blamed(story: str) -> None:
    assert of("unusable-location", story) == []


# put-always-created

PUT = turn("PUT /orders/42", 201, sent=ORDER)


def test_put_creates_what_is_there() -> None:
    (finding,) = of("put-always-created", PUT, SHOWN, PUT)
    assert notes(finding) == ["created", "there", "created once more"]
    assert finding.suggested_status == 200


def test_three_times_created_is_once_too_often() -> None:
    assert of("put-always-created", PUT, PUT) == []
    (finding,) = of("put-always-created", PUT, PUT, PUT, PUT, PUT)
    assert notes(finding) == ["created", "created again", "created once more"]


def test_a_put_that_failed_makes_no_difference() -> None:
    assert len(of("put-always-created", PUT, turn("PUT /orders/42", 409, NO_ORDER, sent=ORDER), SHOWN, PUT)) == 1


@pytest.mark.parametrize(
    "story",
    [
        turn("PUT /orders/42", 204, sent=ORDER) + PUT + PUT,
        turn("PUT /orders/42", 201, sent=ORDER, asked=(ADA,)) + PUT + PUT,
        PUT + turn("OPTIONS /orders/42", 204, "", "Allow: GET, PUT") + PUT,
        PUT + turn("GET /orders/42", 200, ORDER, asked=(ADA,)) + PUT,
    ],
    ids=["replaced, then created", "created by another", "asked for its methods", "seen by another"],
)
def test_too_little_to_know_that_it_was_there(story: str) -> None:
    assert of("put-always-created", story) == []


@pytest.mark.parametrize(
    "between",
    [
        DELETED,
        turn("DELETE /orders", 204),
        MISSED,
        SHOWN + MISSED,
        turn("POST /orders/42/remove", 204),
        turn("PUT /orders/42", 204, sent=ORDER) + SHOWN,
    ],
)
def test_it_may_be_created_anew(between: str) -> None:
    assert of("put-always-created", PUT, between, PUT) == []
    assert of("put-always-created", PUT, PUT, between, PUT) == []


@pytest.mark.parametrize(
    "last",
    [
        turn("PUT /orders/42", 201, "", "x-ms-version: 2021-08-06", sent=ORDER),
        turn("PUT /orders/42", 201, "", "X-Trans-Id: tx1", sent=ORDER),
        turn("PUT /orders/42", 201, "", "Location: /orders/42/versions/3", sent=ORDER),
        turn("PUT /orders/42", 201, "", "Location: http://other.example/1", sent=ORDER),
        turn("PUT /orders/42", 201, sent=ORDER, asked=(ADA,)),
    ],
    ids=["blob store", "object store", "a version", "elsewhere", "other caller"],
)
def test_each_put_may_make_something_new(last: str) -> None:
    assert of("put-always-created", PUT, SHOWN, last) == []
    own = turn("PUT /orders/42", 201, "", "Location: /orders/42", sent=ORDER)
    assert len(of("put-always-created", PUT, SHOWN, own)) == 1
