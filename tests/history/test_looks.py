"""Which looks at a resource are remembered."""

from __future__ import annotations

from lab.story import later, remembered, turn
from wirelint.history.looks import Looks

HEAD, GET = turn("HEAD /a", 200), turn("GET /a", 200, "{}")


def methods(story: str) -> list[str]:
    memory, told = remembered(Looks, story + GET)
    return [look.visit.method for look in memory.of(told[-1])]


def test_they_begin_with_head() -> None:
    assert methods(GET + GET) == []
    assert methods(GET + HEAD) == ["HEAD"]
    assert methods(GET + HEAD + GET) == ["HEAD", "GET"]
    assert methods(HEAD + turn("GET /b", 200)) == ["HEAD"]


def test_the_latest_two_are_kept_and_alike_ones_are_one() -> None:
    assert methods(HEAD + GET + HEAD) == ["GET", "HEAD"]
    assert methods(HEAD + GET + GET + GET) == ["HEAD", "GET"]
    assert methods(HEAD + GET + turn("GET /a", 404)) == ["GET", "GET"]


def test_what_tells_nothing_ends_it() -> None:
    for other in (
        turn("GET /a", 304),
        turn("GET /a", 503),
        turn("HEAD /a", 405),
        turn("GET /a", 200, "{}", asked=("Range: bytes=0-1",)),
    ):
        assert methods(HEAD + other) == []
    assert methods(HEAD + later(70)) == []
