"""The same is found every time, also under load."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lab.repeats import EXPECTED, repeat

RUNS = 5


@pytest.mark.parametrize("workers", [1, 2])
def test_each_run_of_one_script_finds_the_same(tmp_path: Path, workers: int) -> None:
    if workers > 1 and sys.platform != "linux":
        pytest.skip("other systems do not spread connections")
    found = repeat(RUNS, tmp_path, "--workers", str(workers))
    assert {rule: found[rule] for rule in EXPECTED} == dict.fromkeys(EXPECTED, RUNS)
