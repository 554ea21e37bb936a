"""The severities that a rule says its findings can have are those that they have."""

from __future__ import annotations

from lab.rule import EVERY_RULE, run
from wirelint.core.finding import Severity
from wirelint.core.rule import Rule
from wirelint.rules import catalogue
from wirelint.settings.severities import severities


@EVERY_RULE
def test_each_finding_has_one_of_them(rule: Rule) -> None:
    known = severities(rule)
    assert known[0] is rule.severity
    assert len(set(known)) == len(known)
    assert {finding.severity for text in rule.bad for finding in run(rule.id, text)} <= set(known)


def test_some_rules_grade_their_findings() -> None:
    graded = {rule.id: severities(rule) for rule in catalogue() if len(severities(rule)) > 1}
    assert graded["body-status-contradiction"] == (Severity.MEDIUM, Severity.HIGH)
    assert 10 < len(graded) < len(catalogue()) / 2
