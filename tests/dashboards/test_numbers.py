"""docs/numbers.md names only what there is: figures of the page and the terminal, panels, series and metrics."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import wirelint.sinks.summary as terminal
import wirelint.web
from lab.prom import DASHBOARDS, ROOT, RULES
from wirelint.core.engine import Engine
from wirelint.live import Live
from wirelint.rules import catalogue

TEXT = (ROOT / "docs/numbers.md").read_text(encoding="utf-8")
FIGURES = re.findall(r"^## (.+)$", TEXT, re.MULTILINE)
ROWS = [
    tuple(cell.strip().strip("`") for cell in line.strip("|").split("|"))
    for line in re.findall(r"^\|.*\|$", TEXT, re.MULTILINE)[2:]
]


def titles() -> Iterator[str]:
    """Yield the titles of all panels."""
    for file in DASHBOARDS.glob("*.json"):
        for panel in json.loads(file.read_text(encoding="utf-8"))["panels"]:
            yield from (each.get("title", "") for each in (panel, *panel.get("panels", [])))


def recorded() -> set[str]:
    groups = [group for file in RULES for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]]
    return {rule["record"] for group in groups for rule in group["rules"] if "record" in rule}


def test_each_figure_says_where_it_stands() -> None:
    assert [figure for figure, *_ in ROWS] == [each for each in FIGURES if each not in {"Answered", "Hidden errors"}]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_figure_stands_where_the_table_says(row: tuple[str, ...]) -> None:
    _, page, summary, panel, series = row
    web = Path(wirelint.web.__file__).parent / "static"
    assert page in "".join(file.read_text(encoding="utf-8") for file in (web / "index.html", web / "overview.js"))
    assert summary in Path(terminal.__file__).read_text(encoding="utf-8")
    assert panel in set(titles())
    assert series in recorded() | {""}


def test_each_metric_exists() -> None:
    live = Live(Engine(catalogue()))
    names = {row for family in live.metrics.families() for row in (family.name, f"{family.name}_total")}
    named = {
        re.sub(r"_(?:bucket|count|sum)$", "", each)
        for each in re.findall(r"(?<![:\w])wirelint_[a-z_]+[a-z](?!\w|:)", TEXT)
    }
    assert named - names == set()
