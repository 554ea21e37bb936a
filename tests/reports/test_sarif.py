"""SARIF as code scanning reads it."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from lab.audits import RULE, audit, finding, rule
from lab.reports import HOSTILE, report
from tools import require_library
from wirelint.core.finding import Finding, Severity
from wirelint.core.origin import Origin
from wirelint.core.visit import Step
from wirelint.rules import catalogue
from wirelint.sources import Skipped


def found(index: int = 17, **changes: Any) -> Finding:
    return finding(origin=Origin("a.har", index), **changes)


def run(*audits: Any, **more: Any) -> dict[str, Any]:
    log = json.loads(report("sarif", *audits, **more))
    require_library("sarif_pydantic").Sarif.model_validate(log)
    assert log["version"] == "2.1.0"
    (one,) = log["runs"]
    assert isinstance(one, dict)
    return one


def test_a_result_says_what_where_and_how_often() -> None:
    (result,) = run(audit(found(17)), audit(found(20)))["results"]
    assert (result["ruleId"], result["ruleIndex"], result["level"]) == ("made-up", 0, "warning")
    assert result["message"]["text"] == "GET shop /orders/{id} 200 → 422: 200 with an error in it"
    assert result["occurrenceCount"] == 2
    assert result["partialFingerprints"] == {"wirelintFingerprint/v1": found().fingerprint}
    assert result["suppressions"] == []
    first, second = result["locations"]
    assert first["physicalLocation"] == {"artifactLocation": {"uri": "a.har"}}
    assert [each["fullyQualifiedName"] for each in first["logicalLocations"]] == ["a.har#17", "shop GET /orders/{id}"]
    assert second["logicalLocations"][0]["name"] == "#20"
    assert result["properties"]["suggestedStatus"] == 422


@pytest.mark.parametrize(
    ("severity", "level"),
    [(Severity.HIGH, "error"), (Severity.MEDIUM, "warning"), (Severity.LOW, "note"), (Severity.INFO, "note")],
)
def test_levels_follow_severities(severity: Severity, level: str) -> None:
    made = run(audit(found(severity=severity)), rules=(rule(severity=severity),))
    assert made["results"][0]["level"] == level
    assert made["tool"]["driver"]["rules"][0]["defaultConfiguration"]["level"] == level


def test_each_rule_of_the_catalogue_explains_itself() -> None:
    rules = run(rules=catalogue())["tool"]["driver"]["rules"]
    assert [each["id"] for each in rules] == [each.id for each in catalogue()]
    for each in rules:
        assert each["helpUri"].startswith("https://"), each["id"]
        assert each["help"]["markdown"].startswith("## What it does\n\n")
        assert "How to fix" in each["help"]["text"]
        assert len(each["fullDescription"]["text"]) > 30


def test_accepted_findings_are_suppressed_results() -> None:
    made = run(
        audit(suppressed=(found(),)), audit(finding("other", origin=Origin("a.har", 3))), rules=(RULE, rule("other"))
    )
    shown, accepted = made["results"]
    assert (shown["ruleId"], shown["suppressions"]) == ("other", [])
    (suppression,) = accepted["suppressions"]
    assert accepted["ruleId"] == "made-up"
    assert (suppression["kind"], suppression["status"]) == ("external", "accepted")
    assert "known since the start" in suppression["justification"]


def test_the_invocation_says_what_was_left_out() -> None:
    (invocation,) = run()["invocations"]
    assert invocation == {"executionSuccessful": True, "toolExecutionNotifications": []}
    skipped = [Skipped(3, "not HTTP"), Skipped(5, "not HTTP"), Skipped(6, "cut off")]
    (invocation,) = run(skipped=skipped, failures=[("b c.har", "b c.har: empty")])["invocations"]
    assert not invocation["executionSuccessful"]
    notes = invocation["toolExecutionNotifications"]
    assert [(note["level"], note["message"]["text"]) for note in notes] == [
        ("error", "b c.har: empty"),
        ("note", "skipped 2 records, the first at #3: not HTTP"),
        ("note", "skipped #6: cut off"),
    ]
    assert notes[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "b%20c.har"


def test_the_exchanges_that_prove_it_are_related_locations() -> None:
    steps = [
        Step(
            exchange_id=str(number),
            service="shop",
            request="GET /me",
            outcome=outcome,
            note="refused" if number else "",
            timestamp=None,
            origin=Origin("a.har", number),
        )
        for number, outcome in enumerate(("200", "401"))
    ]
    (result,) = run(audit(msgspec.structs.replace(found(), story=tuple(steps))))["results"]
    related = result["relatedLocations"]
    assert [each["message"]["text"] for each in related] == ["GET /me → 200", "GET /me → 401  refused"]
    assert [each["logicalLocations"][0]["name"] for each in related] == ["#0", "#1"]


def test_text_from_the_wire_makes_no_link() -> None:
    (result,) = run(audit(found(message=HOSTILE)))["results"]
    assert r"\[b\](http://evil.example)" in result["message"]["text"]
    assert "\x1b" not in result["message"]["text"]


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("traffic/a b.har", "traffic/a%20b.har"),
        ("/tmp/ä.har", "file:///tmp/%C3%A4.har"),
        ("http:x.har", "http%3Ax.har"),
        ("a\udcff.har", "a%FF.har"),
        ("-", "-"),
    ],
)
def test_files_are_uris(file: str, uri: str) -> None:
    made = run(audit(finding(origin=Origin(file, 0))), files=(file,))
    assert made["artifacts"][0]["location"]["uri"] == uri
    location = made["results"][0]["locations"][0]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == uri
