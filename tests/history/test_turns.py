"""Who counts as the same caller, and when one request follows from another."""

from __future__ import annotations

import msgspec
import pytest

from lab.story import ADA, BOB, turn, visit_of
from wirelint.core.state import State
from wirelint.core.visit import Visit
from wirelint.core.wire import exchanges
from wirelint.history.turns import in_turn, same_caller

SIGNED = 'Authorization: Signature keyId="ada",signature="{}"'


def visits(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[Visit, Visit]:
    state = State()
    text = turn("GET /a", 200, asked=one) + turn("GET /a", 200, asked=other)
    first, second = (visit_of(exchange, state) for exchange in exchanges(text))
    return first, second


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ((), (), True),
        ((ADA,), (ADA,), True),
        ((ADA,), (BOB,), False),
        ((ADA, "X-Tenant: a"), (ADA, "X-Tenant: a"), True),
        ((ADA, "X-Tenant: a"), (ADA, "X-Tenant: b"), False),
        ((ADA,), (), False),
        ((), (ADA,), False),
        ((), ("User-Agent: another",), False),
        ((ADA,), (ADA, "User-Agent: another"), True),
        ((SIGNED.format("4f"),), (SIGNED.format("9c"),), True),
        ((SIGNED.format("4f"),), (SIGNED.format("9c").replace("ada", "bob"),), False),
        (("Authorization: [REDACTED]",), ("Authorization: [REDACTED]",), False),
    ],
)
def test_same_caller(one: tuple[str, ...], other: tuple[str, ...], same: bool) -> None:
    assert same_caller(*visits(one, other)) is same


def test_what_overlaps_is_in_no_order() -> None:
    first, second = visits((), ())
    assert in_turn(first, second)
    assert not in_turn(second, first)
    assert not in_turn(msgspec.structs.replace(first, ended=second.started + 0.01), second)
