"""Where settings come from, and what happens to wrong ones."""

from __future__ import annotations

import pytest

from lab.cli import FEW, Shell, a_401, capture


@pytest.fixture
def audit(wirelint: Shell) -> Shell:
    wirelint.write("a.har", capture(a_401()))
    wirelint.env(WIRELINT_SELECT=FEW)
    return wirelint


def shown(audit: Shell, *words: str) -> str:
    """Return the format that was in force."""
    out = audit("audit", *words, "a.har").out
    return "jsonl" if out.startswith("{") else "concise" if out.endswith("  a.har#1\n") else "full"


def test_flags_beat_the_environment_beats_the_file(audit: Shell) -> None:
    assert shown(audit) == "full"
    audit.write("wirelint.toml", 'format = "concise"\n')
    assert shown(audit) == "concise"
    audit.env(WIRELINT_FORMAT="jsonl")
    assert shown(audit) == "jsonl"
    assert shown(audit, "--format", "full") == "full"


def test_a_table_of_a_command_beats_the_top_level(audit: Shell) -> None:
    audit.write("wirelint.toml", 'fail-on = "high"\n[audit]\nfail_on = "never"\n')
    assert audit("audit", "a.har").code == 0


def test_lists(audit: Shell) -> None:
    rule = "unauthorized-without-challenge"
    audit.write("wirelint.toml", f'ignore = ["{rule}"]\n')
    assert audit("audit", "a.har").code == 0
    audit.write("wirelint.toml", f'ignore = "throttling,{rule}"\n')
    assert audit("audit", "a.har").code == 0
    audit.env(WIRELINT_IGNORE="throttling,methods")
    assert audit("audit", "a.har").code == 1


def test_pyproject(audit: Shell) -> None:
    audit.write("pyproject.toml", '[tool.other]\nx = 1\n[tool.wirelint]\nformat = "jsonl"\n')
    assert shown(audit) == "jsonl"


def test_a_file_in_a_folder_above(audit: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    audit.write("wirelint.toml", 'format = "jsonl"\n')
    (audit.folder / "below").mkdir()
    monkeypatch.chdir(audit.folder / "below")
    assert audit("audit", "../a.har").out.startswith("{")


def test_a_file_by_name(audit: Shell) -> None:
    audit.write("wirelint.toml", 'format = "concise"\n')
    audit.write("other.toml", 'format = "jsonl"\n')
    assert shown(audit, "--config", "other.toml") == "jsonl"
    assert audit("audit", "--config", "none.toml", "a.har") == (
        2,
        "",
        "wirelint audit: none.toml: No such file or directory\n",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('formt = "full"', "formt: unknown setting; did you mean format?"),
        ("[audit]\nforever = true", "audit.forever: unknown setting"),
        ('[audti]\nformat = "full"', "audti: unknown setting; did you mean audit?"),
        ("format = [1]", "format: must be one value"),
        ("ignore = [1]", "ignore: must be a list of texts"),
        ("format = 2020-01-01", "format: must be a text, a number or a truth value"),
        ("debug = true", "debug: unknown setting"),
    ],
)
def test_wrong_files(audit: Shell, text: str, message: str) -> None:
    file = audit.write("wirelint.toml", text)
    run = audit("audit", "a.har")
    assert (run.code, run.out) == (2, "")
    assert run.err.rstrip("\n").startswith(f"wirelint audit: {file}: {message}")
    assert run.err.count("\n") == 1


def test_no_toml(audit: Shell) -> None:
    audit.write("wirelint.toml", "a = = b")
    run = audit("audit", "a.har")
    assert run.code == 2
    assert "wirelint.toml: invalid TOML: " in run.err
    assert run.err.count("\n") == 1


def test_a_wrong_value_from_the_file(audit: Shell) -> None:
    audit.write("wirelint.toml", 'fail-on = "hihg"')
    assert audit("audit", "a.har") == (
        2,
        "",
        "wirelint audit: '--fail-on': 'hihg' is not one of info, low, medium, high, never; did you mean high?\n",
    )


def test_the_config_command(audit: Shell) -> None:
    file = audit.write("wirelint.toml", 'select = ["high", "medium"]\n')
    audit.env(WIRELINT_METRICS_PORT="9999", WIRELINT_SELECT="")
    run = audit("config", "proxy")
    rows = [line.split() for line in run.out.splitlines()]
    assert run.code == 0
    assert ["proxy", "metrics-port", "9999", "WIRELINT_METRICS_PORT"] in rows
    assert ["proxy", "select", "high,", "medium", str(file)] in rows
    assert ["proxy", "port", "8080", "default"] in rows
    assert ["proxy", "ignore", "\N{EN DASH}", "default"] in rows
    assert audit("config", "prxy").err == "wirelint config: unknown command 'prxy'; did you mean proxy?\n"
