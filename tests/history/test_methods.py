"""What the methods of a path prove about each other, and what proves nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as replaced

from lab.rule import audit, notes, of, one
from lab.story import ADA, BOB, turn
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange
from wirelint.core.state import State
from wirelint.core.verdict import presumed
from wirelint.core.wire import exchanges
from wirelint.history.methods import Methods
from wirelint.rules import catalogue

NOT_FOUND = '{"error": "Not Found"}'
FAILED = '{"error": "Internal Server Error"}'
THERE = turn("GET /orders", 200, "[]")
UNKNOWN = turn("GET /no/such/page", 404, NOT_FOUND)
AS_404, AS_500, ABSENT = "unsupported-method-as-404", "unsupported-method-as-500", "absent-resource-as-500"


def refused(request: str = "DELETE /orders", shown: str = NOT_FOUND, *asked: str) -> str:
    return turn(request, 404, shown, asked=asked)


@pytest.mark.parametrize(
    "story",
    [
        (THERE, refused(), UNKNOWN),
        (THERE, UNKNOWN, refused()),
        (UNKNOWN, THERE, refused()),
        (UNKNOWN, refused(), THERE),
    ],
)
def test_found_in_any_order(story: tuple[str, ...]) -> None:
    (finding,) = of(AS_404, *story)
    assert (finding.method, finding.status, finding.suggested_status) == ("DELETE", 404, 405)


def test_it_is_held_until_the_path_is_read_again() -> None:
    found = of(
        AS_404, turn("GET /orders/7", 200, "{}"), UNKNOWN, refused("PUT /orders/7"), turn("GET /orders/7", 200, "{}")
    )
    assert [finding.method for finding in found] == ["PUT"]
    assert found[0].status == 404
    assert notes(found[0])[-1] == "is there"


@pytest.mark.parametrize(
    "story",
    [
        (THERE, refused()),  # the words may be about orders
        (UNKNOWN, refused()),  # nothing shows the path to be there
        (turn("GET /orders/7", 200, "{}"), UNKNOWN, refused("DELETE /orders/7")),  # gone meanwhile
        (THERE, UNKNOWN, turn("DELETE /orders", 204), refused()),  # deleted
        (
            THERE,
            UNKNOWN,
            turn("DELETE /orders", 400, '{"error": "which?"}'),
            turn("DELETE /orders", 422, "{}"),
            refused(),
        ),
        (THERE, UNKNOWN, turn("POST /orders", 404, NOT_FOUND, sent='{"a": 1}')),
        (turn("GET /orders", 200, "[]", asked=(ADA,)), UNKNOWN, refused("DELETE /orders", NOT_FOUND, BOB)),
        (
            THERE,
            UNKNOWN,
            turn("DELETE /customers/x", 204),
            turn("GET /customers/y", 200, "{}"),
            refused("DELETE /customers/y"),
        ),
        (
            THERE,
            turn("GET /lost", 404, '{"error": "no page of this name"}'),
            refused("DELETE /orders", '{"error": "no order of yours"}'),
        ),
    ],
)
def test_what_proves_nothing(story: tuple[str, ...]) -> None:
    assert of(AS_404, *story) == []


def test_a_write_without_an_answer_makes_it_unknown() -> None:
    lost = "DELETE /orders HTTP/1.1\nHost: shop.example\n\n# failure: timeout late\n"
    assert of(AS_404, THERE, UNKNOWN, lost, refused()) == []
    assert len(of(AS_404, THERE, UNKNOWN, refused())) == 1


def test_a_call_that_only_post_answers() -> None:
    call = turn("POST /rpc", 200, '{"result": 1}', sent="{}")
    found = of(AS_404, call, turn("GET /none/here", 404, ""), turn("GET /rpc", 404, ""))
    assert [(finding.method, finding.severity.name) for finding in found] == [("GET", "INFO")]
    assert (
        of(AS_404, turn("POST /rpc", 201, "{}", sent="{}"), turn("GET /none/here", 404, ""), turn("GET /rpc", 404, ""))
        == []
    )


def test_a_400_without_a_reason() -> None:
    bare = turn("DELETE /version", 400, "")
    assert len(of(AS_404, turn("GET /version", 200, '"1"'), bare)) == 1
    assert of(AS_404, turn("GET /version", 200, '"1"'), turn("DELETE /version?force=1", 400, "")) == []
    assert (
        of(AS_404, turn("GET /version", 200, '"1"'), turn("DELETE /version", 400, '{"error": "version is fixed"}'))
        == []
    )
    assert of(AS_404, bare) == []


def test_collections_and_members() -> None:
    fails, works = turn("DELETE /orders", 500, FAILED), turn("DELETE /orders/7", 204)
    for story in ((THERE, fails, works), (THERE, works, fails)):
        assert [finding.method for finding in of(AS_500, *story)] == ["DELETE"]
    assert of(AS_500, THERE, fails) == []
    assert of(AS_500, THERE, turn("DELETE /orders", 500, '{"error": "database is locked"}'), works) == []
    assert of(AS_500, fails, works) == []


def test_unknown_methods() -> None:
    assert [finding.suggested_status for finding in of(AS_500, THERE, turn("BREW /orders", 500, FAILED))] == [501]
    assert of(AS_500, THERE, turn("REPORT /orders", 500, FAILED)) == []
    page = turn("GET /page", 200, "a page of some length", "Content-Type: text/plain")
    odd = turn("BREW /page", 200, "a page of some length", "Content-Type: text/plain")
    assert len(of("method-ignored", page, odd)) == len(of("method-ignored", odd, page)) == 1
    other = turn("BREW /page", 200, "coffee", "Content-Type: text/plain")
    assert of("method-ignored", page, other) == of("method-ignored", other, page) == []


def test_what_is_not_there() -> None:
    missing, fails = turn("GET /orders/7", 404, '{"error": "no such order"}'), turn("DELETE /orders/7", 500, FAILED)
    assert one(ABSENT, missing + fails).verdict == "client_error"
    assert of(ABSENT, missing, turn("POST /orders", 201, "{}", sent="{}"), fails) == []
    assert of(ABSENT, missing, turn("PUT /orders/7", 201, "", sent="{}"), fails) == []
    assert of(ABSENT, fails) == []
    outage = "".join(turn(f"GET /{name}", 500, FAILED) for name in ("a", "b", "c"))
    assert of(ABSENT, missing, outage, fails) == []
    assert of(ABSENT, turn("GET /orders/7", 404, "Cannot GET /orders/7", "Content-Type: text/plain"), fails) == []


PUT_FAILS = turn("PUT /orders/7", 500, FAILED, sent="{}")
MISSING = turn("GET /orders/7", 404, NOT_FOUND)
CREATED = turn("POST /orders", 201, '{"id": 1}', sent="{}")


def test_a_put_to_what_only_a_post_creates() -> None:
    assert one(ABSENT, CREATED + MISSING + PUT_FAILS).suggested_status == 404
    assert of(ABSENT, MISSING, PUT_FAILS) == []
    assert of(ABSENT, MISSING, CREATED, PUT_FAILS) == []
    named = turn("GET /orders/mine", 404, NOT_FOUND), turn("PUT /orders/mine", 500, FAILED, sent="{}")
    assert of(ABSENT, CREATED, *named) == []


def test_a_look_right_after_the_failure() -> None:
    patch = turn("PATCH /orders/7", 500, FAILED, sent="{}")
    (finding,) = of(ABSENT, patch, MISSING)
    assert (finding.method, finding.status, notes(finding)) == ("PATCH", 500, ["fails", "not there"])
    assert of(ABSENT, turn("GET /orders/7", 200, "{}"), patch, MISSING) == []
    assert of(ABSENT, patch, turn("DELETE /orders/7", 204, ""), MISSING) == []
    assert of(ABSENT, turn("DELETE /orders/7", 500, FAILED), MISSING) == []


def test_what_one_caller_does_not_find_may_be_there_for_another() -> None:
    missing = turn("GET /orders/7", 404, NOT_FOUND, asked=(ADA,))
    patch = turn("PATCH /orders/7", 500, FAILED, sent="{}", asked=(BOB,))
    assert of(ABSENT, missing, patch) == []
    assert len(of(ABSENT, missing, patch.replace(BOB, ADA))) == 1


def test_a_call_below_what_was_not_found() -> None:
    works = turn("POST /orders/1/rename", 200, "{}", sent="{}")
    fails = turn("POST /orders/7/rename", 500, FAILED, sent="{}")
    assert len(of(ABSENT, works, MISSING, fails)) == 1
    assert of(ABSENT, MISSING, fails) == []
    assert of(ABSENT, works, MISSING, CREATED, fails) == []


def test_a_failed_delete_may_have_taken_effect() -> None:
    there, failed = turn("GET /orders/7", 200, "{}"), turn("DELETE /orders/7", 500, FAILED)
    assert of(AS_404, there, failed, turn("DELETE /orders/7", 404, NOT_FOUND), UNKNOWN) == []


def test_a_working_method_refused() -> None:
    works, refusal = (
        turn("PUT /settings", 200, "{}", sent="{}"),
        turn("PUT /settings", 405, "{}", "Allow: GET", sent="{}"),
    )
    assert len(of("working-method-as-405", works, works, refusal)) == 1
    assert len(of("working-method-as-405", works, refusal, works)) == 1
    assert of("working-method-as-405", works, refusal) == []


def test_head_that_fails() -> None:
    page = turn("GET /page", 200, '"hello"')
    assert len(of("head-get-divergence", page, turn("HEAD /page", 500))) == 1
    assert len(of("head-get-divergence", page, turn("HEAD /page", 404), page)) == 1
    assert of("head-get-divergence", page, turn("HEAD /page", 404)) == []
    assert of("head-get-divergence", page, turn("HEAD /page", 200), turn("HEAD /page", 500)) == []
    assert of("head-get-divergence", page, turn("HEAD /page", 403, asked=(ADA,))) == []


def looked(*paths: str, head: int = 404) -> list[str]:
    return [turn(f"{method} {path}", status) for path in paths for method, status in (("GET", 200), ("HEAD", head))]


def test_services_that_answer_get_alone() -> None:
    rule = "head-get-divergence"
    three = looked("/a", "/b", "/c")
    assert [(each.method, each.status) for each in of(rule, *three)] == [("HEAD", 404)] * 3
    assert len(of(rule, *three, *looked("/d"))) == 4
    assert len(of(rule, *three, turn("GET /c", 200))) == 3
    assert of(rule, *three[:4], three[3]) == []
    works = looked("/there", head=200)
    assert of(rule, *works, *three) == of(rule, *three[:4], *works, *three[4:]) == []
    assert of(rule, *looked("/secrets/81", "/secrets/82", "/secrets/83", "/secrets/84")) == []
    deleted = [step for get, head in zip(three[::2], three[1::2], strict=True) for step in (get, _deleted(get), head)]
    assert of(rule, *deleted) == []


def _deleted(get: str) -> str:
    return get.replace("GET", "DELETE")


def test_head_that_is_never_answered_does_not_hide_a_path() -> None:
    seen = looked("/a", "/b", "/c")
    unknown = turn("GET /nowhere/at/all", 404)
    assert len(of("unsupported-method-as-404", unknown, *seen, turn("PUT /c", 404, sent="x"))) == 1
    assert len(of("unsupported-method-as-404", unknown, *seen[:2], turn("PUT /a", 404, sent="x"))) == 1
    answered = turn("HEAD /b", 200)
    assert of("unsupported-method-as-404", unknown, answered, *seen[:2], turn("PUT /a", 404, sent="x")) == []


def test_other_words_for_a_missing_id_show_that_the_method_is_refused() -> None:
    there, missing = turn("GET /notes/n7", 200, "{}"), turn("GET /notes/n9", 404, '{"error": "no such note"}')
    for method in ("PATCH", "POST", "DELETE"):
        attempt = refused(f"{method} /notes/n7")
        assert len(of(AS_404, there, missing, attempt, UNKNOWN)) == 1
        assert of(AS_404, there, attempt, UNKNOWN) == []
        assert of(AS_404, there, turn("GET /notes/n9", 404, NOT_FOUND), attempt, UNKNOWN) == []


def test_a_suite_of_wrong_methods_waits_for_one_unknown_path() -> None:
    story = [turn(f"GET /{name}", 200, "[]") for name in "abcdef"]
    story += [refused(f"DELETE /{name}") for name in "abcdef"]
    assert len(of(AS_404, *story, UNKNOWN)) == 6


def test_a_path_that_refuses_anonymous_callers_is_not_hidden_from_them() -> None:
    read = turn("GET /account", 200, "{}", asked=(ADA,))
    assert of(AS_404, read, refused("POST /account"), UNKNOWN) == []
    for status in (401, 403):
        assert len(of(AS_404, turn("GET /account", status, "{}"), read, refused("POST /account"), UNKNOWN)) == 1


def test_a_400_in_the_words_for_get_where_only_calls_work() -> None:
    bare = '{"result": 400, "text": "Bad Request"}'
    call, get = turn("POST /", 200, "{}", sent='{"command": "x"}'), turn("GET /", 400, bare)
    found = of(AS_404, call, get, turn("DELETE /", 400, bare))
    assert [each.method for each in found] == ["GET", "DELETE"]


def test_lists_after_the_answer() -> None:
    refusal, listing = (
        turn("PUT /a", 405, "{}", "Allow: GET", sent="{}"),
        turn("OPTIONS /a", 204, "", "Allow: GET, PUT"),
    )
    assert len(of("allow-header-lies", refusal, listing)) == 1
    works = turn("PUT /a", 200, "{}", sent="{}")
    assert of("allow-header-lies", works, refusal.replace("Allow: GET", "Allow: GET, PUT"), listing) == []


RULES = tuple(
    rule for rule in catalogue() if rule.id in (AS_404, AS_500, ABSENT, "method-ignored", "working-method-as-405")
)


def story_of(client: int) -> list[Exchange]:
    """Return a client with its own part of the service: its own words, paths and faults."""
    words = f'{{"error": "nothing {"abc"[client]} here"}}'
    base = f"/{'abc'[client]}"
    told = (
        turn(f"GET {base}/orders", 200, "[]")
        + turn(f"GET {base}/no/such", 404, words)
        + turn(f"DELETE {base}/orders", 404, words)
        + turn(f"GET {base}/items/7", 404, '{"error": "no such item"}')
        + turn(f"DELETE {base}/items/7", 500, FAILED)
    )
    return [replaced(each, client=f"client {client}", id=f"{client}-{at}") for at, each in enumerate(exchanges(told))]


def found_in(story: list[Exchange]) -> set[tuple[str, str]]:
    engine = Engine(RULES)
    timed = [replaced(each, started=float(at), ended=at + 0.5, timestamp=float(at)) for at, each in enumerate(story)]
    return {(finding.rule, finding.exchange_id) for each in timed for finding in engine.audit(each).findings}


@given(st.permutations([client for client in range(3) for _ in range(5)]))
def test_independent_clients_may_interleave(order: list[int]) -> None:
    parts = [story_of(client) for client in range(3)]
    alone = set().union(*(found_in(part) for part in parts))
    rest = [iter(part) for part in parts]
    assert found_in([next(rest[client]) for client in order]) == alone
    assert len(alone) == 6


def test_what_is_remembered_is_bounded() -> None:
    state = State()
    memory = state.recall(Methods)
    for each in range(20_000):
        (exchange,) = exchanges(
            turn(f"DELETE /a/{each}/b", 404 if each % 2 else 500, f'{{"error": "words {"xy" * (each % 99)}"}}')
        )
        state.note(exchange, presumed(exchange))
    assert 4000 < len(memory) < 16_000


def test_nothing_is_claimed_of_what_was_forgotten() -> None:
    crowd = "".join(turn(f"GET /crowd/{each}", 200, "{}") for each in range(4100))
    assert (
        of(
            ABSENT,
            turn("GET /orders/7", 404, '{"error": "no such order"}'),
            crowd,
            turn("DELETE /orders/7", 500, FAILED),
        )
        == []
    )


def test_rules_survive_what_is_odd() -> None:
    for text in (
        turn("GET *", 404, ""),
        turn("OPTIONS *", 500, ""),
        turn("X /", 500, "{"),
        turn("DELETE /%", 404, "<<<"),
    ):
        assert audit(AS_404, *exchanges(text)) == []


def test_words_that_name_a_path_which_is_there() -> None:
    def failed(request: str, path: str) -> str:
        shown = f'{{"error": "unknown command", "message": "no command of this service: {path}"}}'
        return turn(request, 404, shown, "Content-Type: application/json", sent="{}" if "POST" in request else "")

    rule, nowhere = "unsupported-method-as-404", failed("GET /nowhere", "nowhere")
    title, beside = turn("GET /session/a/title", 200), turn("POST /session/a/url", 200, "{}", sent="{}")
    post, get = failed("POST /session/a/title", "session/a/title"), failed("GET /session/a/url", "session/a/url")
    assert [each.status for each in of(rule, nowhere, title, beside, post)] == [404]
    assert [each.status for each in of(rule, nowhere, beside, get)] == [404]
    assert of(rule, nowhere, beside, post) == []
    assert of(rule, nowhere, title, beside, failed("POST /session/a/title", "another")) == []
    assert of(rule, title, beside, post) == []
