"""What a refresh of the overview reads, on a real Prometheus with recorded series."""

from __future__ import annotations

from benchmarks.panels import LIMIT, Panel, overview, table

from tools import require_tool

SERVICES = 10


def test_a_refresh_of_the_overview_at_a_hundred_services_stays_below_the_limit() -> None:
    require_tool("prometheus")
    read = overview(SERVICES)
    assert [panel.title for panel in read if panel.series == 0] == []
    assert 0 < sum(panel.samples for panel in read) * 100 / SERVICES < LIMIT


def test_the_table_has_a_sum() -> None:
    text = table([Panel("Exchanges", 1, 1200, 1), Panel("Unknown", 2, 400, 1)], {"ratios": 84, "all": 137})
    assert "| Exchanges | 1 | 1,200 |" in text
    assert "| **all** | 3 | **1,600** |" in text
    assert "record 137 series of a service at which five rules fired on ten routes: 84 ratios." in text
