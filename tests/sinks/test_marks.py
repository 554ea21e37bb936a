"""The evidence of a finding is found in the messages, however it was shortened."""

from __future__ import annotations

import time

import pytest

from lab.audits import finding
from wirelint.core.masking import Message
from wirelint.sinks.marks import marks

BODY = '{\n  "ok": false,\n  "at": 3,\n  "message": "Coupon [redacted] has expired",\n  "q": "say \\"no\\""\n}'
REQUEST = Message("POST /login HTTP/1.1", (("Accept", "text/html"),), '{\n  "a": "x1y2"\n}')
RESPONSE = Message("HTTP/1.1 200 OK", (("Content-Type", "text/html"), ("Retry-After", "120")), BODY)


@pytest.mark.parametrize(
    ("evidence", "part", "text"),
    [
        ('"message": "Coupon [redacted] has expired"', "response.body", '"message": "Coupon [redacted] has expired"'),
        ("coupon [redacted] has…", "response.body", '"Coupon [redacted] has'),
        ('{"q": "say \\"no\\""}', "response.body", '"q": "say \\"no'),
        ("Content-Type: text/html", "response.field", "text/html"),
        ("Retry-After: 120", "response.field", "120"),
        ("POST /login", "request.line", "POST /login"),
        ('"a": "x1y2"', "request.body", '"a": "x1y2"'),
    ],
)
def test_evidence_is_found_where_it_stands(evidence: str, part: str, text: str) -> None:
    found = marks(REQUEST, RESPONSE, finding(evidence=evidence))
    assert [(each["part"], each["text"]) for each in found] == [("response.line", "200"), (part, text)]


def test_what_was_left_out_does_not_matter() -> None:
    found = marks(REQUEST, RESPONSE, finding(evidence='{"ok": false, "message": "Coupon [redacted] has expired"}'))
    texts = [each["text"] for each in found[1:]]
    assert texts[0] == '"ok": false'
    assert "has expired" in texts[-1]


def test_members_that_say_the_same_are_marked_once() -> None:
    said = Message("HTTP/1.1 400 Bad", (), '{\n  "error": "key is missing",\n  "message": "key is missing"\n}')
    found = marks(None, said, finding(evidence="key is missing key is missing"))
    assert [each["text"] for each in found] == ["400", '"key is missing"']


def test_the_status_line_is_marked_once() -> None:
    assert [each["text"] for each in marks(REQUEST, RESPONSE, finding(evidence="200 OK"))] == ["200", "200 OK"]
    assert marks(REQUEST, RESPONSE, finding(evidence="documented: 404")) == [
        {"part": "response.line", "name": "", "text": "200"}
    ]
    assert marks(REQUEST, None, finding(evidence="x")) == []


def test_any_evidence_is_looked_for_in_linear_time() -> None:
    long = Message("GET / HTTP/1.1", (), "a " * 16_000)
    begun = time.process_time()
    marks(long, long, finding(evidence="a " * 100))
    marks(long, long, finding(evidence="a, " * 60))
    assert time.process_time() - begun < 2
