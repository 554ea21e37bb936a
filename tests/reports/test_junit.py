"""JUnit XML as CI reads it."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

from lab.audits import RULE, audit, finding, plan, rule
from lab.reports import HOSTILE, report
from tools import require_library
from wirelint.core.finding import Severity
from wirelint.core.origin import Origin
from wirelint.sources import Skipped

OTHER = rule("other", Severity.INFO)


def suites(*audits: Any, **more: Any) -> dict[str, Any]:
    """Return the suites by name, as a CI library reads them."""
    read = require_library("junitparser").JUnitXml.fromstring(report("junit", *audits, **more).encode())
    found = {suite.name: suite for suite in read}
    assert read.tests == sum(suite.tests for suite in found.values())
    assert read.failures == sum(suite.failures for suite in found.values())
    return found


def test_what_could_have_fired_and_did_not_has_passed() -> None:
    shop = suites(audit(plan=plan(RULE, OTHER)), audit(service="pay"))["shop"]
    assert [(case.name, case.classname, case.is_passed) for case in shop] == [
        ("made-up", "shop", True),
        ("other", "shop", True),
    ]
    assert (shop.tests, shop.failures) == (2, 0)


def test_a_finding_as_severe_as_the_gate_fails() -> None:
    at = [audit(finding(origin=Origin("a.har", number)), plan=plan(RULE, OTHER)) for number in (1, 4)]
    mild = audit(finding("other", severity=Severity.INFO), plan=plan(RULE, OTHER))
    shop = suites(*at, mild)["shop"]
    failed, passed = list(shop)
    (failure,) = failed.result
    assert (failure.message, failure.type) == ("200 with an error in it", "medium")
    assert failure.text == "medium ×2 GET /orders/{id} 200 → 422: 200 with an error in it [a.har#1, #4]"
    assert passed.is_passed
    assert passed.system_out.startswith("info GET /orders/{id}")


def test_no_gate_no_failure() -> None:
    (case,) = suites(audit(finding()), fail_on=None)["shop"]
    assert case.is_passed
    assert "200 with an error in it" in case.system_out


def test_files_are_cases() -> None:
    skipped = [Skipped(1, "not HTTP"), Skipped(2, "not HTTP")]
    made = suites(files=("a.har", "b.har"), skipped=skipped, failures=[("b.har", "b.har: empty")])["files"]
    good, bad = list(made)
    assert (good.name, good.is_passed, good.system_out) == ("a.har", True, "skipped 2 records: not HTTP")
    assert (bad.name, bad.result[0].message) == ("b.har", "b.har: empty")
    assert (made.tests, made.errors) == (2, 1)


def test_anything_may_come_over_the_wire() -> None:
    odd = "".join(map(chr, range(0x20))) + HOSTILE + "\ufffe\ud800"
    text = report("junit", audit(finding(message=odd, service=odd, route=odd), service=odd), files=(odd,))
    root = ET.fromstring(text.encode())
    failures = root.findall(".//failure")
    assert len(failures) == 1
    assert "</script><img src=x" in failures[0].get("message", "")
    assert not (set(map(chr, range(0x20))) - {"\n"}) & set(failures[0].get("message", ""))
