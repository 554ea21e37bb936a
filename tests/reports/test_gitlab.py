"""Code quality as GitLab reads it: the members that its documentation requires, and unique fingerprints."""

from __future__ import annotations

import json

import jsonschema

from lab.audits import audit, finding
from lab.reports import HOSTILE, report
from wirelint.core.finding import Severity
from wirelint.core.origin import Origin

TEXT = {"type": "string", "minLength": 1}
SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": TEXT,
            "check_name": TEXT,
            "fingerprint": TEXT,
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": TEXT,
                    "lines": {"type": "object", "required": ["begin"], "properties": {"begin": {"type": "integer"}}},
                },
            },
        },
    },
}


def test_issues() -> None:
    audits = [audit(finding(severity=level, service=str(level), origin=Origin("a.har", 7))) for level in Severity]
    issues = json.loads(report("gitlab", *audits, audits[-1]))
    jsonschema.validate(issues, SCHEMA)
    assert [issue["severity"] for issue in issues] == ["critical", "major", "minor", "info"]
    assert len({issue["fingerprint"] for issue in issues}) == 4
    assert issues[0]["description"] == "GET high /orders/{id} 200 → 422: 200 with an error in it (a.har#7, #7)"
    assert issues[0]["location"] == {"path": "a.har", "lines": {"begin": 1}}


def test_nothing_found() -> None:
    assert json.loads(report("gitlab", audit())) == []


def test_hostile_text() -> None:
    text = report("gitlab", audit(finding(message=HOSTILE, origin=Origin("a\udcff\x1b.har", 0))))
    jsonschema.validate(json.loads(text), SCHEMA)
    assert "\\u001b" not in text
