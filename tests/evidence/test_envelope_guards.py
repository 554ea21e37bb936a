"""A record that has an error among other members is data: at most a few members may stand beside the error."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wirelint.core.body import Body
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.media import media_type
from wirelint.evidence.envelope import Grade, envelope

PLAIN = {"error": True, "reason": "Reserved address"}


def grade(content: dict[str, Any]) -> Grade | None:
    fields = Headers.of(("content-type", "application/json"))
    body = Body(json.dumps(content).encode(), media=media_type("application/json"))
    request = Request(method="POST", target="/players")
    found = envelope(Exchange(request=request, response=Response(status=200, headers=fields, body=body)))
    return None if found is None else found.grade


@pytest.mark.parametrize(
    "content",
    [
        {"error": "connection refused", "region": "north"},
        {"error": "connection refused", "rows": [1, 2, 3]},
        {"success": False, "message": "no such player", "player": "ada"},
        PLAIN | {"region": "north", "height": 7, "speed": 5},
    ],
)
def test_a_few_members_beside_the_error(content: dict[str, Any]) -> None:
    assert grade(content) is Grade.STRONG


@pytest.mark.parametrize(
    "content",
    [
        {"error": "connection refused", "region": "north", "height": 7},
        {"error": "connection refused", "rows": [1, 2, 3, 4]},
        {"error": "connection refused", "sizes": {"a": 1, "b": 2, "c": 3, "d": 4}},
        {"success": False, "message": "no such player", "player": "ada", "score": 7},
        PLAIN | {"region": "north", "height": 7, "speed": 5, "depth": 2},
    ],
)
def test_one_member_more_makes_it_a_record(content: dict[str, Any]) -> None:
    assert grade(content) in (None, Grade.WEAK)
