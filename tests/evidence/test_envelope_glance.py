"""What is passed over at a glance is nothing that a closer look would have called an error."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wirelint.core.body import Body
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.evidence import envelope
from wirelint.evidence.envelope_glance import JSON_KEYS, is_harmless
from wirelint.evidence.envelope_words import FAILED, FINE
from wirelint.evidence.short_errors import short_error

NAMES = sorted(JSON_KEYS | {"message", "msg", "description", "id", "items", "Status", "Error", "SUCCESS"})
TEXTS = sorted(FAILED | FINE | {"", "0", "200", "NOTOK", "shipped", "Order 7 does not exist", "permission denied"})
SCALARS = st.sampled_from([None, True, False, 0, 1, 2, 200, 404, -1, 1.0, *TEXTS])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=6,
)


def glance(members: dict[str, Any]) -> bool:
    content = json.dumps(members).encode()
    body = Body(content)
    return is_harmless(body.top_level or {}, body.names or frozenset(), len(content))


def looked_at(members: dict[str, Any]) -> Any:
    exchange = Exchange(
        request=Request(method="POST", target="/things"),
        response=Response(status=200, body=Body(json.dumps(members).encode())),
    )
    found = envelope._of_object(exchange, members) or envelope._of_outcomes(exchange, members)
    return found or envelope._nested(exchange, members) or short_error(exchange)


@given(st.dictionaries(st.sampled_from(NAMES), VALUES, min_size=1, max_size=4))
def test_a_glance_agrees_with_a_closer_look(members: dict[str, Any]) -> None:
    if glance(members):
        assert looked_at(members) is None


@pytest.mark.parametrize(
    "members",
    [
        {"id": 7, "name": "error"},
        {"state": "shipped"},
        {"error": None, "items": [1]},
        {"error": False, "errors": [], "success": True},
        {"success": 1, "entities": {"Q42": {"error": "no"}}},
        {"result": [{"id": 7, "state": "x"}], "meta": None},
        {"response": {"error": "x"}, "id": 7},
    ],
)
def test_what_most_resources_look_like_needs_no_closer_look(members: dict[str, Any]) -> None:
    assert glance(members)


@pytest.mark.parametrize(
    "members",
    [
        {"success": False},
        {"status": "failed", "id": 7},
        {"state": "FAILURE"},
        {"error": {}},
        {"errors": ["x"]},
        {"error": True},
        {"response": {"error": "x"}},
        {"status": {"code": "13", "message": "no such user"}},
        {"status": 404, "message": "no such user"},
        {"code": 1002, "message": "Invoice does not exist"},
    ],
)
def test_what_may_be_an_error_gets_a_closer_look(members: dict[str, Any]) -> None:
    assert not glance(members)
