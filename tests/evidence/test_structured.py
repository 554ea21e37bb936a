"""Lists of items (RFC 9651)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wirelint.evidence.structured import Item, items


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"default";r=0;t=30', [Item("default", {"r": 0, "t": 30})]),
        ("a, b;x", [Item("a", {}), Item("b", {"x": True})]),
        ("@1767225600", [Item(1767225600, {})]),
        ("-7;q=0.5, ?0", [Item(-7, {"q": 0.5}), Item(False, {})]),
        (r'"a\"b\\c"', [Item('a"b\\c', {})]),
        (":YWJj:", [Item("YWJj", {})]),
        (
            'edge; error=dns_error; details="no such host"',
            [Item("edge", {"error": "dns_error", "details": "no such host"})],
        ),
        ("", []),
    ],
)
def test_lists(value: str, expected: list[Item]) -> None:
    assert items(value) == expected


@pytest.mark.parametrize("value", [None, "a,", "a b", "(a b)", '"open', "a;X=1", "a;x=", ",a", "é", "a," * 4000])
def test_what_is_none(value: str | None) -> None:
    assert items(value) is None


@given(st.text(max_size=60))
def test_any_text_is_survived(value: str) -> None:
    items(value)
