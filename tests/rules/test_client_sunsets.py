"""Calls after the end that was announced: by the response itself, or by one before it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from lab.rule import audit, notes, of
from lab.story import later, times, turn
from wirelint.core.finding import Confidence, Finding, Severity
from wirelint.core.wire import exchanges
from wirelint.rules import catalogue

END = "Sunset: Sat, 03 Jan 2026 20:00:00 GMT"
BEFORE = "Date: Sat, 03 Jan 2026 08:00:00 GMT"
AFTER = "Date: Mon, 05 Jan 2026 08:00:00 GMT"
ANNOUNCED = turn("GET /v1/orders", 200, "[]", BEFORE, END) + later(172_800)


def ended(*fields: str, status: int = 200) -> list[Finding]:
    return of("sunset-ignored", turn("GET /v1/orders", status, "[]", *fields))


def test_calls_after_the_end() -> None:
    (finding,) = ended(AFTER, END)
    assert (finding.severity, finding.confidence) == (Severity.INFO, Confidence.CERTAIN)
    assert finding.message == "the client calls what was to end 1.5 days ago"
    assert finding.evidence == END
    assert len(ended(AFTER, END, status=410)) == 1


def test_nobody_is_told_unless_they_ask() -> None:
    (rule,) = (each for each in catalogue() if each.id == "sunset-ignored")
    assert not rule.default


def test_a_minute_is_granted() -> None:
    date = "Date: Mon, 05 Jan 2026 08:01:00 GMT"
    assert ended(date, "Sunset: Mon, 05 Jan 2026 08:00:00 GMT") == []
    assert len(ended(date, "Sunset: Mon, 05 Jan 2026 07:59:59 GMT")) == 1


def test_without_a_date_the_clock_here_counts() -> None:
    past, to_come = "Sunset: Thu, 01 Jan 1970 00:10:00 GMT", END
    assert len(ended(past)) == 1
    assert ended(to_come) == []
    (exchange,) = exchanges(turn("GET /v1/orders", 200, "[]", past))
    assert audit("sunset-ignored", replace(exchange, timestamp=None)) == []


@pytest.mark.parametrize("value", ["soon", "@1767398400", "2026-01-03", ""])
def test_dates_that_cannot_be_read(value: str) -> None:
    assert ended(AFTER, f"Sunset: {value}") == []


# An earlier response announced the end


@pytest.mark.parametrize("status", [301, 304, 401, 404, 410, 500])
def test_calls_that_are_served_no_more(status: int) -> None:
    (finding,) = of("sunset-ignored", ANNOUNCED, turn("GET /v1/orders", status, "", AFTER))
    assert (finding.severity, finding.confidence) == (Severity.INFO, Confidence.CERTAIN)
    assert finding.message == "the client calls what was to end 1.5 days ago"
    assert finding.evidence == END
    assert notes(finding) == ["announced the end", "sent 1.5 days after it"]


def test_calls_that_nobody_answers() -> None:
    gone = "GET /v1/orders HTTP/1.1\nHost: shop.example\n\n# failure: connect refused\n"
    told = list(exchanges(ANNOUNCED + gone))
    late = [told[0], replace(told[1], timestamp=1767600000.0)]
    assert [finding.evidence for finding in audit("sunset-ignored", *late)] == [END]
    assert audit("sunset-ignored", told[0], replace(told[1], timestamp=1767400000.0)) == []


def test_the_end_is_told_by_the_route_once_it_was_told_of_the_resource() -> None:
    item = turn("GET /v1/orders/17", 200, "{}", BEFORE, END) + later(172_800)
    (same,) = of("sunset-ignored", item, turn("GET /v1/orders/17", 410, "", AFTER))
    (other,) = of("sunset-ignored", item, turn("GET /v1/orders/18", 410, "", AFTER))
    assert (same.confidence, other.confidence) == (Confidence.CERTAIN, Confidence.WEAK)
    (paged,) = of("sunset-ignored", ANNOUNCED, turn("GET /v1/orders?page=2", 410, "", AFTER))
    assert paged.confidence is Confidence.CERTAIN


def test_what_was_announced_for_others_is_nothing_to_this_one() -> None:
    assert of("sunset-ignored", ANNOUNCED, turn("GET /v2/orders", 410, "", AFTER)) == []
    elsewhere = turn("GET /v1/orders", 410, "", AFTER, asked=("Host: pay.example",))
    assert of("sunset-ignored", ANNOUNCED, elsewhere) == []


def test_before_the_end_nothing_is_late() -> None:
    assert of("sunset-ignored", ANNOUNCED, turn("GET /v1/orders", 404, "", BEFORE)) == []


def test_a_success_takes_the_announcement_back() -> None:
    served = turn("GET /v1/orders", 200, "[]", AFTER)
    gone = later(60) + turn("GET /v1/orders", 410, "", AFTER)
    assert of("sunset-ignored", ANNOUNCED, served, gone) == []
    refused = turn("GET /v1/orders", 401, "", BEFORE)
    assert len(of("sunset-ignored", ANNOUNCED, refused, gone)) == 1


def test_an_end_that_was_put_off() -> None:
    put_off = turn("GET /v1/orders", 200, "[]", BEFORE, "Sunset: Sat, 03 Oct 2026 20:00:00 GMT")
    assert of("sunset-ignored", ANNOUNCED, put_off, later(60), turn("GET /v1/orders", 410, "", AFTER)) == []


def test_the_same_call_with_the_same_answer_is_told_once_for_some_seconds() -> None:
    late = turn("GET /v1/orders", 200, "[]", AFTER, END)
    assert len(of("sunset-ignored", times(4, late, every=1))) == 1
    assert len(of("sunset-ignored", times(4, late, every=10))) == 4
    assert len(of("sunset-ignored", ANNOUNCED, times(4, turn("GET /v1/orders", 410, "", AFTER), every=1))) == 4
