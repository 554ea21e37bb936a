"""Which writes concern a resource, and what is known where writes were forgotten."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from lab.story import later, remembered, turn, visit_of
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.state import State, moment
from wirelint.history import writes
from wirelint.history.writes import Writes

FIRST = turn("GET /shops/1/orders/42?full=1", 200, '{"id": 42}')
RPC = '{"jsonrpc": "2.0", "id": 1, "method": "x"}'


def after(write: str, last: str = FIRST) -> tuple[bool, bool]:
    """Return whether a resource counts as touched, and as removed, by what was written since it was first seen."""
    memory, told = remembered(Writes, FIRST + write + last)
    first = visit_of(told[0], State())
    return memory.touched(told[-1], first), memory.removed(told[-1], first)


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        ("", (False, False)),
        (turn("GET /shops/1/orders/42", 200, "{}"), (False, False)),
        (turn("PUT /shops/1/orders/42", 204), (True, True)),
        (turn("PUT /shops/1/orders/42/", 204), (True, True)),
        (turn("POST /shops/1/orders/42/lines", 201), (True, True)),
        (turn("POST /shops/1/orders", 201), (True, False)),
        (turn("DELETE /shops/1/orders", 204), (True, True)),
        (turn("DELETE /shops/1", 204), (True, True)),
        (turn("POST /shops/1/orders/purge", 204), (False, True)),
        (turn("POST /shops/1/orders?action=delete", 204), (True, True)),
        (turn("PUT /shops/1/orders/4", 204), (False, False)),
        (turn("PUT /shops/1/orders/421", 204), (False, False)),
        (turn("PUT /shops/2/orders/42", 204), (False, False)),
        (turn("PUT /shops/1/orders/42", 422), (False, False)),
        (turn("PUT /shops/1/orders/42", 500), (True, True)),
        (turn("PUT /shops/1/orders/42", 303), (True, True)),
        (turn("LOCK /shops/1/orders/42", 200), (True, True)),
        (turn("QUERY /shops/1/orders/42", 200), (False, False)),
        (turn("PUT /shops/1/orders/42", 204, asked=("Host: other.example",)), (False, False)),
        (turn("POST /rpc", 200, '{"jsonrpc": "2.0", "id": 1, "result": 1}', sent=RPC), (True, True)),
        (turn("POST /rpc", 200, '{"id": 1}', sent='{"id": 1}'), (False, False)),
        (turn("PUT /shop-index/_bulk", 200, "{}"), (True, True)),
        # What came later does not undo it.
        (turn("DELETE /shops/1/orders", 204) + turn("PUT /shops/1/orders", 204), (True, True)),
        (turn("DELETE /shops/2/orders", 204) + turn("PUT /shops/1/orders", 204), (True, False)),
        (turn("POST /", 200), (True, False)),
        (turn("DELETE /", 204), (True, True)),
        (turn("POST /?purge", 200), (True, True)),
    ],
)
def test_what_concerns_a_resource(write: str, expected: tuple[bool, bool]) -> None:
    assert after(write) == expected


def test_earlier_writes_do_not_count() -> None:
    memory, told = remembered(Writes, turn("DELETE /shops/1", 204) + FIRST + FIRST)
    first = visit_of(told[1], State())
    assert not memory.touched(told[-1], first)
    assert not memory.removed(told[-1], first)


def test_only_later_writes_count_and_not_the_one_itself() -> None:
    memory, told = remembered(Writes, turn("PUT /a/1", 204) + turn("PATCH /a/1", 204) + turn("GET /a/1", 200, "{}"))
    first, second = (visit for _, visit in reversed([*memory._writes.newest(moment(told[-1]))]))
    assert memory.touched(told[-1], first)
    assert not memory.touched(told[-1], second)
    # Another exchange at the same time: recordings without times have all at once.
    assert memory.touched(told[-1], msgspec.structs.replace(second))


def test_what_was_noted_before_at_the_same_time_does_not_count() -> None:
    state = State()
    memory = Writes(state)
    told = [_write(number, 0.0) for number in (1, 2, 1)]
    first, second, third = (visit_of(exchange, state) for exchange in told)
    memory.note(told[0], first)
    memory.note(told[1], second)
    assert not memory.touched(told[2], second)
    assert not memory.touched(told[2], first)
    memory.note(told[2], third)
    assert memory.touched(told[2], second)


@pytest.mark.parametrize(("late", "counts"), [(59.0, True), (61.0, False)])
def test_writes_may_be_noted_in_the_order_of_their_beginnings(late: float, counts: bool) -> None:
    state = State()
    memory = Writes(state)
    for number, at in ((1, 101.0), (2, 100.0 - late)):  # the first ended later than what is noted after it
        write = _write(number, at)
        memory.note(write, visit_of(write, state))
    since = visit_of(_write(1, 100.0), state)
    assert memory.touched(_write(1, 102.0), since) is counts


def _write(number: int, at: float) -> Exchange:
    request = Request(method="PUT", target=f"/t/{number}", authority="x")
    return Exchange(request=request, response=Response(status=204), started=at, ended=at)


def test_it_is_bounded_and_knows_that_it_forgets() -> None:
    most = writes._MOST
    state = State()
    memory = Writes(state)
    seen = _write(7, 0.0)
    since = visit_of(replace(seen), state)
    for number in range(most + 20):
        write = _write(number, number / 10)
        memory.note(write, visit_of(write, state))
    assert len(memory) == most
    # What was written is not remembered, so that nothing can be said about the time before.
    assert memory.touched(seen, since)
    assert memory.removed(seen, since)
    last = (most + 19) / 10
    recent = visit_of(_write(most + 19, last), state)
    assert not memory.touched(_write(10_000, last), recent)


def test_what_is_too_long_ago_is_let_go() -> None:
    memory, _ = remembered(
        Writes,
        "".join(turn(f"PUT /t/{number}", 204) for number in range(5))
        + later(700)
        + "".join(turn("PUT /u", 204) for _ in range(20))
        + turn("GET /", 200),
    )
    assert len(memory) == 1


def test_alike_writes_are_one() -> None:
    memory, _ = remembered(
        Writes,
        turn("PUT /a", 204)
        + turn("PUT /a", 500)
        + turn("DELETE /a", 204)
        + turn("PUT /a?x", 204)
        + turn("PUT /a", 204, asked=("Host: other.example",))
        + turn("GET /", 200),
    )
    assert len(memory) == 4


def test_long_targets_are_cut() -> None:
    deep, host = "/x" * 4000, ("Host: " + "h" * 4000,)
    story = turn(f"GET {deep}", 200, "{}", asked=host) + turn(f"PUT {deep}/y", 204, asked=host)
    memory, told = remembered(Writes, story + turn(f"GET {deep}", 200, asked=host))
    ((kept, _),) = memory._writes.newest(told[-1].started)
    assert sum(map(len, kept)) < 3000
    assert memory.touched(told[-1], visit_of(told[0], State()))
    assert memory.removed(told[-1], visit_of(told[0], State()))


@pytest.mark.parametrize(
    "word",
    [
        "reset",
        "restore",
        "recover",
        "seed",
        "fixtures",
        "rollback",
        "import",
        "snapshot",
        "undelete",
        "migrate",
        "sync",
        "Reset",
    ],
)
def test_a_write_that_sets_things_anew_may_change_all(word: str) -> None:
    assert _removes(f"POST /admin/test-{word}")


def test_any_other_write_elsewhere_changes_nothing() -> None:
    assert not _removes("POST /admin/test-mail")


def _removes(request: str) -> bool:
    asked = turn("GET /orders/7", 200, "{}")
    memory, told = remembered(Writes, asked + turn(request, 204) + asked)
    return memory.removed(told[-1], visit_of(told[0], State()))
