"""Learned routes are measured on path templates of public APIs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from benchmarks import routes


def test_nearly_all_learned_routes_are_the_template() -> None:
    scores = [routes.score(each, 2000) for each in routes.templates(routes.TEMPLATES).values()]
    assert len(scores) == 7
    assert sum(each.learned for each in scores) / len(scores) >= 0.95
    assert sum(each.static for each in scores) / len(scores) < 0.9


def test_nearly_all_are_if_few_values_come_again_and_again() -> None:
    scores = [routes.score(each, 2000, again=0.9) for each in routes.templates(routes.TEMPLATES).values()]
    assert sum(each.learned for each in scores) / len(scores) >= 0.95


def test_a_table_of_providers(capsys: pytest.CaptureFixture[str]) -> None:
    routes.main(["--requests", "50"])
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()][-2:] == ["twilio", "mean"]


def test_recorded_requests_are_compared_with_the_template_that_they_fit(tmp_path: Path) -> None:
    def entry(path: str, status: int) -> dict[str, object]:
        request = {"method": "GET", "url": f"http://shop.example{path}", "headers": [], "httpVersion": "HTTP/1.1"}
        response = {"status": status, "headers": [], "content": {"text": "", "size": 0}, "httpVersion": "HTTP/1.1"}
        return {"request": request, "response": response, "startedDateTime": "2026-01-01T00:00:00Z", "time": 1}

    # The third fits no template, the fourth is not there, and the last has a value that the route keeps.
    paths = [("/api/users/7", 200), ("/users/8/orders", 200), ("/other", 200), ("/users/9", 404), ("/users/me", 200)]
    capture = tmp_path / "shop.har"
    capture.write_text(json.dumps({"log": {"version": "1.2", "entries": [entry(*each) for each in paths]}}))
    scored = routes.score_recorded(["/users/{id}", "/users/{id}/orders"], [capture])
    assert (scored.requests, scored.routes) == (3, 3)
    assert scored.learned == pytest.approx(2 / 3)
