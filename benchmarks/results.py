"""Write tables, ``RESULTS.md`` and ``results.json``: each section stays until its scenario is measured again."""

from __future__ import annotations

import json
import re
import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.contenders import AGAIN, CREW, STOCK, WIRELINT
from benchmarks.load import Scenario
from benchmarks.rounds import Round, Rounds

RESULTS: Final = Path(__file__).with_name("RESULTS.md")

FIGURES: Final = RESULTS.with_name("results.json")
"""The same figures for programs; the README quotes them."""

_HEAD: Final = """# Results

Written by `python -m benchmarks`; how to read it stands in [README.md](README.md).
"""
_ORDER: Final = (
    "Small",
    "Traced",
    "Large",
    "Errors",
    "TLS",
    "HTTP/2",
    "Many",
    "Steady",
    "Documented",
    "Workers",
    "Envoy",
    "Streams",
    "Fan-out",
    "Engine",
    "Documents",
    "Soak",
    "Dashboards",
    "On call",
)
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
    """Return the median of a figure over the rounds; None if it was not measured."""
    taken = [value for each in rounds if (value := _FIGURES[figure](each)) is not None]
    return statistics.median(taken) if taken else None


def ratio(rounds: Sequence[Round], stock: Sequence[Round], figure: str) -> float | None:
    """Return the median of a figure's ratio to bare mitmdump in the same round."""
    pairs = [
        (value, base)
        for each, other in zip(rounds, stock, strict=False)
        if (value := _FIGURES[figure](each)) is not None and (base := _FIGURES[figure](other))
    ]
    return statistics.median(value / base for value, base in pairs) if pairs else None


def table(scenario: Scenario, rounds: Rounds, seconds: float) -> str:
    """Return the figures of a scenario as Markdown."""
    count = len(next(iter(rounds.values())))
    stock = rounds.get(STOCK, [])
    pace = f"{scenario.rate} requests a second come what may" if scenario.rate else "as many requests as possible"
    digits = 2 if scenario.rate else 1
    run = f"medians of {count} rounds of {seconds:g} s"
    lines = [
        f"{scenario.title}. {scenario.connections} connections, {pace}; {run}.",
        "",
        "| | requests/s | ratio | p50 ms | ratio | p90 ms | p99 ms | ratio | CPU µs/request | ratio | peak MiB |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name, taken in rounds.items():
        cells = [
            _cell(median(taken, "rate"), 0),
            _cell(ratio(taken, stock, "rate"), 2),
            _cell(median(taken, "p50"), digits),
            _cell(ratio(taken, stock, "p50"), 2),
            *(_cell(median(taken, each), digits) for each in ("p90", "p99")),
            _cell(ratio(taken, stock, "p99"), 2),
            _cell(median(taken, "cpu"), 0),
            _cell(ratio(taken, stock, "cpu"), 2),
            _cell(median(taken, "resident"), 0),
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", *_remarks(rounds)])


def figures(scenario: Scenario, rounds: Rounds, seconds: float) -> dict[str, Any]:
    """Return the same for programs: medians, and ratios to bare mitmdump."""
    stock = rounds.get(STOCK, [])
    return {
        "title": scenario.title,
        "connections": scenario.connections,
        "rate": scenario.rate,
        "rounds": len(next(iter(rounds.values()))),
        "seconds": seconds,
        "audited": audited(_counting(rounds)),
        "contenders": {
            name: {each: _rounded(median(taken, each)) for each in _FIGURES}
            | {f"{each}_ratio": _rounded(ratio(taken, stock, each)) for each in _FIGURES}
            for name, taken in rounds.items()
        },
    } | _beside_one(rounds)


def _beside_one(rounds: Rounds) -> dict[str, Any]:
    """Return ratios of several workers to one process, if both were measured."""
    one, crew = rounds.get(WIRELINT), rounds.get(CREW)
    if not one or not crew:
        return {}
    return {"beside_one": {figure: _rounded(ratio(crew, one, figure)) for figure in _FIGURES}}


def _counting(rounds: Rounds) -> list[Round]:
    """Return the rounds of contenders with counts of their own."""
    return [each for taken in rounds.values() if any(one.counted for one in taken) for each in taken]


def audited(rounds: Sequence[Round]) -> dict[str, int]:
    """Return the responses at clients, and wirelint's counts, over all rounds."""
    counts: Counter[str] = sum((each.counted for each in rounds), Counter())
    said = {name: counts[name] for name in ("exchanges", "findings", "skipped", "dropped")}
    return {"responses": sum(each.asked for each in rounds), **said}


def _spread(again: Sequence[Round], stock: Sequence[Round], figure: str) -> str:
    """Return how far two contenders differ, from round to round."""
    ratios = [ratio([one], [other], figure) or 1.0 for one, other in zip(again, stock, strict=True)]
    return f"{min(ratios):.2f} to {max(ratios):.2f}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")


def _remarks(rounds: Rounds) -> list[str]:
    said = []
    stock, again = rounds.get(STOCK), rounds.get(AGAIN)
    if stock and again:
        rate, p99 = (_spread(again, stock, each) for each in ("rate", "p99"))
        said.append(f"Noise: bare mitmdump against itself, round by round: requests/s {rate}, p99 {p99}.")
    one, crew = rounds.get(WIRELINT), rounds.get(CREW)
    if one and crew:
        ratios = (
            f"{label} {ratio(crew, one, figure) or 0:.2f} × ({_spread(crew, one, figure)})"
            for figure, label in (("rate", "requests/s"), ("p99", "p99"), ("cpu", "CPU"))
        )
        said.append(f"Two workers beside one process, median of the rounds and all of them: {', '.join(ratios)}.")
    if ours := _counting(rounds):
        said.append(
            tally(audited(ours)) + " (What is on its way when the clients leave is audited, and no response to them.)"
        )
    broken = {name: sum(each.seen.broken for each in taken) for name, taken in rounds.items()}
    if any(broken.values()):
        said.append("Broken requests: " + ", ".join(f"{name} {count}" for name, count in broken.items() if count) + ".")
    return [line for pair in zip(said, [""] * len(said), strict=True) for line in pair][:-1]


def tally(counts: Mapping[str, int]) -> str:
    """Return the result of ``audited`` as a sentence."""
    return (
        f"wirelint: {counts['responses']} responses got by clients, {counts['exchanges']} audited, "
        f"{counts['findings']} findings, {counts['skipped']} skipped, {counts['dropped']} dropped."
    )


def _cell(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def keep(title: str, text: str, data: Mapping[str, Any] | None = None) -> None:
    """Replace a section of ``RESULTS.md``.

    :param data: its figures for ``results.json``, if any.
    """
    before = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    sections = {match[1]: match[2].strip() for match in _section.finditer(before)}
    sections[title] = text
    body = "\n".join(f"## {name}\n\n{sections[name]}\n" for name in sorted(sections, key=_place))
    RESULTS.write_text(f"{_HEAD}\n{body}", encoding="utf-8")
    if data is not None:
        all_figures = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
        all_figures[title] = data
        ordered = {name: all_figures[name] for name in sorted(all_figures, key=_place)}
        FIGURES.write_text(json.dumps(ordered, indent=2) + "\n", encoding="utf-8")


def _place(title: str) -> int:
    return _ORDER.index(title) if title in _ORDER else len(_ORDER)
