"""Errors that name the part of the request that is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wirelint.core.exchange import Exchange
from wirelint.core.wire import exchanges
from wirelint.evidence.located import located


def failing(told: Any, content: str = '{"email": "nonsense", "address": {"city": ""}}', query: str = "") -> Exchange:
    sent = f"Content-Type: application/json\n\n{content}" if content else ""
    text = f"POST /signup{query} HTTP/1.1\nHost: api.example\n{sent}\n\n"
    text += f"HTTP/1.1 500 Internal Server Error\nContent-Type: application/json\n\n{json.dumps(told)}\n"
    (exchange,) = exchanges(text)
    return exchange


@pytest.mark.parametrize(
    "told",
    [
        {"errors": [{"type": "field", "msg": "Invalid value", "path": "email", "location": "body"}]},
        {"detail": [{"loc": ["body", "phone"], "msg": "field required", "type": "value_error.missing"}]},
        {"errors": [{"field": "email", "message": "is invalid"}]},
        {"error": {"details": [{"property": "address.city", "message": "must not be empty"}]}},
        {"issues": [{"code": "custom", "path": ["email"], "message": "Nope"}]},
        {"errors": [{"source": {"pointer": "/data/attributes/email"}, "detail": "is invalid"}]},
    ],
)
def test_an_error_names_what_was_sent(told: Any) -> None:
    assert located(failing(told))


@pytest.mark.parametrize(
    "told",
    [
        {"errors": [{"field": "price", "message": "is invalid"}]},  # of something that the service made
        {"errors": [{"message": "connection refused", "path": ["user", "email_of"]}]},
        {"errors": ["email"]},
        {"error": "email"},
        {"errors": [{"loc": ["response", "id"], "msg": "field required"}]},
        {"message": "Internal Server Error"},
    ],
)
def test_other_errors_do_not(told: Any) -> None:
    assert not located(failing(told))


def test_without_content_a_parameter_can_be_named() -> None:
    told = {"errors": [{"param": "page", "msg": "must be a number"}]}
    assert located(failing(told, content="", query="?page=x"))
    assert not located(failing(told, content="", query="?size=x"))
