"""HTTP-dates in their three forms (RFC 9110 §5.6.7)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wirelint.evidence.dates import http_date


@pytest.mark.parametrize(
    "value",
    ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"],
)
def test_all_forms_are_read(value: str) -> None:
    assert http_date(value) == 784111777.0


@pytest.mark.parametrize(
    "value",
    [
        "",
        "0",
        "2026-01-01T00:00:00Z",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 +0000",
        "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nix 1994 08:49:37 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "Sun, 06 Nov 1994 25:49:37 GMT",
    ],
)
def test_what_is_no_date(value: str) -> None:
    assert http_date(value) is None


def test_leap_seconds_count_as_the_second_before() -> None:
    assert http_date("Sat, 31 Dec 2016 23:59:60 GMT") == http_date("Sat, 31 Dec 2016 23:59:59 GMT")


@given(st.text(max_size=45))
def test_any_text_is_survived(value: str) -> None:
    http_date(value)
