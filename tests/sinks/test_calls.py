"""Calls of protocols that report errors in their content: counted by operation, and no lies."""

from __future__ import annotations

import msgspec
import pytest

from lab.audits import RULE, audit
from lab.prom import series, total, value
from wirelint.core.audit import Audit
from wirelint.core.body import Body
from wirelint.core.exchange import Response
from wirelint.core.headers import Headers
from wirelint.core.media import media_type
from wirelint.core.verdict import Verdict
from wirelint.sinks.journal import Journal
from wirelint.sinks.metrics.counts import MOST_OPERATIONS
from wirelint.sinks.metrics.registry import Metrics


def call(method: str, error: int | None = None, verdict: Verdict = Verdict.OK, status: int = 200) -> Audit:
    made = audit(asked=f'{{"jsonrpc": "2.0", "method": "{method}", "id": 1}}', verdict=verdict)
    content = (
        '{"jsonrpc": "2.0", "result": 1, "id": 1}'
        if error is None
        else f'{{"jsonrpc": "2.0", "error": {{"code": {error}, "message": "no"}}, "id": 1}}'
    )
    fields = Headers.of(("Content-Type", "application/json"))
    response = Response(
        status=status, headers=fields, body=Body(content.encode(), media=media_type("application/json"))
    )
    return msgspec.structs.replace(made, exchange=msgspec.structs.replace(made.exchange, response=response))


def calls(metrics: Metrics) -> dict[tuple[str, str], float]:
    return {
        (dict(labels)["operation"], dict(labels)["outcome"]): number
        for (name, labels), number in series(metrics).items()
        if name == "wirelint_calls_total"
    }


def test_errors_of_a_service_that_behaves_are_counted_by_operation_and_are_no_lies() -> None:
    metrics, journal = Metrics([RULE]), Journal()
    audits = [
        *(call("balance") for _ in range(7)),
        call("balance", -32602, Verdict.CLIENT_ERROR),
        call("balance", -32603, Verdict.SERVER_ERROR),
        call("balance", -32001, Verdict.UNKNOWN),
        call("balance", status=503, verdict=Verdict.SERVER_ERROR),
    ]
    for each in audits:
        metrics.accept(each)
        journal.accept(each)
    assert calls(metrics) == {
        ("balance", "ok"): 7,
        ("balance", "client_error"): 1,
        ("balance", "server_error"): 1,
        ("balance", "error"): 1,
        ("balance", "status"): 1,
    }
    assert total(metrics, "exchanges_total", protocol="jsonrpc") == 11
    totals = journal.services()["totals"]
    assert (totals["protocol_errors"], totals["hidden"], totals["lied"]) == (3, 0, 0)


def test_names_have_labels_once_they_succeeded() -> None:
    metrics = Metrics([RULE])
    metrics.accept(call("ballance", -32601, Verdict.CLIENT_ERROR))
    for _ in range(5):
        metrics.accept(call("acount"))
    assert calls(metrics) == {("_other", "client_error"): 1, ("_other", "ok"): 3, ("acount", "ok"): 2}


def test_made_up_names_are_bounded() -> None:
    metrics = Metrics([RULE])
    words = ("get", "set", "list", "find", "count", "open", "close", "start", "stop", "move", "copy", "read", "write")
    for verb in words:
        for thing in words:
            metrics.accept(call(f"{verb}.{thing}"))
    names = {name for name, _ in calls(metrics)}
    assert len(names) == MOST_OPERATIONS + 1
    assert total(metrics, "calls_total") == len(words) ** 2
    assert value(metrics, "label_overflow_total", label="service") == 0


@pytest.mark.parametrize("name", ["ann@example.com", "tok_visa", "8f14e45fceea167a5a36dedd4bea2543"])
def test_nothing_that_could_be_a_secret_is_a_label(name: str) -> None:
    metrics = Metrics([RULE])
    for _ in range(20):
        metrics.accept(call(name))
    assert calls(metrics) == {("", "ok"): 20}
