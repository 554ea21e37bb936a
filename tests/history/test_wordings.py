"""Which words prove a status to be wrong."""

from __future__ import annotations

import pytest

from lab.rule import of
from lab.story import turn
from wirelint.core.state import State
from wirelint.core.verdict import presumed
from wirelint.core.wire import exchanges
from wirelint.history.wordings import Wordings

RULE = "words-of-another-status"
OWN = '{"message": "basket %s holds nothing that can be delivered"}'


def told(status: int, number: int = 7, text: str = OWN, *fields: str) -> str:
    return turn(f"POST /baskets/{number}/order", status, text % number if "%s" in text else text, *fields, sent="{}")


@pytest.mark.parametrize(("right", "wrong"), [(422, 500), (400, 500), (404, 500), (409, 500), (401, 400), (401, 404)])
def test_found_in_either_order(right: int, wrong: int) -> None:
    for story in (told(right) + told(wrong, 9), told(wrong, 9) + told(right)):
        (finding,) = of(RULE, story)
        assert (finding.status, finding.suggested_status) == (wrong, right)
        assert len(finding.story) == 2


def test_a_401_that_is_itself_about_the_input_proves_nothing() -> None:
    text = '{"error": "The provided password does not pass the validation"}'
    assert of(RULE, told(400, text=text), told(401, text=text)) == []


def test_each_is_reported_once() -> None:
    assert len(of(RULE, told(500), told(422), told(422), told(422))) == 1
    assert len(of(RULE, told(422), told(500), told(500))) == 2


@pytest.mark.parametrize(
    "story",
    [
        told(422) + told(400, 9),
        told(403) + told(500, 9),
        told(422) + told(503, 9),
        told(422, text='{"message": "Bad Request"}') + told(500, text='{"message": "Bad Request"}'),
        told(422, text='{"message": "the database holds no such basket"}')
        + told(500, text='{"message": "the database holds no such basket"}'),
        told(422) + told(500, 9, '{"message": "basket %s cannot be delivered to this place"}'),
    ],
)
def test_what_proves_nothing(story: str) -> None:
    assert of(RULE, story) == []


def test_what_is_remembered_is_bounded() -> None:
    state = State()
    memory = state.recall(Wordings)
    for each in range(5000):
        words = "".join("abcdefghij"[int(digit)] for digit in str(each))
        (exchange,) = exchanges(told(400, text=f'{{"message": "basket {words * 2} holds nothing of worth"}}'))
        state.note(exchange, presumed(exchange))
    assert 1000 < len(memory) < 2200
