"""What was deleted, and what is gone: each guard of the rules with a story that they would fall for without it."""

from __future__ import annotations

import pytest

from lab.rule import notes, of
from lab.story import ADA, later, turn
from wirelint.core.finding import Finding

ORDER = '{"id": 42, "item": "tea"}'
NO_ORDER = '{"error": "no such order"}'
MISSED = turn("GET /orders/42", 404, NO_ORDER)
SHOWN = turn("GET /orders/42", 200, ORDER)
DELETED = turn("DELETE /orders/42", 204)


# readable-after-delete


def undead(
    *between: str, before: str = SHOWN, deleted: str = DELETED, after: str = SHOWN, pause: float = 40
) -> list[Finding]:
    return of("readable-after-delete", before, deleted, *between, later(pause), after)


def test_what_was_deleted_is_still_there() -> None:
    (finding,) = undead()
    assert (finding.method, finding.status) == ("DELETE", 204)
    assert notes(finding) == ["read before", "deleted", "read again, unchanged"]
    assert len(undead(deleted=turn("DELETE /orders/42", 200, '{"ok": true}'))) == 1
    assert len(undead(SHOWN)) == 1
    assert len(undead(before=MISSED + turn("PUT /orders/42", 201, sent=ORDER) + SHOWN)) == 1


def test_deletion_takes_its_time() -> None:
    assert undead(pause=10) == []
    assert of("readable-after-delete", SHOWN, DELETED, SHOWN, SHOWN, later(40), MISSED) == []


@pytest.mark.parametrize(
    "deleted",
    [
        turn("DELETE /orders/42", 202),
        turn("DELETE /orders/42", 404, NO_ORDER),
        turn("DELETE /orders/42", 200, '{"status": "deleting"}'),
        turn("DELETE /orders/42", 200, '{"message": "moved to trash"}'),
        turn("DELETE /orders/42", 204, "", "Location: /jobs/7"),
        turn("DELETE /orders/42", 200, '{"success": false, "error": "locked"}'),
        turn("DELETE /orders/42", 204, asked=(ADA,)),
        turn("DELETE /orders/42", 204, sent='{"lines": [1]}'),
        turn("DELETE /orders/42?lines=1", 204),
    ],
    ids=["queued", "not found", "deleting", "trash", "job", "failed", "other caller", "a part", "a query"],
)
def test_only_what_was_deleted_for_good_has_to_be_gone(deleted: str) -> None:
    assert undead(deleted=deleted) == []


@pytest.mark.parametrize(
    "path", ["/orders/42/lines", "/settings", "/orders/42?view=full"], ids=["collection", "setting", "query"]
)
def test_what_is_not_one_thing_may_go_on(path: str) -> None:
    shown = turn(f"GET {path}", 200, ORDER)
    assert undead(before=shown, deleted=turn(f"DELETE {path}", 204), after=shown) == []


@pytest.mark.parametrize(
    "content",
    [
        '{"id": 42, "item": "tea", "deleted_at": "2026-05-01"}',
        '{"id": 42, "state": "archived"}',
        '{"id": 42, "item": "coffee"}',
        "{}",
    ],
)
def test_what_is_shown_afterwards_may_tell_of_the_deletion(content: str) -> None:
    assert undead(after=turn("GET /orders/42", 200, content)) == []


def test_words_of_deletion_silence_it_even_if_they_stood_there_before() -> None:
    shown = turn("GET /orders/42", 200, '{"id": 42, "state": "cancelled"}')
    assert undead(before=shown, after=shown) == []
    denied = turn("GET /orders/42", 200, '{"id": 42, "deleted": false, "deleted_at": null}')
    assert len(undead(before=denied, after=denied)) == 1


@pytest.mark.parametrize(
    "between",
    [
        turn("PUT /orders/42", 201, sent=ORDER),
        turn("POST /orders", 201, ORDER, "Location: /orders/42", sent=ORDER),
        turn("POST /orders/42/restore", 200, "{}"),
        MISSED,
        turn("GET /orders/42", 410, NO_ORDER),
    ],
    ids=["put", "made anew", "restored", "was gone", "was gone for good"],
)
def test_what_came_back_was_deleted(between: str) -> None:
    assert undead(between) == []


def test_it_must_have_been_there_for_the_same_caller() -> None:
    assert of("readable-after-delete", DELETED, later(40), SHOWN) == []
    assert undead(before=turn("GET /orders/42", 200, ORDER, asked=(ADA,))) == []
    assert undead(after=turn("GET /orders/42", 200, ORDER, asked=(ADA,))) == []


def test_pages_and_copies_prove_nothing() -> None:
    page = turn("GET /orders/42", 200, "<html><p>shop</p></html>", "Content-Type: text/html")
    assert undead(before=page, after=page) == []
    for field in ("Age: 60", "X-Cache: HIT from edge"):
        assert undead(after=turn("GET /orders/42", 200, ORDER, field)) == []


# repeated-delete-5xx

BROKEN = turn("DELETE /orders/42", 500, '{"error": "internal error"}')


def test_deleting_twice_fails() -> None:
    (finding,) = of("repeated-delete-5xx", DELETED, BROKEN)
    assert notes(finding) == ["deleted", "deleted once more"]
    preflight = turn("OPTIONS /orders/42", 204, asked=("Access-Control-Request-Method: DELETE",))
    assert len(of("repeated-delete-5xx", DELETED, preflight, BROKEN)) == 1
    assert len(of("repeated-delete-5xx", DELETED, turn("GET /orders/42", 404, NO_ORDER), BROKEN)) == 1


@pytest.mark.parametrize(
    "story",
    [
        BROKEN,
        turn("DELETE /orders/42", 202) + BROKEN,
        turn("DELETE /orders/42", 404, NO_ORDER) + BROKEN,
        DELETED + turn("DELETE /orders/42", 503, '{"error": "down"}'),
        DELETED + turn("PUT /orders/42", 201, sent=ORDER) + BROKEN,
        DELETED + SHOWN + BROKEN,
        turn("DELETE /orders/42", 204, asked=(ADA,)) + BROKEN,
        turn("DELETE /orders/42", 204, sent='{"lines": [1]}') + BROKEN,
        turn("DELETE /orders/41", 204) + BROKEN,
        turn("DELETE /orders/42", 200, '{"ok": true') + "# failure: reset cut\n" + BROKEN,
        DELETED + "PUT /orders/42 HTTP/1.1\nHost: shop.example\n\n# failure: reset cut\n" + BROKEN,
        turn("DELETE /orders/42", 204, sent=f'["{"x" * 17_000}"]')
        + turn("DELETE /orders/42", 500, NO_ORDER, sent=f'["{"y" * 17_000}"]'),
    ],
    ids=[
        "first",
        "queued",
        "was not there",
        "outage",
        "made anew",
        "still there",
        "other caller",
        "a part",
        "another",
        "cut short",
        "perhaps made anew",
        "unknown parts",
    ],
)
def test_a_failure_that_is_no_repetition(story: str) -> None:
    assert of("repeated-delete-5xx", story) == []


# gone-reversed

GONE = turn("GET /orders/42", 410, NO_ORDER)


def test_gone_for_good_and_back() -> None:
    (finding,) = of("gone-reversed", GONE, SHOWN, SHOWN)
    assert (finding.status, finding.suggested_status) == (410, 404)


@pytest.mark.parametrize(
    "story",
    [
        SHOWN,
        MISSED + SHOWN,
        GONE + MISSED + SHOWN,
        GONE + turn("PUT /orders/42", 201, sent=ORDER) + SHOWN,
        GONE + turn("POST /orders/42/restore", 204) + SHOWN,
        GONE + turn("POST /orders", 201, ORDER) + SHOWN,
        GONE + turn("GET /orders/42", 200, ORDER, asked=(ADA,)),
        GONE + turn("GET /orders/42", 200, '{"id": 42') + "# failure: reset cut\n",
    ],
)
def test_it_may_have_been_brought_back(story: str) -> None:
    assert of("gone-reversed", story) == []
