"""--output: several reports at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab.cli import FEW, Shell, a_401, capture
from wirelint.reports import formats

ADDONS = Path(__file__).parents[2] / "addons"


@pytest.fixture(autouse=True)
def _few_rules(monkeypatch: pytest.MonkeyPatch, wirelint: Shell) -> None:
    monkeypatch.setenv("WIRELINT_SELECT", FEW)
    wirelint.write("a.har", capture(a_401()))


def test_files_beside_standard_output(wirelint: Shell) -> None:
    run = wirelint("audit", "--output", "sarif:a.sarif", "--output", "jsonl:a.jsonl", "a.har")
    assert run.code == 1
    assert run.out.startswith("high    api.example GET /v1/me")
    assert json.loads((wirelint.folder / "a.sarif").read_text())["version"] == "2.1.0"
    assert json.loads((wirelint.folder / "a.jsonl").read_text())["rule"] == "unauthorized-without-challenge"


def test_one_in_place_of_the_format(wirelint: Shell) -> None:
    run = wirelint("audit", "--output", "github", "--output", "full:a.txt", "a.har")
    assert run.out.startswith("::error file=a.har,title=")
    assert (wirelint.folder / "a.txt").read_text().startswith("high    api.example GET /v1/me")


def test_every_format_writes_the_same_to_a_file(wirelint: Shell) -> None:
    for form in formats():
        wirelint("audit", "--output", f"{form}:{form}.out", "a.har")
        out = wirelint("audit", "--format", form, "a.har").out
        assert (wirelint.folder / f"{form}.out").read_text(encoding="utf-8") == out != ""


def test_same_input_same_bytes(wirelint: Shell) -> None:
    words = [word for form in formats() for word in ("--output", f"{form}:{form}.out")]
    seen = []
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-m", "wirelint", "audit", *words, "a.har"],
            capture_output=True,
            check=False,
            cwd=wirelint.folder,
            env=os.environ | {"PYTHONPATH": str(ADDONS), "PYTHONHASHSEED": seed},
            timeout=60,
        )
        seen.append([(wirelint.folder / f"{form}.out").read_bytes() for form in formats()])
    assert seen[0] == seen[1]
    assert all(seen[0])


def test_from_the_environment_and_from_a_file(wirelint: Shell) -> None:
    wirelint.write("wirelint.toml", 'output = ["gitlab:quality.json"]\n')
    wirelint("audit", "a.har")
    assert json.loads((wirelint.folder / "quality.json").read_text())[0]["severity"] == "critical"
    wirelint.env(WIRELINT_OUTPUT="junit:a.xml")
    wirelint("audit", "a.har")
    assert "<testsuites" in (wirelint.folder / "a.xml").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--output", "sarf:x"], "'--output': 'sarf' is not one of"),
        (["--output", "sarif:"], "'--output': no file after the colon of 'sarif:'"),
        (["--output", "github", "--output", "json"], "two reports go to standard output: give one a file"),
        (["--format", "full", "--output", "json"], "two reports go to standard output: give one a file"),
        (["--output", "json:x", "--output", "sarif:x"], "two reports go to x: give one a file"),
        (["--output", "json:no/such/folder"], "--output: cannot write no/such/folder: No such file or directory"),
    ],
)
def test_what_cannot_be(wirelint: Shell, words: list[str], message: str) -> None:
    run = wirelint("audit", *words, "a.har")
    assert (run.code, run.out) == (2, "")
    assert message in run.err
    assert run.err.count("\n") == 1


def test_a_secret_in_the_traffic_is_in_no_report(wirelint: Shell) -> None:
    secret = "Zm9vYmFyYmF6cXV4"
    entry = a_401() | {}
    entry["request"] = dict(entry["request"]) | {  # type: ignore[call-overload]
        "url": f"https://api.example/v1/me?access_token={secret}",
        "headers": [
            {"name": "Authorization", "value": f"Bearer {secret}"},
            {"name": "Cookie", "value": f"sid={secret}"},
        ],
    }
    text = json.dumps({"error": f"token {secret} is expired", "token": secret})
    entry["response"] = dict(entry["response"]) | {"content": {"size": len(text), "text": text}}  # type: ignore[call-overload]
    wirelint.write("b.har", capture(entry))
    for form in formats():
        run = wirelint("audit", "--select", "all", "--min-confidence", "weak", "--format", form, "b.har")
        assert run.out
        assert secret not in run.out + run.err
