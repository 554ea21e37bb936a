"""The figures of benchmarks.scrape, which docs/scale.md uses."""

from __future__ import annotations

import pytest
from benchmarks.scrape import OPENMETRICS, filled, row, series

from wirelint.rules import catalogue
from wirelint.settings.selection import select

RULES = select(catalogue())


def count(rules: int, firing: int, routes: int) -> int:
    return series(filled(RULES[:rules], firing, routes).render(OPENMETRICS)[1])


@pytest.mark.parametrize(("firing", "routes"), [(1, 10), (5, 10), (20, 100)])
def test_series_grow_by_rules_and_by_pairs_of_rule_and_route(firing: int, routes: int) -> None:
    assert count(40, firing, routes) - count(40, 0, 0) == 2 * firing + firing * routes
    assert count(40, firing, routes) - count(20, firing, routes) == 4 * 20


def test_a_row_says_what_was_measured() -> None:
    cells = [cell.strip() for cell in row(RULES, 5, 10, rounds=1).strip("|").split("|")]
    assert cells[:3] == ["5", "10", str(count(len(RULES), 5, 10))]
    plain, small, render, squeeze = map(float, cells[3:])
    assert plain > small > 0 < render < 1000 > squeeze
