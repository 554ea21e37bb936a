"""A failure of the service under 400 reaches the masked figures, whatever words it has."""

from __future__ import annotations

import json

import pytest

from lab.prom import total
from wirelint.core import wire
from wirelint.core.engine import Engine
from wirelint.rules import catalogue
from wirelint.sinks.journal import Journal
from wirelint.sinks.metrics.registry import Metrics

ENGINE = Engine(catalogue())
CALL = "POST /orders HTTP/1.1\nHost: a\nContent-Type: application/json\n\n{{}}\nHTTP/1.1 400 Bad Request\n"


@pytest.mark.parametrize(
    "text",
    [
        "Internal error: connection to database refused",
        "could not connect to server: Connection refused",
        "database is locked",
        "connection refused",
        "java.lang.NullPointerException",
        "upstream request timeout",
        "Out of memory",
        "no space left on device",
        "Failed to connect to redis",
        "internal server error",
        "Deadlock found when trying to get lock; try restarting transaction",
        "SQLSTATE[HY000] [2002] Connection refused",
        "An internal error occurred",
        "server error, please try again later",
        "Connection to the payment service timed out",
        "division by zero",
        "NullReferenceException: Object reference not set to an instance of an object.",
        "panic: runtime error: index out of range",
        "ORA-12541: TNS:no listener",
        "Redis connection lost",
        "Could not open JPA EntityManager for transaction",
        "disk full",
        "service unavailable: maintenance",
    ],
)
def test_it_is_masked(text: str) -> None:
    journal, metrics = Journal(), Metrics([])
    call = f"{CALL.format()}Content-Type: application/json\n\n{json.dumps({'error': text})}\n"
    for exchange in wire.exchanges(call.replace("{}", '{"item": 1}', 1), service="shop"):
        audit = ENGINE.audit(exchange)
        journal.accept(audit)
        metrics.accept(audit)
    assert journal.services()["totals"]["masked"] == 1
    assert total(metrics, "exchanges_total", code="400", verdict="server_error") == 1


@pytest.mark.parametrize(
    "text",
    [
        "item must be a number",
        "Something went wrong",
        "Unexpected error occurred",
        "config.forEach is not a function",
        "invalid database name",
        "internal_id is required",
        "server name is not allowed",
    ],
)
def test_what_may_be_about_the_request_is_not(text: str) -> None:
    journal = Journal()
    call = f"{CALL.format()}Content-Type: application/json\n\n{json.dumps({'error': text})}\n"
    for exchange in wire.exchanges(call.replace("{}", '{"item": 1}', 1), service="shop"):
        journal.accept(ENGINE.audit(exchange))
    assert journal.services()["totals"]["masked"] == 0
