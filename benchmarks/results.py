"""Rounds → tables, and ``RESULTS.md``: each scenario keeps its section until it is measured again."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.contenders import AGAIN, STOCK, WIRELINT
from benchmarks.load import Scenario
from benchmarks.rounds import Round, Rounds

RESULTS: Final = Path(__file__).with_name("RESULTS.md")

_HEAD: Final = """# Results

Written by `python -m benchmarks`; how to read it stands in [README.md](README.md).
"""
_MIB: Final = 1024 * 1024
_section: Final = re.compile(r"^## (.+)\n((?:(?!## ).*\n?)*)", re.MULTILINE)

Figure = Callable[[Round], float | None]

_FIGURES: Final[Mapping[str, Figure]] = {
    "rate": lambda each: each.seen.rate,
    "p50": lambda each: each.seen.p50,
    "p90": lambda each: each.seen.p90,
    "p99": lambda each: each.seen.p99,
    "cpu": lambda each: each.cpu,
    "resident": lambda each: None if each.resident is None else each.resident / _MIB,
}


def median(rounds: Sequence[Round], figure: str) -> float | None:
    """The median of a figure over the rounds; None where it was not taken."""
    taken = [value for each in rounds if (value := _FIGURES[figure](each)) is not None]
    return statistics.median(taken) if taken else None


def ratio(rounds: Sequence[Round], stock: Sequence[Round], figure: str) -> float | None:
    """The median of a figure's ratio to bare mitmdump in the same round."""
    pairs = [
        (value, base)
        for each, other in zip(rounds, stock, strict=False)
        if (value := _FIGURES[figure](each)) is not None and (base := _FIGURES[figure](other))
    ]
    return statistics.median(value / base for value, base in pairs) if pairs else None


def table(scenario: Scenario, rounds: Rounds, seconds: float) -> str:
    """The figures of a scenario as Markdown."""
    count = len(next(iter(rounds.values())))
    stock = rounds.get(STOCK, [])
    pace = f"{scenario.rate} requests a second" if scenario.rate else "as many requests as possible"
    run = f"medians of {count} rounds of {seconds:g} s"
    lines = [
        f"{scenario.title}. {scenario.connections} connections, {pace}; {run}.",
        "",
        "| | requests/s | ratio | p50 ms | p90 ms | p99 ms | ratio | CPU µs/request | ratio | peak MiB |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name, taken in rounds.items():
        cells = [
            _cell(median(taken, "rate"), 0),
            _cell(ratio(taken, stock, "rate"), 2),
            *(_cell(median(taken, each), 1) for each in ("p50", "p90", "p99")),
            _cell(ratio(taken, stock, "p99"), 2),
            _cell(median(taken, "cpu"), 0),
            _cell(ratio(taken, stock, "cpu"), 2),
            _cell(median(taken, "resident"), 0),
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", *_remarks(rounds)])


def _remarks(rounds: Rounds) -> list[str]:
    said = []
    stock, again = rounds.get(STOCK), rounds.get(AGAIN)
    if stock and again:
        spread = sorted(a.seen.rate / b.seen.rate for a, b in zip(again, stock, strict=True))
        said.append(f"Noise: bare mitmdump against itself, round by round, {spread[0]:.2f} to {spread[-1]:.2f}.")
    if ours := rounds.get(WIRELINT):
        counts: Counter[str] = sum((each.counted for each in ours), Counter())
        asked = sum(each.asked for each in ours)
        said.append(
            f"wirelint: {asked} responses got by clients, {counts['exchanges']} audited, "
            f"{counts['findings']} findings, {counts['skipped']} skipped, {counts['dropped']} dropped. "
            "(What is on its way when the clients leave is audited, and no response to them.)"
        )
    broken = {name: sum(each.seen.broken for each in taken) for name, taken in rounds.items()}
    if any(broken.values()):
        said.append("Broken requests: " + ", ".join(f"{name} {count}" for name, count in broken.items() if count) + ".")
    return [line for pair in zip(said, [""] * len(said), strict=True) for line in pair][:-1]


def _cell(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def keep(title: str, text: str) -> None:
    """Put a section into ``RESULTS.md``, in place of what it said before."""
    before = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    sections = {match[1]: match[2].strip() for match in _section.finditer(before)}
    sections[title] = text
    body = "\n".join(f"## {name}\n\n{section}\n" for name, section in sections.items())
    RESULTS.write_text(f"{_HEAD}\n{body}", encoding="utf-8")
