"""Rules of others: a folder or an installed package brings them, and a faulty one is one clear line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from lab.cli import Shell
from lab.har import document, entry
from wirelint import rules
from wirelint.settings import plugin_rules

HEAD = """A response without X-Request-Id

What it does
------------
Reports errors without the field.

Why it matters
--------------
Support asks for it.

Known exceptions
----------------
None.

How to fix
----------
Send it.

References
----------
- https://docs.example/request-id
"""
CODE = """
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Rule, When

RULE = Rule(
    severity=Severity.HIGH,
    confidence=Confidence.STRONG,
    because="it is not there",
    basis="policy",
    when=When(status="5xx"),
)


def check(exchange, context):
    if "x-request-id" not in exchange.response.headers:
        yield Hit(f"{exchange.status} without X-Request-Id", "no such field")


BAD = ("GET / HTTP/1.1\\nHost: a\\n\\nHTTP/1.1 500 Oops\\n\\n",)
GOOD = ("GET / HTTP/1.1\\nHost: a\\n\\nHTTP/1.1 500 Oops\\nX-Request-Id: 7f\\n\\n",)
"""
RULE = f"'''{HEAD}'''\n{CODE}"


@pytest.fixture(autouse=True)
def _own_catalogue(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(rules, "_added", {})
    yield
    rules.catalogue.cache_clear()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "house_style").mkdir()
    (tmp_path / "house_style" / "request_id_missing.py").write_text(RULE)
    (tmp_path / "house_style" / "_shared.py").write_text("raise RuntimeError")
    return tmp_path


def test_a_rule_of_a_folder_is_run_as_any_other(
    wirelint: Shell, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.har").write_bytes(document(entry(status=500)))
    code, found, error = wirelint("audit", "--rules", str(folder), "--select", "house-style", str(tmp_path / "a.har"))
    assert code == 1, error
    assert "request-id-missing" in found
    assert "A response without X-Request-Id" in wirelint("rules", "--rules", str(folder))[1]
    rules._added.clear()
    rules.catalogue.cache_clear()
    (tmp_path / "wirelint.toml").write_text(f"[rules]\nrules = [{json.dumps(str(folder))}]\n")
    monkeypatch.chdir(tmp_path)
    assert "A response without X-Request-Id" in wirelint("rules")[1]
    assert "Support asks for it." in wirelint("explain", "--rules", str(folder), "request-id-missing")[1]


def test_its_examples_are_run(wirelint: Shell, folder: Path) -> None:
    assert wirelint("test-rules", str(folder))[:2] == (0, "request-id-missing: ok, 1 bad and 1 good examples\n")


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("not in exchange", "in exchange", ["BAD[0]: nothing is found", "GOOD[0]: found: 500 without X-Request-Id"]),
        ("exchange.response.headers", "exchange.respond", ["BAD[0]: check raises AttributeError"]),
        ("GOOD = (", "GOOD = () and (", ["GOOD has no example"]),
        ("Known exceptions\n----------------", "Exceptions\n----------", ["has no section Known exceptions"]),
    ],
)
def test_what_does_not_hold_is_said(wirelint: Shell, folder: Path, right: str, wrong: str, said: list[str]) -> None:
    path = folder / "house_style" / "request_id_missing.py"
    path.write_text(RULE.replace(right, wrong))
    code, found, _ = wirelint("test-rules", str(folder))
    assert code == 1
    assert "request-id-missing: FAILED" in found
    assert all(each in found for each in said), found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import nothing_of_that_name", "ModuleNotFoundError: No module named"),
        ("def", "SyntaxError"),
        ("'''Text'''\nRULE = 1", "has no check and no BAD and no GOOD"),
        (CODE, "has no docstring"),
        (RULE.replace("RULE = Rule(", "RULE = dict("), "RULE is no Rule"),
        (f"{RULE}\nCONTRACT = 2", "written for version 2 of the contract, this is 1"),
    ],
)
def test_a_faulty_file_is_named(wirelint: Shell, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "faulty.py").write_text(text)
    for words in (("rules", "--rules", str(tmp_path)), ("test-rules", str(tmp_path))):
        code, _, error = wirelint(*words)
        assert code == 2
        assert "faulty.py" in error
        assert said in error
        assert len(error.splitlines()) == 1


def test_no_rule_of_wirelint_is_replaced(wirelint: Shell, folder: Path) -> None:
    (folder / "house_style" / "request_id_missing.py").rename(folder / "ok_with_error_body.py")
    assert wirelint("rules", "--rules", str(folder))[0] == 2
    assert "wirelint has a rule of this name" in wirelint("test-rules", str(folder))[1]


def test_packages_bring_rules_and_a_faulty_one_is_left_out(
    wirelint: Shell, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(folder / "house_style")
    points = [EntryPoint(name, name, plugin_rules.GROUP) for name in ("request_id_missing", "missing_module")]
    monkeypatch.setattr(plugin_rules, "entry_points", lambda group: points if group == plugin_rules.GROUP else [])
    code, found, error = wirelint("rules", "--select", "custom")
    assert code == 0
    assert "request-id-missing" in found
    (line,) = error.splitlines()
    assert line.startswith("wirelint: a rule is left out: wirelint.rules: missing_module: ModuleNotFoundError: ")
