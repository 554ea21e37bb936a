"""What the README says about cost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from wirelint.gen import costs, readme
from wirelint.gen.__main__ import main

FRONT = f"# wirelint\n\n{readme.BEGIN}\n{readme.END}\n\n{costs.BEGIN}\nstale words\n{costs.END}\n\nthe rest\n"
OURS = {"rate": 2474.0, "p50": 6.41, "p99": 8.4, "cpu": 405.0}
SMALL = {
    "title": "1 KiB of JSON",
    "rounds": 6,
    "date": "2026-11-21",
    "where": "some machine",
    "audited": {"responses": 100, "exchanges": 104, "findings": 0, "skipped": 2, "dropped": 1},
    "contenders": {"wirelint proxy": OURS | {f"{each}_ratio": 0.5 for each in OURS}},
}
ALL = {
    "Scrapes": {},
    "Small": SMALL,
    "Engine": {
        "kinds": {"200, 1 KiB JSON, clean": {"median": 10.4}},
        "recorded": {"mean": 84.7, "peer": 321.0},
    },
    "Streams": {"contenders": {"wirelint proxy": {"late_p50": 0.07, "growth": 1.2}}},
    "Workers": SMALL | {"beside_one": {"rate": 1.72}},
    "Soak": {
        "exchanges": {
            "1000000": {"whole": 130.0, "resident": 81.0},
            "1000": {"whole": 90.0, "resident": 50.0},
            "100000": {"whole": 120.0, "resident": 79.0},
        }
    },
}


def told(**changes: Any) -> dict[str, Any]:
    return ALL | changes


def test_figures_are_quoted() -> None:
    text = costs.block(ALL)
    assert "| 1 KiB of JSON | 2474 | 0.50 | 6.4 | 0.50 | 8.4 | 0.50 | 405 | 0.50 |" in text
    assert "104 exchanges audited, 1 dropped, the content of 2 not looked at" in text
    assert "10 µs for 1 KiB of clean JSON" in text
    assert "take 85 µs on average" in text
    assert "120 µs after 100,000 exchanges and 130 µs after 1,000,000; memory is at 79 and 81 MiB" in text
    assert "0.07 ms after it was sent; a gibibyte each way adds 1.2 MiB" in text
    assert "`--workers 2` serves 1.7 times as many requests as one process" in text
    assert text.count("| 1 KiB of JSON |") == 1
    assert "medians of 6 interleaved rounds" in text
    assert "2026-11-21; some machine" in text


def test_what_was_not_measured_is_not_told() -> None:
    text = costs.block({"Small": SMALL})
    assert "KiB of clean" not in text
    assert "Recorded" not in text
    assert "gibibyte" not in text
    assert "ever new" not in text
    assert "workers" not in text
    assert costs.block({}) == "Not measured yet: `make bench`."


def test_results_that_are_malformed() -> None:
    with pytest.raises(ValueError, match="malformed"):
        costs.block(told(Small=SMALL | {"audited": {}}))
    with pytest.raises(ValueError, match="malformed"):
        costs.block(told(Small=[]))


def test_check_sees_new_results(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "README.md").write_text(FRONT)
    assert main([], tmp_path) == 0
    assert "stale words" in (tmp_path / "README.md").read_text()
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks/results.json").write_text(json.dumps(ALL))
    assert main(["--check"], tmp_path) == 1
    assert "README.md is stale" in capsys.readouterr().err
    assert main([], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0
    front = (tmp_path / "README.md").read_text()
    assert "stale words" not in front
    assert "| 1 KiB of JSON | 2474 |" in front
    assert front.endswith("\n\nthe rest\n")
