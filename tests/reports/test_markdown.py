"""Markdown for pull requests: whatever came over the wire is in code spans, and all of it fits into a comment."""

from __future__ import annotations

import re

import pytest

from lab.audits import audit, finding
from lab.reports import HOSTILE, report
from wirelint.core.finding import Severity
from wirelint.core.origin import Origin
from wirelint.sources import Skipped

SPAN = re.compile(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)")
"""A code span (CommonMark §6.1)."""


def test_a_table_of_findings() -> None:
    text = report("markdown", *[audit(finding(origin=Origin("a.har", number))) for number in (1, 2)])
    lines = text.splitlines()
    assert lines[0] == "### wirelint: 2 findings (2 medium) in 2 exchanges of 1 service"
    assert "| 🟠 medium | `made-up` | `GET shop /orders/{id}` | 200 → 422 | `200 with an error in it` | 2 |" in lines


def test_nothing_found() -> None:
    assert report("markdown", audit()) == "### wirelint: 0 findings in 1 exchange of 1 service\n"


@pytest.mark.parametrize("text", [HOSTILE, "`", "``", "a ```` b", "\\", "\\|", "x\\\\| @all", "`|`", " ` ", "|"])
def test_nothing_from_the_wire_is_markup(text: str) -> None:
    rows = [line for line in report("markdown", audit(finding(message=text, route=text))).splitlines() if "🟠" in line]
    (row,) = rows
    assert row.count("|") == 7
    outside = SPAN.sub("", row)
    assert re.fullmatch(r"\| 🟠 medium \|  \|  \| 200 → 422 \|  \| 1 \|", outside), row


def test_it_fits_into_a_comment() -> None:
    many = [
        audit(finding(service=f"shop-{number}", severity=Severity.LOW, message="m" * 300)) for number in range(2000)
    ]
    text = report("markdown", audit(finding(severity=Severity.HIGH)), *many)
    assert len(text.encode()) < 65_000
    assert "🔴 high" in text.splitlines()[4]
    shown = text.count("🔵")
    assert f"… and {2000 - shown:,} findings more" in text


def test_what_was_left_out() -> None:
    text = report("markdown", skipped=[Skipped(1, "not HTTP")], failures=[("b.har", "b.har: `empty`")])
    assert "> **cannot be audited:** ``b.har: `empty` ``\n" in text.replace("`` b.har", "``b.har")
    assert "1 record skipped.\n" in text
