"""Learned routes are measured on path templates of public APIs."""

from __future__ import annotations

import pytest
from benchmarks import routes


def test_nearly_all_learned_routes_are_the_template() -> None:
    scores = [routes.score(each, 2000) for each in routes.templates(routes.TEMPLATES).values()]
    assert len(scores) == 7
    assert sum(each.learned for each in scores) / len(scores) >= 0.95
    assert sum(each.static for each in scores) / len(scores) < 0.9


def test_a_table_of_providers(capsys: pytest.CaptureFixture[str]) -> None:
    routes.main(["--requests", "50"])
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()][-2:] == ["twilio", "mean"]
