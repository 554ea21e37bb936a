"""What the page shows, and what it must never hold."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from lab.audits import audit, finding
from wirelint.core.engine import Engine
from wirelint.core.exchange import FailureKind
from wirelint.core.finding import Severity
from wirelint.core.verdict import Verdict
from wirelint.core.wire import exchanges
from wirelint.rules import catalogue
from wirelint.sinks.journal import Journal

TOTALS = ("exchanges", "reported", "true", "hidden", "masked", "blamed", "unknown", "unanswered", "lied")


@pytest.mark.parametrize(
    ("status", "verdict", "counted"),
    [
        (200, Verdict.OK, set()),
        (200, Verdict.UNKNOWN, {"unknown"}),
        (200, Verdict.SERVER_ERROR, {"true", "hidden", "lied"}),
        (302, Verdict.CLIENT_ERROR, {"hidden", "lied"}),
        (404, Verdict.CLIENT_ERROR, set()),
        (404, Verdict.SERVER_ERROR, {"true", "masked", "lied"}),
        (500, Verdict.SERVER_ERROR, {"reported", "true"}),
        (500, Verdict.CLIENT_ERROR, {"reported", "blamed", "lied"}),
        (503, Verdict.OK, {"reported"}),
        (None, Verdict.SERVER_ERROR, {"reported", "true", "unanswered"}),
        (None, Verdict.UNKNOWN, {"reported", "unanswered", "unknown"}),
    ],
)
def test_totals_follow_the_words_of_the_contract(status: int | None, verdict: Verdict, counted: set[str]) -> None:
    journal = Journal()
    journal.accept(audit(status=status, verdict=verdict, failure=FailureKind.RESET if status is None else None))
    totals = journal.services()["totals"]
    assert {name for name in TOTALS if totals[name]} == {"exchanges", *counted}
    (service,) = journal.services()["services"]
    assert {name: service[name] for name in TOTALS} == {name: totals[name] for name in TOTALS}


def test_a_finding_is_held_once_with_its_latest_examples() -> None:
    journal = Journal(examples=3)
    for number in range(5):
        journal.accept(audit(finding(at=1000.0 + number, message=f"message {number}"), target=f"/orders/{number}"))
    (shown,) = journal.snapshot()["findings"]
    assert (shown["count"], shown["first_seen"], shown["last_seen"]) == (5, 1000.0, 1004.0)
    assert shown["message"] == "message 4"
    whole = journal.finding(shown["fingerprint"])
    assert whole is not None
    assert [example["request"] for example in whole["examples"]] == ["GET /orders/4", "GET /orders/3", "GET /orders/2"]
    assert whole["examples"][0]["duration"] == pytest.approx(0.05)


def test_a_finding_has_the_keys_that_files_of_findings_have() -> None:
    journal = Journal()
    journal.accept(audit(finding()))
    (shown,) = journal.snapshot()["findings"]
    assert set(shown) >= {
        "rule", "severity", "confidence", "service", "direction", "method", "route", "status", "verdict",
        "suggested_status", "message", "evidence", "fingerprint", "trace_id", "time",
    }  # fmt: skip


def test_only_what_changed_is_given_again() -> None:
    journal = Journal()
    journal.accept(audit(finding("a")))
    journal.accept(audit(finding("b")))
    before = journal.snapshot()
    assert [each["rule"] for each in before["findings"]] == ["b", "a"]
    assert journal.snapshot(before["revision"])["findings"] == []
    journal.accept(audit(finding("a")))
    after = journal.snapshot(before["revision"])
    assert [(each["rule"], each["count"]) for each in after["findings"]] == [("a", 2)]
    assert after["run"] == before["run"]
    assert after["run"] != Journal().snapshot()["run"]


def test_findings_can_be_had_by_service_and_rule() -> None:
    journal = Journal()
    for service in ("shop", "admin"):
        for rule in ("a", "b"):
            journal.accept(audit(finding(rule, service=service), service=service))
    both = journal.snapshot(service="shop", rule="b")["findings"]
    assert [(each["service"], each["rule"]) for each in both] == [("shop", "b")]
    assert len(journal.snapshot(rule="b")["findings"]) == 2


def test_the_one_not_seen_for_longest_makes_room() -> None:
    journal = Journal(fingerprints=2)
    for rule in ("a", "b", "a", "c"):
        journal.accept(audit(finding(rule)))
    now = journal.snapshot()
    assert [each["rule"] for each in now["findings"]] == ["c", "a"]
    assert (now["total"], now["forgotten"]) == (2, 1)


def test_the_gravest_finding_of_a_service() -> None:
    journal = Journal()
    for rule, severity in (("mild", Severity.LOW), ("grave", Severity.HIGH), ("mild", Severity.LOW)):
        journal.accept(audit(finding(rule, severity=severity)))
    journal.accept(audit(service="quiet"))
    worst = {each["service"]: each["worst"] and each["worst"]["rule"] for each in journal.services()["services"]}
    assert worst == {"shop": "grave", "quiet": None}


def test_services_too_many_are_taken_together() -> None:
    journal = Journal(services=2)
    for number in range(10):
        journal.accept(audit(finding(service=f"s{number}"), service=f"s{number}"))
    services = {each["service"]: each for each in journal.services()["services"]}
    assert {name: each["exchanges"] for name, each in services.items()} == {"s0": 1, "s1": 1, "_other": 8}
    assert services["_other"]["worst"]["rule"] == "made-up"


def test_no_secret_is_kept() -> None:
    canary = "walrus"  # a word, so that no net for random characters catches it
    journal = Journal()
    engine = Engine(catalogue())
    text = (
        f"POST /login/ann.{canary}?token={canary}&ann.{canary}=1 HTTP/1.1\nHost: a.example\n"
        f"Authorization: Bearer {canary}\nCookie: sid={canary}\nContent-Type: application/json\nX-Other: {canary}\n\n"
        f'{{"password": "{canary}"}}\n'
        f"HTTP/1.1 401 {canary}\nContent-Type: application/json\nSet-Cookie: sid={canary}\n\n"
        f'{{"error": "bad token {canary}", "token": "{canary}"}}\n'
    )
    for exchange in exchanges(text):
        journal.accept(engine.audit(exchange))
    shown = journal.snapshot()
    assert shown["findings"]
    whole = [journal.finding(each["fingerprint"]) for each in shown["findings"]]
    assert canary not in json.dumps([shown, whole])


def test_looking_while_writing() -> None:
    journal = Journal(fingerprints=50, examples=3)
    done = threading.Event()
    problems: list[Any] = []

    def look() -> None:
        while not done.is_set():
            try:
                for each in journal.snapshot()["findings"][:5]:
                    journal.finding(each["fingerprint"])
            except Exception as error:  # noqa: BLE001 - to be shown by the test
                problems.append(error)
                return

    thread = threading.Thread(target=look)
    thread.start()
    for number in range(3000):
        journal.accept(audit(finding(route=f"/{number % 120}")))
    done.set()
    thread.join()
    assert problems == []
    assert journal.services()["totals"]["findings"] == 3000


def test_what_was_resolved_comes_back_when_it_happens_again() -> None:
    journal = Journal()
    found = finding()
    journal.accept(audit(found))
    assert journal.resolve(found.fingerprint)
    before = journal.snapshot()
    assert before["findings"][0]["state"] == "resolved"
    assert before["services"][0]["worst"] is None
    journal.accept(audit(found))
    after = journal.snapshot(before["revision"])
    assert (after["findings"][0]["state"], after["findings"][0]["count"]) == ("returned", 2)
    assert after["services"][0]["worst"]["fingerprint"] == found.fingerprint
    assert journal.resolve(found.fingerprint, resolved=False)
    assert journal.snapshot()["findings"][0]["state"] == "open"
    assert not journal.resolve("0123456789abcdef")


def test_those_that_went_are_named() -> None:
    journal = Journal(fingerprints=2)
    names = [finding(name) for name in "abc"]
    for each in names[:2]:
        journal.accept(audit(each))
    before = journal.snapshot()
    journal.accept(audit(names[2]))
    after = journal.snapshot(before["revision"])
    assert after["gone"] == [names[0].fingerprint]
    assert after["services"][0]["worst"]["fingerprint"] in {each.fingerprint for each in names[1:]}
    journal.clear()
    assert journal.snapshot(after["revision"])["gone"] is None
    assert journal.snapshot()["findings"] == []
    assert journal.snapshot()["totals"]["exchanges"] == 3
    for number in range(1100):
        journal.accept(audit(finding(f"rule-{number}")))
    assert journal.snapshot(after["revision"])["gone"] is None
    assert journal.snapshot(journal.snapshot()["revision"])["gone"] == []


def test_changes_come_in_parts_in_their_order() -> None:
    journal = Journal()
    for number in range(25):
        journal.accept(audit(finding(f"rule-{number}")))
    revision, seen = 0, []
    while part := journal.snapshot(revision, limit=10)["findings"]:
        revision = journal.snapshot(revision, limit=10)["revision"]
        seen.append({each["rule"] for each in part})
    assert seen == [{f"rule-{number}" for number in range(first, min(first + 10, 25))} for first in (0, 10, 20)]


def test_words_are_looked_for_in_examples_too() -> None:
    journal = Journal()
    journal.accept(audit(finding(trace="0af7651916cd43dd"), target="/orders/17"))
    journal.accept(audit(finding(trace=None), target="/orders/18"))
    for words in ("/orders/17", "0AF76519 made-up", "422 shop"):
        assert len(journal.snapshot(words=words)["findings"]) == 1
    assert journal.snapshot(words="/orders/19")["findings"] == []


def test_the_marker_says_whether_a_snapshot_would_differ() -> None:
    journal = Journal()
    markers = [journal.marker()]
    journal.accept(audit())
    markers.append(journal.marker())
    journal.accept(audit(finding()))
    markers.append(journal.marker())
    assert len(set(markers)) == 3
    assert journal.marker() == markers[-1]
