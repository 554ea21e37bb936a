"""Findings as JSON lines."""

from __future__ import annotations

import json

import msgspec
import pytest

from wirelint.core import wire
from wirelint.core.engine import Engine
from wirelint.core.finding import Finding
from wirelint.core.origin import Origin
from wirelint.rules import catalogue
from wirelint.settings.selection import select
from wirelint.sinks import published


@pytest.fixture
def finding() -> Finding:
    (exchange,) = wire.exchanges("GET /a HTTP/1.1\nHost: a\n\nHTTP/1.1 401 Unauthorized\n\n", service="shop")
    (found,) = Engine(select(catalogue(), ["unauthorized-without-challenge"])).audit(exchange).findings
    return found


def test_a_live_finding_has_no_source(finding: Finding) -> None:
    told = json.loads(published.line(finding))
    assert told["source"] is None
    assert told["direction"] == "inbound"


def test_a_file_name_that_is_no_unicode(finding: Finding) -> None:
    odd = msgspec.structs.replace(finding, origin=Origin("a\udcff.har", 3))
    assert json.loads(published.line(odd))["source"] == {"file": "a?.har", "index": 3}


@pytest.mark.parametrize(
    ("timestamp", "text"),
    [
        (None, None),
        (0.0, "1970-01-01T00:00:00.000Z"),
        (1767323045.678, "2026-01-02T03:04:05.678Z"),
        (1.9996, "1970-01-01T00:00:02.000Z"),
        (-1.5, "1969-12-31T23:59:58.500Z"),
    ],
)
def test_times(timestamp: float | None, text: str | None) -> None:
    assert published.time_text(timestamp) == text
