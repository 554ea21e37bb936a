"""Change one condition of the evidence or the memories at a time, and see whether a test notices.

    python -m benchmarks.mutants [--minutes 10] [--seed 1] [--only WORD]

A mutant that survives shows a condition that no test needs: write the test, or remove the condition.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

_ROOT: Final = Path(__file__).parent.parent
_PACKAGE: Final = Path("addons/wirelint")
_PARTS: Final = ("evidence", "history")
_SLOWEST: Final = 240.0
"""Seconds after which the tests of a mutant count as failed: it loops."""
_FLIPPED: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


class Mutant(NamedTuple):
    """A module with one change.

    Attributes:
        module: path below the package.
        line: number of the changed line.
        change: what was changed, for people.
        code: the module's new text.
    """

    module: Path
    line: int
    change: str
    code: str


def mutants(module: Path, code: str) -> Iterator[Mutant]:
    """Yield the module with one condition changed at a time.

    :param module: its path below the package.
    :param code: its text.
    """
    tree = ast.parse(code)
    for number, node in enumerate(ast.walk(tree)):
        for name in _changes(node):
            changed = copy.deepcopy(tree)
            target = next(each for at, each in enumerate(ast.walk(changed)) if at == number)
            before = ast.unparse(node.test if isinstance(node, ast.If) else node)
            _apply(target, name)
            yield Mutant(module, getattr(node, "lineno", 0), f"{name}: {before}"[:160], ast.unparse(changed))


def _changes(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _FLIPPED:
        yield "other comparison"
    elif isinstance(node, ast.BoolOp):
        yield from ("without the first condition", "without the last condition")
    elif isinstance(node, ast.If) and len(node.body) == 1 and isinstance(node.body[0], (ast.Return, ast.Continue)):
        yield "without the guard"


def _apply(node: ast.AST, name: str) -> None:
    if isinstance(node, ast.Compare):
        node.ops[0] = _FLIPPED[type(node.ops[0])]()
    elif isinstance(node, ast.BoolOp):
        neutral = ast.Constant(value=isinstance(node.op, ast.And))
        node.values[0 if "first" in name else -1] = neutral
    elif isinstance(node, ast.If):
        node.test = ast.Constant(value=False)


def suites_for(module: Path) -> list[str]:
    """Return the tests to run for a module: those that mirror it, then those of its part, then those of the rules."""
    mirror = Path("tests") / module.parent / f"test_{module.stem}.py"
    parts = [f"tests/{module.parts[0]}", "tests/rules"]
    return [str(mirror), *parts] if (_ROOT / mirror).exists() else parts


def survives(mutant: Mutant, folder: Path) -> bool:
    """Return whether all tests pass with a mutant in place.

    :param folder: a copy of the project.
    """
    file = folder / _PACKAGE / mutant.module
    original = file.read_text(encoding="utf-8")
    file.write_text(mutant.code, encoding="utf-8")
    try:
        return all(_passes(each, folder) for each in suites_for(mutant.module))
    finally:
        file.write_text(original, encoding="utf-8")


def _passes(tests: str, folder: Path) -> bool:
    environment = {**os.environ, "PYTHONPATH": str(folder / "addons"), "PYTHONDONTWRITEBYTECODE": "1"}
    words = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-m", "not e2e", tests]
    try:
        done = subprocess.run(  # noqa: S603 - our own words
            words, cwd=folder, env=environment, capture_output=True, timeout=_SLOWEST, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def main() -> None:
    """Test mutants in random order until the time is over, and print those that survive."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="a part of the module's path")
    options = parser.parse_args()
    package = _ROOT / _PACKAGE
    modules = [file for part in _PARTS for file in sorted((package / part).rglob("*.py")) if options.only in str(file)]
    found = [each for file in modules for each in mutants(file.relative_to(package), file.read_text(encoding="utf-8"))]
    random.Random(options.seed).shuffle(found)  # noqa: S311 - a sample
    started = time.monotonic()
    tried, alive, end = 0, 0, started + 60 * options.minutes
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("addons", "tests", "benchmarks", "docs"):
            shutil.copytree(_ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(_ROOT / "pyproject.toml", folder)
        if broken := [
            each for each in (*(f"tests/{part}" for part in _PARTS), "tests/rules") if not _passes(each, folder)
        ]:
            parser.exit(1, f"tests fail without any change: {', '.join(broken)}\n")
        end += time.monotonic() - started
        for mutant in found:
            if time.monotonic() > end:
                break
            tried += 1
            if survives(mutant, folder):
                alive += 1
                sys.stdout.write(f"{mutant.module}:{mutant.line}: {mutant.change}\n")
                sys.stdout.flush()
    sys.stdout.write(f"{tried} of {len(found)} mutants tried, {alive} survived\n")


if __name__ == "__main__":
    main()
