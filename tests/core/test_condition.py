"""Conditions that operators write: what can be said, and what JSON fulfils it."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wirelint.core.condition import ConditionError, condition

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize(
    ("text", "members", "holds"),
    [
        ("errno != 0", {"errno": 17}, True),
        ("errno != 0", {"errno": 0}, False),
        ("errno != 0", {"errno": "0"}, False),  # services send numbers as texts
        ("errno != 0", {"errno": "17"}, True),
        ("errno != 0", {"errno": "ok"}, True),
        ("errno != 0", {"ERRNO": 17}, True),
        ("errno != 0", {"errno": None}, None),  # null says nothing …
        ("errno != 0", {"code": 17}, None),
        ("errno != null", {"errno": None}, False),  # … unless it was asked for
        ("errno != null", {"errno": 1}, True),
        ("ok == false", {"ok": False}, True),
        ("ok == false", {"ok": 0}, False),
        ("ok == 1", {"ok": True}, False),
        ("ret.code not in ['OK', \"DONE\"]", {"ret": {"code": "E17"}}, True),
        ("ret.code not in ['OK', \"DONE\"]", {"ret": {"code": "DONE"}}, False),
        ("ret.code not in ['OK']", {"ret": "E17"}, None),
        ("ret.code not in ['OK']", {"ret.code": "E17"}, None),
        ("code in [40001, 40002]", {"code": 40002}, True),
        ("code in [40001, 40002]", {"code": 40003}, False),
        ("code >= 400", {"code": 400}, True),
        ("code >= 400", {"code": 399.5}, False),
        ("code < 0", {"code": "-3"}, True),
        ("code < 0", {"code": "low"}, None),
        ("code < 0", {"code": True}, None),
        ("errors", {"errors": [1]}, True),
        ("errors", {"errors": []}, False),
        ("errors", {"errors": None}, False),
        ("errors", {}, None),
        ("n == 1", {"n": 10**400}, False),
    ],
)
def test_what_fulfils_it(text: str, members: Any, holds: bool | None) -> None:
    assert condition(text).holds(members) is holds


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no member's name"),
        ("!= 0", "no member's name"),
        ("errno = 0", "no comparison at '= 0'"),
        ("errno != zero", "no number, 'text', true, false or null at 'zero'"),
        ("errno != 0 or true", "goes on with 'or true'"),
        ("errno != 1.2.3", "no number"),
        ("errno > 'x'", "> needs a number"),
        ("code in 1", "in needs a list"),
        ("code in []", "no number"),
        ("code in [1", "the list has no end"),
        ("code in [1 2]", "no comma at '2]'"),
        ("code in [1] ]", "goes on with ']'"),
        ("code innate [1]", "no comparison"),
        ("f(x) == 1", "no comparison at '(x) == 1'"),
        ("a" * 201, "longer than 200"),
        (f"code in [{','.join('1' * 33)}]", "more than 32"),
    ],
)
def test_what_is_none(text: str, why: str) -> None:
    with pytest.raises(ConditionError) as caught:
        condition(text)
    assert why in str(caught.value)


def test_it_is_shown_as_it_was_written() -> None:
    assert condition(" ret.code  not   in ['OK'] ").text == "ret.code  not   in ['OK']"
    assert condition("Ret.code == 1").key == "ret"


@given(st.text(max_size=220))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ConditionError):
        condition(text).holds({"errno": 1})


@given(st.dictionaries(st.sampled_from(["a", "A", "b"]), JSON))
def test_any_json_is_decided(members: Any) -> None:
    for text in ("a.b != 0", "a > 1", "A in [1, 'x', null]", "b"):
        assert condition(text).holds(members) in (True, False, None)


def test_reading_takes_linear_time() -> None:
    begun = time.process_time()
    for text in ("a" * 200, "a." * 100, "code in [" + " " * 190, "code in [" + "1," * 95, "a not" + " " * 190):
        with pytest.raises(ConditionError):
            condition(text + "!")
    assert time.process_time() - begun < 1
