"""Run ``python -m benchmarks.precision CORPUS LIVE``: measure each rule, for ``docs/precision.md`` and the reference.

``CORPUS`` is a folder of captures with ``labels.jsonl`` and ``label-map.json``. ``LIVE`` is a folder of recorded flows
with a written truth: ``judge.py --expand`` prints a verdict (BAD, OK, DEBATE) for each judged exchange. ``score.py``
says which rules find which fault (``FIND``) and which must be silent at which trap (``FORBID``).
"""

from __future__ import annotations

import argparse
import json
import runpy
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.corpus.captures import Captures
from benchmarks.corpus.report import Label, count, report
from wirelint.rules import catalogue

Labels = tuple[dict[tuple[str, int], Label], Mapping[str, frozenset[str]]]


def main(arguments: list[str] | None = None) -> int:
    """Measure, and write ``docs/corpus.json`` and ``docs/live.json``; exit code 2 if a folder has no truth."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.precision", description=__doc__)
    parser.add_argument("corpus", type=Path, help="captures with labels.jsonl and label-map.json")
    parser.add_argument("live", type=Path, help="folder flows/ of mitmproxy flows, beside judge.py and score.py")
    parser.add_argument("--to", type=Path, default=Path("docs"), metavar="FOLDER", help="where to write (docs)")
    chosen = parser.parse_args(arguments)
    needed = [chosen.corpus / "labels.jsonl", chosen.live / "judge.py", chosen.live / "score.py"]
    if missing := [path for path in needed if not path.is_file()]:
        print(f"no {missing[0]}: name a folder that has a truth", file=sys.stderr)
        return 2
    recorded = report(Captures(chosen.corpus).exchanges(), chosen.corpus)
    live = count(Captures(chosen.live / "flows").exchanges(), *truth_of(chosen.live))
    for name, counted in (("corpus.json", recorded), ("live.json", live)):
        (chosen.to / name).write_text(counted.as_json(), encoding="utf-8", newline="\n")
        print(f"wrote {chosen.to / name}; `make gen` puts it into the documents")
    return 0


def truth_of(folder: Path) -> Labels:
    """Return the truth of recorded flows as labels by place, and the rules of each label.

    :raises subprocess.CalledProcessError: the truth does not fit the flows.
    """
    score: Mapping[str, Any] = runpy.run_path(str(folder / "score.py"))
    new = frozenset(rule.id for rule in catalogue()) - score["KNOWN"]
    command = [sys.executable, str(folder / "judge.py"), "--expand"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()  # noqa: S603 - ours
    judged: dict[tuple[str, int], list[Mapping[str, Any]]] = defaultdict(list)
    for row in map(json.loads, lines):
        judged[f"{row['target']}.mitm", row["i"]].append(row)
    stand_for = {f"find {name}": _known(rules) | _new(name, new, score) for name, rules in score["FIND"].items()}
    for name, rules in score["FORBID"].items():
        stand_for[f"forbid {name}"] = _known(rules)
        stand_for[f"forbid {name}, new"] = _known(rules) | new
    return {place: _label(place, rows, score) for place, rows in judged.items()}, stand_for


def _known(rules: list[str]) -> frozenset[str]:
    return frozenset(rules)


def _new(name: str, new: frozenset[str], score: Mapping[str, Any]) -> frozenset[str]:
    """Rules made since the truth was written find any fault but a missing field."""
    return frozenset() if name in score["DUTIES"] else new


def _label(place: tuple[str, int], rows: list[Mapping[str, Any]], score: Mapping[str, Any]) -> Label:
    faulty = any(row["verdict"] != "OK" for row in rows)
    traps = [row["rule"] for row in rows if row["verdict"] == "OK" and row["rule"] in score["FORBID"]]
    return Label(
        *place,
        expect=tuple(f"find {row['rule']}" for row in rows if row["verdict"] == "BAD" and row["rule"] in score["FIND"]),
        forbid=tuple(f"forbid {name}" if faulty else f"forbid {name}, new" for name in traps),
    )


if __name__ == "__main__":
    sys.exit(main())
