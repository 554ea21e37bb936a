"""Which deletions are remembered: done ones, of one thing that was there."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from lab.story import ADA, later, remembered, turn
from wirelint.core.body import Body
from wirelint.core.exchange import Response
from wirelint.core.headers import Headers
from wirelint.core.state import State
from wirelint.core.verdict import Verdict
from wirelint.core.wire import exchanges
from wirelint.history.deletions import Deletions

SEEN = turn("GET /a/1", 200, '{"id": 1}')
DONE = turn("DELETE /a/1", 204)


def count(story: str) -> int:
    memory, told = remembered(Deletions, story + SEEN)
    assert (memory.of(told[-1]) is not None) is (len(memory) == 1)
    return len(memory)


def test_a_deletion_with_what_was_there() -> None:
    memory, told = remembered(Deletions, SEEN + DONE + SEEN)
    deletion = memory.of(told[-1])
    assert deletion is not None
    assert (deletion.seen.method, deletion.visit.method) == ("GET", "DELETE")
    assert deletion.content == hash(told[0].response.body.content if told[0].response else None)


@pytest.mark.parametrize(
    "story",
    [
        DONE,
        SEEN + turn("DELETE /a/1", 202),
        SEEN + turn("DELETE /a/1", 404),
        SEEN + turn("DELETE /a/1", 204, asked=(ADA,)),
        SEEN + turn("DELETE /a/1", 204, sent="{}"),
        SEEN + turn("DELETE /a/1", 204, "", "Retry-After: 9"),
        SEEN + turn("DELETE /a/1", 200, '{"state": "scheduled"}'),
        SEEN + turn("DELETE /a/1", 200, '{"success": false, "error": "locked"}'),
        turn("GET /a", 200, '{"id": 1}') + turn("DELETE /a", 204),
        SEEN + DONE + turn("DELETE /a/1", 202),
        SEEN + turn("DELETE /a/1", 200, '{"ok": true') + "# failure: reset cut\n",
    ],
)
def test_what_does_not_count(story: str) -> None:
    assert count(story) == 0


def test_an_answer_that_was_not_seen_may_say_anything() -> None:
    seen, deleted = exchanges(SEEN + turn("DELETE /a/1", 200, '{"ok": true}'))
    for body, kept in [(deleted.response.body if deleted.response else None, 1), (Body.unknown("streamed"), 0)]:
        assert body is not None
        state = State()
        memory = state.recall(Deletions)
        state.note(replace(seen), Verdict.OK)
        answer = Response(status=200, headers=Headers.of(("Content-Type", "text/plain")), body=body)
        state.note(replace(deleted, response=answer), Verdict.OK)
        assert len(memory) == kept


def test_it_is_forgotten_after_a_while() -> None:
    memory, told = remembered(Deletions, SEEN + DONE + later(700) + SEEN)
    assert memory.of(told[-1]) is None
