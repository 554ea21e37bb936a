"""Mutants differ from the module in one condition."""

from __future__ import annotations

from pathlib import Path

from benchmarks.mutants import mutants, suites_for

CODE = """
def f(a, b):
    if a is None:
        return 0
    return a < b and b != 3
"""


def test_each_condition_is_changed_alone() -> None:
    found = list(mutants(Path("evidence/x.py"), CODE))
    assert {(each.line, each.change) for each in found} == {
        (3, "without the guard: a is None"),
        (3, "other comparison: a is None"),
        (5, "without the first condition: a < b and b != 3"),
        (5, "without the last condition: a < b and b != 3"),
        (5, "other comparison: a < b"),
        (5, "other comparison: b != 3"),
    }
    assert len({each.code for each in found}) == 6
    guarded = next(each for each in found if each.change.startswith("without the guard"))
    assert "if False:" in guarded.code
    flipped = next(each for each in found if each.change == "other comparison: a < b")
    assert "a <= b" in flipped.code


def test_the_tests_that_mirror_a_module_come_first() -> None:
    assert suites_for(Path("evidence/texts.py"))[0] == str(Path("tests/evidence/test_texts.py"))
    assert suites_for(Path("history/nothing.py")) == ["tests/history", "tests/rules"]
