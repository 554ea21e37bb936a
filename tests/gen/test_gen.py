from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from wirelint.core.rule import SECTIONS, Rule
from wirelint.gen import readme, reference, text
from wirelint.gen.__main__ import main
from wirelint.rules import catalogue

FRONT = f"# wirelint\n\n{readme.BEGIN}\nold\n{readme.END}\n\nthe rest\n"


def rule(**changes: Any) -> Rule:
    return msgspec.structs.replace(catalogue()[0], **changes)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "README.md").write_text(FRONT)
    return tmp_path


def test_check_names_the_command_until_it_was_run(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"], root) == 1
    said = capsys.readouterr().err
    assert "README.md is stale: run `make gen`" in said
    assert "docs/rules.md is stale" in said
    assert (root / "README.md").read_text() == FRONT
    assert main([], root) == 0
    assert main(["--check"], root) == 0
    (root / "docs/rules.md").write_text((root / "docs/rules.md").read_text() + "by hand\n")
    assert main(["--check"], root) == 1


def test_only_what_is_between_the_markers_changes(root: Path) -> None:
    main([], root)
    front = (root / "README.md").read_text()
    assert front.startswith(f"# wirelint\n\n{readme.BEGIN}\n| rule |")
    assert front.endswith(f"\n{readme.END}\n\nthe rest\n")
    assert "\nold\n" not in front


@pytest.mark.parametrize("front", ["no markers\n", readme.BEGIN, FRONT + FRONT, f"{readme.END}\n{readme.BEGIN}\n"])
def test_a_readme_without_its_markers(root: Path, front: str, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "README.md").write_text(front)
    assert main([], root) == 2
    assert "once each" in capsys.readouterr().err
    assert (root / "README.md").read_text() == front


def test_every_rule_is_in_table_and_reference_and_links_lead_somewhere() -> None:
    rules = catalogue()
    page = reference.page(rules)
    anchors = set(re.findall(r"^##+ (.+)$", page, re.MULTILINE))
    slugs = {heading.lower().replace(" ", "-") for heading in anchors}
    for each in rules:
        assert each.id in anchors
    linked = re.findall(r"\]\((?:docs/rules\.md)?#([^)]+)\)", page + readme.examples(rules, "docs/rules.md"))
    assert set(linked) <= slugs
    assert {each.id for each in rules} <= set(linked)
    assert "``" not in page.replace("```", "")


def test_sections_must_be_complete_and_in_order() -> None:
    assert tuple(text.sections(rule())) == SECTIONS
    whole = rule().text
    for broken in ("", whole.replace("How to fix", "How to mend"), whole.partition("References")[0]):
        with pytest.raises(ValueError, match="its docstring must have"):
            text.sections(rule(text=broken, id="some-rule"))


def test_a_cell_holds_what_would_end_it() -> None:
    assert text.cell("an ``a | b``\n  list") == "an `a \\| b` list"


def test_figures_come_from_the_report_and_only_for_rules_in_it(root: Path) -> None:
    first, second = catalogue()[:2]
    figures = {"findings": 12, "opportunities": 1040, "services": 1}
    (root / "docs").mkdir()
    (root / "docs/corpus.json").write_text(
        json.dumps({"exchanges": 5000, "services": 160, "rules": {second.id: figures}})
    )
    main([], root)
    page = (root / "docs/rules.md").read_text()
    line = "- On 5,000 recorded exchanges of 160 public services: fired 12 of 1,040 opportunities, at 1 service."
    assert page.count(line) == 1
    assert page.index(f"### {first.id}") < page.index(f"### {second.id}") < page.index(line)


def test_a_report_that_is_no_json(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "docs").mkdir()
    (root / "docs/corpus.json").write_text("{")
    assert main([], root) == 2
    assert capsys.readouterr().err.startswith("gen: ")
