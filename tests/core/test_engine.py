"""The engine: which rules run, what their faults cost, and the one verdict."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from wirelint.core.body import Body
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange, Failure, FailureKind, Request, Response
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.headers import Headers
from wirelint.core.media import Kind, media_type
from wirelint.core.rule import Reads, Rule, When
from wirelint.core.verdict import Verdict


def rule(name: Any = "some-rule", check: Any = None, **changes: Any) -> Any:
    base = Rule(
        id=name,
        severity=Severity.MEDIUM,
        confidence=Confidence.STRONG,
        because="a test",
        basis="policy",
        when=When(),
        check=check or (lambda exchange, context: [Hit("seen", "evidence")]),
    )
    return msgspec.structs.replace(base, **changes)


def exchange(
    status: Any = 200,
    content: Any = b'{"a": 1}',
    media: Any = "application/json",
    method: Any = "GET",
    failure: Any = None,
    body: Any = None,
    **fields: Any,
) -> Any:
    headers = Headers.of(*((name.replace("_", "-"), value) for name, value in fields.items()), ("content-type", media))
    return Exchange(
        request=Request(method=method, target="/users/42"),
        response=None
        if status is None
        else Response(status=status, headers=headers, body=body or Body(content, media=media_type(media))),
        failure=failure,
        service="shop",
    )


def fired(engine: Any, subject: Any) -> Any:
    return [finding.rule for finding in engine.audit(subject).findings]


@pytest.mark.parametrize(
    ("when", "subject", "applies"),
    [
        (When(status="401"), exchange(401), True),
        (When(status="401"), exchange(403), False),
        (When(status="4xx 503"), exchange(503), True),
        (When(status="none"), exchange(None), True),
        (When(), exchange(None), False),
        (When(method="POST PUT"), exchange(method="PUT"), True),
        (When(method="POST PUT"), exchange(method="PU"), False),
        (When(media=(Kind.JSON,)), exchange(), True),
        (When(media=(Kind.JSON,)), exchange(media="text/html"), False),
        (When(response_fields=("retry-after",)), exchange(retry_after="1"), True),
        (When(response_fields=("retry-after",)), exchange(), False),
        (When(request_fields=("range",)), exchange(), False),
    ],
)
def test_a_rule_runs_where_it_applies_and_is_counted_there(when: Any, subject: Any, applies: Any) -> None:
    engine = Engine([rule(when=when)])
    audit = engine.audit(subject)
    assert bool(audit.findings) is applies
    assert [each.id for each in audit.plan.rules] == (["some-rule"] if applies else [])


def test_exchanges_of_one_shape_share_a_plan() -> None:
    engine = Engine([rule(when=When(response_fields=("etag",)))])
    plans = {id(engine.audit(exchange(etag=str(n))).plan) for n in range(10)}
    assert len(plans) == 1
    assert engine.audit(exchange()).plan.rules == ()


def test_plans_do_not_grow_without_bound() -> None:
    names = [f"x-{n}" for n in range(8)]
    engine = Engine([rule(when=When(response_fields=tuple(names)))])
    for n in range(3000):
        engine.audit(exchange(status=100 + n % 900, method=f"M{n}"))
    for n in range(256):
        engine.audit(exchange(**{name.replace("-", "_"): "1" for at, name in enumerate(names) if n >> at & 1}))
    assert len(engine._plans) <= 1024
    assert all(len(plans._plans) <= 32 for plans in engine._plans.values())


def test_a_broken_rule_is_named_and_the_others_go_on() -> Any:
    def broken(exchange: Any, context: Any) -> None:
        raise ZeroDivisionError

    def breaks_later(exchange: Any, context: Any) -> Any:
        yield Hit("first")
        raise RecursionError

    audit = Engine([rule("broken", broken), rule("later", breaks_later), rule("sound")]).audit(exchange())
    assert audit.faults == ("broken", "later")
    assert [finding.rule for finding in audit.findings] == ["later", "sound"]


@pytest.mark.parametrize(
    ("body", "reads", "runs", "skipped"),
    [
        (Body(b"x"), Reads.WHOLE, True, None),
        (Body(b"x", complete=False), Reads.WHOLE, False, "truncated"),
        (Body(b"x", complete=False), Reads.PREFIX, True, None),
        (Body.unknown("not_captured"), Reads.PREFIX, False, "not_captured"),
        (Body.unknown("streamed"), Reads.NOTHING, True, None),
        (Body(b"no gzip", coding="gzip"), Reads.PREFIX, False, "undecodable"),
    ],
)
def test_what_was_not_seen_is_not_judged_but_counted(body: Any, reads: Any, runs: Any, skipped: Any) -> None:
    audit = Engine([rule(reads=reads)]).audit(exchange(body=body))
    assert bool(audit.findings) is runs
    assert audit.skipped == skipped


def test_names_at_the_top_level_decide_whether_a_success_is_read() -> None:
    asked = rule(reads=Reads.PREFIX, json_keys=frozenset({"error"}))
    engine = Engine([asked])
    assert fired(engine, exchange(content=b'{"Error": 1}')) == ["some-rule"]
    assert fired(engine, exchange(content=b'{"data": {"error": 1}}')) == []
    assert fired(engine, exchange(content=b"error", media="text/plain")) == ["some-rule"]
    assert fired(engine, exchange(404, b'{"data": 1}')) == ["some-rule"]
    assert len(engine.audit(exchange(content=b'{"data": 1}')).plan.rules) == 1


def test_the_first_element_stands_for_a_list() -> None:
    engine = Engine([rule(reads=Reads.PREFIX, json_keys=frozenset({"error"}))])
    assert fired(engine, exchange(content=b'[{"error": 1}, {"data": 1}]')) == ["some-rule"]
    assert fired(engine, exchange(content=b'[{"data": 1}, {"error": 1}]')) == []
    assert fired(engine, exchange(content=b'["error"]')) == []
    assert fired(engine, exchange(content=b"[]")) == []
    assert fired(engine, exchange(content=b'[{"data": 1}')) == ["some-rule"]


def test_hints_are_dropped_and_never_decide() -> None:
    weak = rule(check=lambda exchange, context: [Hit("hm", verdict=Verdict.SERVER_ERROR)], confidence=Confidence.WEAK)
    assert fired(Engine([weak]), exchange()) == []
    audit = Engine([weak], least=Confidence.WEAK).audit(exchange())
    assert [finding.rule for finding in audit.findings] == ["some-rule"]
    assert audit.verdict is Verdict.OK


@pytest.mark.parametrize(
    ("subject", "verdict"),
    [
        (exchange(200), Verdict.OK),
        (exchange(304), Verdict.OK),
        (exchange(404), Verdict.CLIENT_ERROR),
        (exchange(500), Verdict.SERVER_ERROR),
        (exchange(999), Verdict.UNKNOWN),
        (exchange(None, failure=Failure(kind=FailureKind.CONNECT)), Verdict.SERVER_ERROR),
        (exchange(None, failure=Failure(kind=FailureKind.CLIENT_GONE)), Verdict.UNKNOWN),
        (exchange(200, failure=Failure(kind=FailureKind.RESET)), Verdict.SERVER_ERROR),
        (exchange(200, body=Body.unknown("not_captured")), Verdict.UNKNOWN),
        (exchange(200, body=Body.unknown("not_captured"), media="image/png"), Verdict.OK),
        (exchange(404, body=Body.unknown("not_captured")), Verdict.CLIENT_ERROR),
        (exchange(200, body=Body(b'{"data": [1, 2', complete=False)), Verdict.UNKNOWN),
        (exchange(200, body=Body(b"[1, 2", complete=False)), Verdict.OK),
        (exchange(200, body=Body(b"a,b,c", complete=False), media="text/csv"), Verdict.OK),
    ],
)
def test_the_verdict_without_findings(subject: Any, verdict: Any) -> None:
    assert Engine([]).audit(subject).verdict is verdict


def test_the_surest_and_then_the_gravest_finding_decides() -> Any:
    def says(verdict: Any) -> Any:
        return lambda exchange, context: [Hit("x", verdict=verdict)]

    rules = [
        rule("a", says(Verdict.UNKNOWN), severity=Severity.HIGH),
        rule("b", says(Verdict.CLIENT_ERROR), confidence=Confidence.CERTAIN, severity=Severity.INFO),
        rule("c", says(Verdict.SERVER_ERROR), severity=Severity.HIGH),
        rule("d", says(None), confidence=Confidence.CERTAIN, severity=Severity.HIGH),
    ]
    assert Engine(rules).audit(exchange()).verdict is Verdict.CLIENT_ERROR
    assert Engine([rules[3]]).audit(exchange()).verdict is Verdict.OK


def test_a_finding_has_its_route_and_a_fingerprint_of_its_own() -> None:
    engine = Engine([rule()])
    first = engine.audit(exchange()).findings[0]
    second = engine.audit(replace(exchange(), request=Request(method="GET", target="/users/77?x=1"))).findings[0]
    other = engine.audit(replace(exchange(), service="other")).findings[0]
    assert (first.route, first.fingerprint) == ("/users/{id}", second.fingerprint)
    assert first.fingerprint != other.fingerprint


def test_a_method_that_a_client_made_up_is_not_shown() -> None:
    assert Engine([rule()]).audit(exchange(method="HUNTER2")).findings[0].method == "_OTHER"


def test_a_rule_that_talks_too_much_is_cut() -> None:
    chatty = rule(check=lambda exchange, context: (Hit("x" * 10_000, "y" * 10_000) for _ in range(1000)))
    findings = Engine([chatty]).audit(exchange()).findings
    assert len(findings) <= 8
    assert len(findings[0].message) <= 400
    assert len(findings[0].evidence) <= 200
