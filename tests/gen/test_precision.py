"""The page about precision says what was measured, and the measuring reads the truth as it is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from benchmarks.precision import main, truth_of

from wirelint.gen import precision
from wirelint.rules import catalogue

RULE = "unauthorized-without-challenge"
SILENT = {"opportunities": 0, "findings": 0, "services": 0, "hits": 0, "breaches": 0}
FIRED = {"opportunities": 1234, "findings": 9, "services": 2, "hits": 7, "breaches": 1}
JUDGE = """
import json
for index, verdict in enumerate(["BAD", "OK", "OK", "DEBATE"]):
    at = 1 if index == 2 else index
    print(json.dumps({"target": "a", "i": at, "rule": "400-for-409", "verdict": verdict}))
print(json.dumps({"target": "a", "i": 1, "rule": "401-no-www-auth", "verdict": "BAD"}))
"""
SCORE = """
FIND = {"400-for-409": ["bad-request-for-conflict"], "401-no-www-auth": ["unauthorized-without-challenge"]}
FORBID = FIND
DUTIES = ["401-no-www-auth"]
KNOWN = {"bad-request-for-conflict", "unauthorized-without-challenge"}
"""


def figures(**rules: dict[str, int]) -> dict[str, object]:
    named = {name.replace("_", "-"): each for name, each in rules.items()}
    return {"exchanges": 5000, "services": 3, "rules": named}


def test_the_page_has_a_row_for_each_rule_that_could_fire() -> None:
    text = precision.page(catalogue(), figures(unauthorized_without_challenge=FIRED), figures(allow_header_lies=SILENT))
    assert f"| [{RULE}](rules.md#{RULE}) | 1,234 | 9 | 7 | 1 | 0 | 0 | 0 | 0 |" in text
    assert "| **all** | 1,234 | 9 | 7 | 1 | 0 | 0 | 0 | 0 |" in text
    assert "[allow-header-lies]" not in text
    assert "`allow-header-lies`" in text
    assert "7 faults found and 1 false alarms" in text


def test_the_truth_of_flows_becomes_labels(tmp_path: Path) -> None:
    (tmp_path / "judge.py").write_text(JUDGE)
    (tmp_path / "score.py").write_text(SCORE)
    labels, rules = truth_of(tmp_path)
    assert labels["a.mitm", 0].expect == ("find 400-for-409",)
    assert labels["a.mitm", 1].forbid == ("forbid 400-for-409", "forbid 400-for-409")
    assert labels["a.mitm", 3].expect == labels["a.mitm", 3].forbid == ()
    assert "unexpected-input-as-500" in rules["find 400-for-409"]
    assert rules["find 401-no-www-auth"] == {RULE}
    assert "unexpected-input-as-500" in rules["forbid 400-for-409, new"]


def test_a_folder_without_a_truth(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path), str(tmp_path), "--to", str(tmp_path)]) == 2
    assert "labels.jsonl" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_both_sets_are_written(tmp_path: Path) -> None:
    (tmp_path / "judge.py").write_text(JUDGE)
    (tmp_path / "score.py").write_text(SCORE)
    (tmp_path / "labels.jsonl").write_text("")
    (tmp_path / "label-map.json").write_text("{}")
    (tmp_path / "flows").mkdir()
    assert main([str(tmp_path), str(tmp_path), "--to", str(tmp_path)]) == 0
    written = [json.loads((tmp_path / name).read_text()) for name in ("corpus.json", "live.json")]
    assert [each["exchanges"] for each in written] == [0, 0]
