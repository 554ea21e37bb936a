"""Write the costs in the README from the figures in ``benchmarks/results.json``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from wirelint.gen.text import cell

BEGIN: Final = "<!-- costs: written by make gen -->"
END: Final = "<!-- costs: end -->"

_OURS: Final = "wirelint proxy"
_WORKERS: Final = "Workers"
_CLEAN: Final = "200, 1 KiB JSON, clean"


def block(results: Mapping[str, Any]) -> str:
    """Return a table and some sentences.

    :param results: sections of the results by title; figures that were not measured are left out.
    :raises ValueError: a section is malformed.
    """
    try:
        loads = {title: each for title, each in results.items() if "rate_ratio" in _ours(each) and title != _WORKERS}
        if not loads:
            return "Not measured yet: `make bench`."
        sentences = [_counts(loads), *_engine(results), *_soak(results), *_streams(results), *_workers(results)]
        return "\n".join([*_table(loads), "", " ".join(sentences), "", _where(loads)])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"benchmarks/results.json is malformed: {error!r}") from error


def _ours(section: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = section.get("contenders", {}).get(_OURS, {})
    return found


def _table(loads: Mapping[str, Any]) -> list[str]:
    lines = [
        "| beside bare mitmdump | requests/s | ratio | p50 ms | ratio | p99 ms | ratio | CPU µs | ratio |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    newest = max(each["date"] for each in loads.values())
    for each in loads.values():
        ours = _ours(each)
        mark = "" if each["date"] == newest else " (earlier)"
        cells = [f"{ours['rate']:.0f}", _ratio(ours["rate_ratio"])]
        for figure, digits in (("p50", 1), ("p99", 1), ("cpu", 0)):
            value = ours[figure]
            cells += ["" if value is None else f"{value:.{digits}f}", _ratio(ours[f"{figure}_ratio"])]
        lines.append(f"| {cell(each['title'])}{mark} | {' | '.join(cells)} |")
    return lines


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _counts(loads: Mapping[str, Any]) -> str:
    keys = ("exchanges", "skipped", "dropped")
    audited, skipped, dropped = (sum(each["audited"][key] for each in loads.values()) for key in keys)
    return (
        f"All rules, metrics and the page were on: {audited:,} exchanges audited, {dropped:,} dropped, the content of "
        f"{skipped:,} not looked at."
    )


def _engine(results: Mapping[str, Any]) -> list[str]:
    engine = results.get("Engine", {})
    kinds, recorded = engine.get("kinds", {}), engine.get("recorded", {})
    sentences = []
    if _CLEAN in kinds:
        sentences.append(f"An audit takes {kinds[_CLEAN]['median']:.0f} µs for 1 KiB of clean JSON.")
    if recorded:
        sentences.append(f"Recorded exchanges, each of them new, take {recorded['mean']:.0f} µs on average.")
    return sentences


def _soak(results: Mapping[str, Any]) -> list[str]:
    points = sorted(results.get("Soak", {}).get("exchanges", {}).items(), key=lambda item: int(item[0]))[-2:]
    if len(points) < 2 or any(point["resident"] is None for _, point in points):
        return []
    (earlier, before), (later, after) = points
    text = (
        f"Where hosts, paths and tokens are ever new, an audit takes {before['whole']:.0f} µs after {int(earlier):,}"
        f" exchanges and {after['whole']:.0f} µs after {int(later):,}; memory is at {before['resident']:.0f} and"
        f" {after['resident']:.0f} MiB."
    )
    return [text]


def _streams(results: Mapping[str, Any]) -> list[str]:
    ours = _ours(results.get("Streams", {}))
    if not ours or ours["growth"] is None:
        return []
    late, growth = f"{ours['late_p50']:.2f} ms", f"{ours['growth']:.1f} MiB"
    return [f"A server-sent event arrives {late} after it was sent; a gibibyte each way adds {growth} to memory."]


def _workers(results: Mapping[str, Any]) -> list[str]:
    beside = results.get(_WORKERS, {}).get("beside_one")
    return [f"`--workers 2` serves {beside['rate']:.1f} times as many requests as one process."] if beside else []


def _where(loads: Mapping[str, Any]) -> str:
    newest, oldest = (of(loads.values(), key=lambda each: each["date"]) for of in (max, min))
    rounds = min(each["rounds"] for each in loads.values())
    return (
        f"Ratios are medians of {rounds} interleaved rounds; below 1 is better for all but requests. "
        f"{newest['date']}; {newest['where']}."
        + (f" Earlier: {oldest['date']}; {oldest['where']}." if oldest["date"] != newest["date"] else "")
        + " More, and how it was measured: [benchmarks](benchmarks/RESULTS.md)."
    )
