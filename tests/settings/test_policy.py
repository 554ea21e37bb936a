"""What is in force where, and which findings are accepted."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from wirelint.core.audit import Audit
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.knowledge import NOTHING, Knowledge, known
from wirelint.core.pattern import PatternError, name_pattern, pattern
from wirelint.core.rule import Context, Rule, When
from wirelint.core.suppression import Suppression
from wirelint.core.verdict import Verdict
from wirelint.settings.engine import AnyEngine, ScopedEngine, engine_for
from wirelint.settings.policy import Policy, ServiceSettings, Settings

DAY = datetime.date(2027, 1, 31)
LAST = datetime.datetime(2027, 1, 31, 23, 59, 59, tzinfo=datetime.UTC).timestamp()


def rule(name: str, check: Any = None, **changes: Any) -> Rule:
    base = Rule(
        id=name,
        family="made",
        severity=Severity.MEDIUM,
        confidence=Confidence.STRONG,
        because="a test",
        basis="policy",
        when=When(),
        check=check or (lambda exchange, context: [Hit("seen", "evidence")]),
    )
    return msgspec.structs.replace(base, **changes)


ONE, TWO = rule("one"), rule("two")


def exchange(
    target: str = "/users/7", *, service: str = "shop", method: str = "GET", at: float | None = None
) -> Exchange:
    return Exchange(
        request=Request(method=method, target=target), response=Response(status=400), service=service, timestamp=at
    )


def ids(engine: AnyEngine, *arguments: Any, **named: Any) -> list[str]:
    return [finding.rule for finding in engine.audit(exchange(*arguments, **named)).findings]


@pytest.mark.parametrize(
    ("text", "fits", "not_these"),
    [
        ("GET /users/{id}", ["GET /users/7", "GET /users/7?x=/y"], ["POST /users/7", "GET /users", "GET /users/7/a"]),
        ("/users/*", ["PUT /users/7"], ["GET /users/", "GET /users/7/8", "GET /v1/users/7"]),
        ("PUT,POST /a", ["PUT /a", "POST /a"], ["GET /a", "PUT /a/"]),
        ("/a/**", ["GET /a", "GET /a/", "GET /a/b/c"], ["GET /ab", "GET /b/a/c"]),
        ("/a/{id}/…", ["GET /a/1/b/c"], ["GET /a"]),
        ("/files/*.json", ["GET /files/a.json"], ["GET /files/a.xml", "GET /files/.json", "GET /files/a/b.json"]),
        ("/a.b", ["GET /a.b"], ["GET /axb"]),
        ("/**", ["GET /", "GET /x"], []),
        ("/", ["GET /"], ["GET /x"]),
    ],
)
def test_patterns(text: str, fits: list[str], not_these: list[str]) -> None:
    made = pattern(text)
    for line in [*fits, *not_these]:
        method, target = line.split()
        assert made.matches(exchange(target, method=method)) is (line in fits), line


@pytest.mark.parametrize(
    "text", ["", "users", "get /users", "GET", "GET users", "GET /a b", "/a/**/b", "/*a*", "GET| /a"]
)
def test_what_is_no_pattern(text: str) -> None:
    with pytest.raises(PatternError):
        pattern(text)


def test_names_of_services() -> None:
    assert name_pattern("*.shop.example").fullmatch("a.shop.example")
    assert not name_pattern("*.shop.example").fullmatch("aXshop.example")
    with pytest.raises(PatternError):
        name_pattern("*a*b*")


def test_an_exact_name_beats_patterns_and_of_these_the_first_counts() -> None:
    base, first, second, exact = (Settings(()) for _ in range(4))
    policy = Policy(base, (ServiceSettings("s*", first), ServiceSettings("*p", second), ServiceSettings("shop", exact)))
    for _ in range(2):  # the second time from memory
        assert policy.settings(exchange(service="shop")) is exact
        assert policy.settings(exchange(service="ship")) is first
        assert policy.settings(exchange(service="top")) is second
        assert policy.settings(exchange(service="other")) is base


def test_any_number_of_services_is_remembered_in_bounds() -> None:
    policy = Policy(Settings(()), (ServiceSettings("x*", Settings(())),))
    for number in range(10_000):
        policy.settings(exchange(service=f"s{number}"))
    assert len(policy._by_name._found) <= 4096
    assert policy.settings(exchange(service="x-late")) is policy.services[0].settings


def test_the_first_route_that_fits_counts() -> None:
    service, first, second = (Settings(()) for _ in range(3))
    routes = ((pattern("GET /users/{id}"), first), (pattern("/users/**"), second))
    policy = Policy(Settings(()), (ServiceSettings("shop", service, routes),))
    assert policy.settings(exchange("/users/7")) is first
    assert policy.settings(exchange("/users/7", method="PUT")) is second
    assert policy.settings(exchange("/orders")) is service


def test_each_exchange_is_judged_by_what_is_in_force_for_it() -> None:
    knows = Settings((TWO,), severities={"two": Severity.HIGH}, knowledge=Knowledge(protocol="json-rpc"))
    sure = Settings((ONE, TWO), least=Confidence.CERTAIN)
    policy = Policy(Settings((ONE,)), (ServiceSettings("shop", knows), ServiceSettings("strict", sure)))
    engine = engine_for(policy)
    assert isinstance(engine, ScopedEngine)
    assert ids(engine, service="other") == ["one"]
    assert ids(engine, service="strict") == []
    (finding,) = engine.audit(exchange()).findings
    assert (finding.rule, finding.severity) == ("two", Severity.HIGH)
    assert [each.id for each in engine.rules] == ["one", "two"]


def test_opportunities_are_those_of_the_rules_in_force() -> None:
    engine = engine_for(Policy(Settings((ONE, TWO)), (ServiceSettings("shop", Settings((TWO,))),)))
    assert [each.id for each in engine.audit(exchange()).plan.rules] == ["two"]
    assert [each.id for each in engine.audit(exchange(service="x")).plan.rules] == ["one", "two"]


def test_one_policy_for_all_asks_no_questions() -> None:
    assert type(engine_for(Policy(Settings((ONE,))))) is Engine


def test_an_override_beats_the_severity_of_a_hit() -> None:
    loud = rule("loud", lambda exchange, context: [Hit("seen", severity=Severity.HIGH)])
    (finding,) = Engine([loud], severities={"loud": Severity.INFO}).audit(exchange()).findings
    assert finding.severity is Severity.INFO


@pytest.mark.parametrize(("status", "shown"), [(422, 409), (404, 404), (None, None)])
def test_a_suggested_status_is_replaced_whoever_suggests_it(status: int | None, shown: int | None) -> None:
    by_rule = rule("by-rule", suggested_status=status)
    by_hit = rule("by-hit", lambda exchange, context: [Hit("seen", suggested_status=status)])
    audit = Engine([by_rule, by_hit], instead={422: 409}).audit(exchange())
    assert [finding.suggested_status for finding in audit.findings] == [shown, shown]


def test_no_status_is_suggested_in_place_of_itself() -> None:
    audit = Engine([rule("a", suggested_status=422)], instead={422: 400}).audit(exchange())
    assert [finding.suggested_status for finding in audit.findings] == [None]


def test_knowledge_reaches_rules_and_those_of_its_service_alone() -> None:
    seen: list[Knowledge] = []

    def check(exchange: Exchange, context: Context) -> Iterator[Hit]:
        seen.append(known(exchange))
        yield from ()

    look = rule("look", check)
    knowledge = Knowledge(protocol="soap")
    policy = Policy(Settings((look,)), (ServiceSettings("shop", Settings((look,), knowledge=knowledge)),))
    engine = engine_for(policy)
    engine.audit(exchange())
    engine.audit(exchange(service="other"))
    assert seen == [knowledge, NOTHING]
    assert seen[1] is NOTHING


def test_what_was_found_out_without_knowledge_is_forgotten() -> None:
    one = exchange()
    Engine([ONE]).audit(one)
    one.__dict__["fact"] = "old"
    knowing = Engine([ONE], knowledge=Knowledge(protocol="soap"))
    knowing.audit(one)
    assert "fact" not in one.__dict__
    one.__dict__["fact"] = "new"
    knowing.audit(one)
    assert one.__dict__["fact"] == "new"


def suppressed_by(audit: Audit) -> list[str]:
    return [each.finding.rule for each in audit.suppressed]


def suppressing(*suppressions: Suppression, now: float = 0.0) -> ScopedEngine:
    return ScopedEngine(Policy(Settings((ONE, TWO)), suppressions=suppressions, now=now))


def test_what_is_accepted_is_counted_not_shown() -> None:
    audit = suppressing(Suppression("one", "known")).audit(exchange())
    assert [finding.rule for finding in audit.findings] == ["two"]
    assert suppressed_by(audit) == ["one"]
    assert audit.expired == ()


def test_accepting_changes_no_verdict() -> None:
    lies = rule("one", verdict=Verdict.SERVER_ERROR)
    engine = ScopedEngine(Policy(Settings((lies,)), suppressions=(Suppression("one", "known"),)))
    audit = engine.audit(exchange())
    assert audit.findings == ()
    assert audit.verdict is Verdict.SERVER_ERROR


@pytest.mark.parametrize(
    ("suppression", "covered"),
    [
        (Suppression("one", "r", service="shop"), True),
        (Suppression("one", "r", service="sh*"), True),
        (Suppression("one", "r", service="other"), False),
        (Suppression("one", "r", route=pattern("GET /users/{id}")), True),
        (Suppression("one", "r", route=pattern("POST /users/{id}")), False),
        (Suppression("one", "r", service="other", route=pattern("/users/{id}")), False),
        (Suppression("three", "r"), False),
    ],
)
def test_only_what_it_names_is_accepted(suppression: Suppression, covered: bool) -> None:
    assert (suppressed_by(suppressing(suppression).audit(exchange())) == ["one"]) is covered


def test_it_holds_to_the_end_of_its_day_and_is_then_reported_once() -> None:
    suppression = Suppression("one", "until the rewrite", until=DAY)
    assert suppressed_by(suppressing(suppression, now=LAST).audit(exchange())) == ["one"]
    engine = suppressing(suppression, now=LAST + 1)
    first, second = engine.audit(exchange()), engine.audit(exchange())
    assert (first.suppressed, first.expired) == ((), (suppression,))
    assert [finding.rule for finding in first.findings] == ["one", "two"]
    assert second.expired == ()


def test_it_expires_while_traffic_goes_on_and_old_recordings_turn_back_no_clock() -> None:
    suppression = Suppression("one", "until the rewrite", until=DAY)
    engine = suppressing(suppression, now=LAST - 100)
    assert suppressed_by(engine.audit(exchange(at=LAST - 50))) == ["one"]
    assert engine.audit(exchange(at=LAST + 50)).suppressed == ()
    assert suppressing(suppression, now=LAST + 1).audit(exchange(at=1000.0)).suppressed == ()


def test_an_expired_one_is_not_told_where_another_still_holds() -> None:
    old, new = Suppression("one", "old", until=DAY), Suppression("one", "new")
    audit = suppressing(old, new, now=LAST + 1).audit(exchange())
    assert [(each.finding.rule, each.by) for each in audit.suppressed] == [("one", new)]
    assert audit.expired == ()


def test_it_reads_well() -> None:
    text = Suppression("one", "legacy clients", service="shop", route=pattern("GET /users/{id}"), until=DAY).text
    assert text == "one of shop on GET /users/{id}, until 2027-01-31: legacy clients"
    assert Suppression("one", "legacy clients").text == "one: legacy clients"


def test_rules_are_listed_with_the_severity_that_is_in_force() -> None:
    assert [each.severity for each in Engine([ONE], severities={"one": Severity.LOW}).rules] == [Severity.LOW]
    base, other = Settings((ONE,), severities={"one": Severity.LOW}), Settings((ONE,))
    assert [each.severity for each in engine_for(Policy(base, (ServiceSettings("x", other),))).rules] == [Severity.LOW]
