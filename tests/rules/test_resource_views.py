"""What a resource shows of itself: its values, its methods, its comings and goings."""

from __future__ import annotations

import pytest

from lab.rule import notes, of
from lab.story import ADA, later, turn
from wirelint.core.finding import Confidence

USER = '{"id": 42, "nickname": "Ada", "age": 36}'
ASKED = '{"nickname": "Countess", "age": -1}'
CHANGED = '{"id": 42, "nickname": "Countess", "age": 36}'
BEFORE = turn("GET /users/42", 200, USER)
REJECTED = turn("PATCH /users/42", 422, '{"error": "age must be positive"}', sent=ASKED)
AFTER = turn("GET /users/42", 200, CHANGED)


# failed-write-took-effect


def test_rejected_and_carried_out() -> None:
    (finding,) = of("failed-write-took-effect", BEFORE, REJECTED, AFTER)
    assert (finding.method, finding.status) == ("PATCH", 422)
    assert finding.evidence.endswith("changed: nickname")
    assert "Countess" not in repr(finding)
    assert notes(finding) == ["the values before", "other values, rejected", "the rejected values"]


def test_members_of_members_count() -> None:
    (finding,) = of(
        "failed-write-took-effect",
        turn("GET /users/42", 200, '{"data": {"name": {"first": "Ada"}}}'),
        turn("PUT /users/42", 400, '{"error": "no"}', sent='{"data": {"name": {"first": "Grace"}}}'),
        turn("GET /users/42", 200, '{"data": {"name": {"first": "Grace"}}}'),
    )
    assert finding.evidence.endswith("changed: data.name.first")


@pytest.mark.parametrize(
    "story",
    [
        BEFORE + REJECTED + BEFORE,
        BEFORE + REJECTED + BEFORE + AFTER,
        REJECTED + AFTER,
        AFTER + REJECTED + AFTER,
        BEFORE + turn("PATCH /users/42", 409, '{"error": "changed"}', sent=ASKED) + AFTER,
        BEFORE + turn("PATCH /users/42", 412, '{"error": "changed"}', sent=ASKED) + AFTER,
        BEFORE + turn("PATCH /users/42", 500, '{"error": "broken"}', sent=ASKED) + AFTER,
        BEFORE + REJECTED + turn("PUT /users/42", 204, sent=CHANGED) + AFTER,
        BEFORE + turn("PUT /users/42", 204, sent=CHANGED) + REJECTED + AFTER,
        BEFORE + REJECTED + turn("POST /users/42/rename", 204) + AFTER,
        BEFORE + REJECTED + turn("GET /users/42", 200, CHANGED, asked=(ADA,)),
        turn("GET /users/42", 200, USER, asked=(ADA,)) + REJECTED + AFTER,
        BEFORE + REJECTED + turn("GET /users/42", 200, '{"id": 42, "nickname": "Byron", "age": 36}'),
        BEFORE + REJECTED + turn("GET /users/42", 200, CHANGED, "Age: 3"),
        BEFORE + turn("PATCH /users/42", 422, '{"error": "no"}', sent='{"title": "Dr"}') + AFTER,
    ],
    ids=[
        "no effect",
        "no effect at first",
        "not seen before",
        "was so before",
        "conflict",
        "precondition",
        "no rejection",
        "written after",
        "written before",
        "written below",
        "other reader",
        "other reader before",
        "other value",
        "stored",
        "other field",
    ],
)
def test_a_rejection_that_holds(story: str) -> None:
    assert of("failed-write-took-effect", story) == []


def test_names_that_may_be_data_are_not_shown() -> None:
    (finding,) = of(
        "failed-write-took-effect",
        turn("GET /users/42", 200, '{"mail": {"ada@example.com": 1, "4711": 1}, "of_day": 1}'),
        turn("PUT /users/42", 400, '{"error": "no"}', sent='{"mail": {"ada@example.com": 2, "4711": 2}, "of_day": 2}'),
        turn("GET /users/42", 200, '{"mail": {"ada@example.com": 2, "4711": 2}, "of_day": 2}'),
    )
    assert finding.evidence.endswith("changed: mail.*, of_day")


# allow-header-lies
OPTIONS = turn("OPTIONS /users/42", 204, "", "Allow: GET, PUT, DELETE")
REFUSED = turn("PUT /users/42", 405, '{"error": "method not allowed"}', "Allow: GET", sent=USER)
ACCEPTED = turn("PATCH /users/42", 204, sent=USER)


def test_listed_and_refused() -> None:
    (finding,) = of("allow-header-lies", OPTIONS, REFUSED)
    assert finding.message == "405 to PUT, which Allow lists"
    assert notes(finding) == ["lists the method", "refused"]
    assert len(of("allow-header-lies", OPTIONS, turn("PUT /users/42", 501, '{"error": "no"}', sent=USER))) == 1


def test_left_out_and_accepted() -> None:
    (finding,) = of("allow-header-lies", OPTIONS, ACCEPTED)
    assert finding.message == "204 to PATCH, which Allow omits"
    assert finding.evidence == "OPTIONS /users/{id}: Allow: DELETE, GET, PUT; PATCH: 204"
    assert notes(finding) == ["does not list the method", "accepted"]
    assert len(of("allow-header-lies", REFUSED, ACCEPTED)) == 1


@pytest.mark.parametrize(
    "story",
    [
        turn("OPTIONS /users/42", 204, "", "Allow:") + ACCEPTED,
        turn("OPTIONS /users/42", 204) + ACCEPTED,
        turn("OPTIONS /users/42", 204, "", "Allow: get, patch") + ACCEPTED,
        turn("OPTIONS /users/42", 403, "", "Allow: GET") + ACCEPTED,
        turn("OPTIONS /users/42", 204, "", "Allow: GET", asked=("Access-Control-Request-Method: PUT",)) + ACCEPTED,
        turn("OPTIONS /users/41", 204, "", "Allow: GET") + ACCEPTED,
        OPTIONS + turn("PATCH /users/42", 204, sent=USER, asked=(ADA,)),
        OPTIONS + turn("PUT /users/42", 405, "", "Allow: GET", sent=USER, asked=(ADA,)),
        OPTIONS + turn("DELETE /users/42", 204) + ACCEPTED,
        OPTIONS + turn("POST /users", 201, USER, sent=USER) + ACCEPTED,
        OPTIONS + turn("HEAD /users/42", 200),
        OPTIONS + turn("PUT /users/42", 405, "", "Allow: GET, PUT", sent=USER),
        OPTIONS + turn("PUT /users/42", 403, '{"error": "no"}', sent=USER),
        OPTIONS + turn("PATCH /users/42", 200, '{"success": false, "error": "locked"}', sent=USER),
        OPTIONS + turn("PATCH /users/42", 200, '{"id": 42', sent=USER) + "# failure: reset cut\n",
        OPTIONS + turn("PATCH /users/42", 204, "", "Allow: GET, PATCH", sent=USER),
        REFUSED + turn("PUT /users/42", 204, sent=USER),
        REFUSED + turn("POST /users/42", 204, sent=USER, asked=("X-HTTP-Method-Override: GET",)),
        OPTIONS + turn("PUT /users/42", 204, sent=USER),
        OPTIONS + later(700) + ACCEPTED,
    ],
    ids=[
        "empty",
        "none",
        "spelling",
        "refused itself",
        "preflight",
        "another resource",
        "accepted from another",
        "refused to another",
        "deleted",
        "created",
        "HEAD",
        "contradicts itself",
        "a refusal of the caller",
        "failed under 200",
        "cut short",
        "a new list",
        "the method's own 405",
        "overridden",
        "true",
        "long ago",
    ],
)
def test_a_list_that_may_be_true(story: str) -> None:
    assert [f for f in of("allow-header-lies", story) if f.confidence is not Confidence.WEAK] == []


# not-implemented-for-working-method
LACKING = '{"error": "not supported"}'


def test_not_implemented_after_all() -> None:
    (finding,) = of("not-implemented-for-working-method", BEFORE, turn("GET /users/43", 501, LACKING))
    assert finding.confidence is Confidence.STRONG
    assert notes(finding) == ["worked", "not implemented"]


def test_the_functionality_that_is_missing_may_be_an_option() -> None:
    rule = "not-implemented-for-working-method"
    (finding,) = of(rule, BEFORE, turn("GET /users/42?expand=all", 501, LACKING))
    assert finding.confidence is Confidence.WEAK
    worked = turn("POST /users", 201, "", "Location: /users/42", sent=USER)
    lacking = turn("POST /users", 501, LACKING, sent=CHANGED)
    assert [finding.confidence for finding in of(rule, worked, lacking, lacking)] == [Confidence.WEAK] * 2
    one, other = (f'["{letter * 17_000}"]' for letter in "xy")
    (finding,) = of(rule, turn("POST /users", 200, "{}", sent=one), turn("POST /users", 501, LACKING, sent=other))
    assert finding.confidence is Confidence.WEAK
    (finding,) = of(rule, worked, turn("POST /users", 501, LACKING, sent=USER))
    assert finding.confidence is Confidence.STRONG


@pytest.mark.parametrize(
    "story",
    [
        turn("GET /users/42", 501, LACKING),
        turn("GET /users/42", 404, LACKING) + turn("GET /users/42", 501, LACKING),
        BEFORE + turn("PATCH /users/42", 501, LACKING, sent=USER),
        BEFORE + turn("GET /users/42/image", 501, LACKING),
        turn("POST /rpc", 200, '{"jsonrpc": "2.0", "id": 1, "result": 1}', sent='{"jsonrpc": "2.0", "id": 1}')
        + turn("POST /rpc", 501, LACKING, sent='{"jsonrpc": "2.0", "id": 1}'),
    ],
)
def test_what_never_worked_may_be_missing(story: str) -> None:
    assert of("not-implemented-for-working-method", story) == []


# flapping-resource
THERE, MISSING = turn("GET /users/42", 200, USER), turn("GET /users/42", 404, LACKING)


def test_it_comes_and_goes() -> None:
    (finding,) = of("flapping-resource", THERE, MISSING, THERE, MISSING, THERE, MISSING)
    assert notes(finding) == ["there", "not there", "there", "not there", "there"]
    options = turn("OPTIONS /users/42", 204, "", "Allow: GET")
    assert len(of("flapping-resource", THERE, MISSING, THERE, MISSING, options, THERE)) == 1
    broken = turn("GET /users/42", 500, LACKING)
    assert len(of("flapping-resource", THERE, THERE, broken, THERE, THERE, MISSING, broken, THERE)) == 1


@pytest.mark.parametrize(
    "story",
    [
        THERE + MISSING + THERE + MISSING,
        THERE + THERE + MISSING + MISSING + THERE + THERE + MISSING,
        THERE + MISSING + later(50) + THERE + MISSING + later(20) + THERE,
        THERE + MISSING + turn("PUT /users/42", 201, sent=USER) + THERE + MISSING + THERE,
        (THERE + turn("GET /users/42", 404, LACKING, asked=(ADA,))) * 4,
        (THERE + turn("GET /users/42", 429, LACKING)) * 4,
        (THERE + turn("HEAD /users/42", 404)) * 4,
        (THERE + turn("GET /users/42", 200, '{"id": 42') + "# failure: reset cut\n") * 4,
    ],
    ids=["thrice", "slowly", "over more than a minute", "written", "two callers", "throttled", "HEAD", "cut short"],
)
def test_it_may_have_reasons(story: str) -> None:
    assert of("flapping-resource", story) == []
