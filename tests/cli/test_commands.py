"""What is common to all commands, and the small ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab.cli import Shell
from wirelint import __version__
from wirelint.core.rule import SECTIONS
from wirelint.reports import formats
from wirelint.rules import catalogue


def test_version(wirelint: Shell) -> None:
    assert wirelint("--version") == (0, f"wirelint {__version__}\n", "")


def test_help(wirelint: Shell) -> None:
    run = wirelint("--help")
    assert (run.code, run.err) == (0, "")
    for command in ("proxy", "audit", "rules", "explain", "demo", "config", "addon-path", "receive"):
        assert f"  {command} " in run.out
        assert wirelint(command, "--help").code == 0


def test_nothing_asked(wirelint: Shell) -> None:
    run = wirelint()
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith("Usage: wirelint")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["audti"], "wirelint: unknown command 'audti'; did you mean audit?"),
        (["--verison"], "wirelint: No such option '--verison'. Did you mean '--version'?"),
        (["audit"], "wirelint audit: Missing argument 'FILE...'."),
        (["audit", "--formt", "x"], "wirelint audit: No such option '--formt'. Did you mean '--format'?"),
        (
            ["audit", "--format", "jsonlines", "x"],
            f"wirelint audit: '--format': 'jsonlines' is not one of {', '.join(formats())}; did you mean jsonl?",
        ),
        (
            ["audit", "--select", "truht", "x"],
            "wirelint audit: unknown rule, family or severity 'truht'; did you mean truth?",
        ),
        (["audit", "--ignore", "medum", "x"],
         "wirelint audit: unknown rule, family or severity 'medum'; did you mean medium?"),
        (["audit", "--ignore", "all", "x"], "wirelint audit: --select and --ignore leave no rule to run"),
        (["explain", "tuneled-error"],
         "wirelint explain: unknown rule 'tuneled-error'; did you mean tunnelled-error?"),
        (["explain", "\x1b[31m"], "wirelint explain: unknown rule '\\x1b[31m'"),
        (["proxy", "localhost:3000"],
         "wirelint proxy: a service's URL must begin with http:// or https://; did you mean http://localhost:3000?"),
        (["proxy", "x=ftp://a"], "wirelint proxy: a service's URL must begin with http:// or https://"),
        (["proxy", "http://a@99999"], "wirelint proxy: 99999 is not a port: choose one from 1 to 65535"),
        (["proxy", "--port", "70000"], "wirelint proxy: '--port': 70000 is not in the range 0<=x<=65535."),
        (["proxy", "--select", "hgih"],
         "wirelint proxy: unknown rule, family or severity 'hgih'; did you mean high?"),
    ],
)  # fmt: skip
def test_wrong_usage_is_one_line(wirelint: Shell, words: list[str], message: str) -> None:
    assert wirelint(*words) == (2, "", f"{message}\n")


def test_no_traceback_without_debug(wirelint: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("wirelint.cli.audit.open_capture", broken)
    run = wirelint("audit", "x")
    assert run == (
        2,
        "",
        "wirelint: internal fault: ZeroDivisionError: oops (run again with --debug for a traceback)\n",
    )
    run = wirelint("audit", "--debug", "x")
    assert run.code == 2
    assert "Traceback" in run.err
    assert "Traceback" in wirelint("--debug", "audit", "x").err
    wirelint.env(WIRELINT_DEBUG="1")
    assert "Traceback" in wirelint("audit", "x").err


def test_interrupted(wirelint: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("wirelint.cli.audit.open_capture", interrupted)
    run = wirelint("audit", "x")
    assert run == (130, "", "wirelint: interrupted\n")


def test_rules(wirelint: Shell) -> None:
    run = wirelint("rules")
    lines = run.out.splitlines()
    assert run.code == 0
    assert lines[0].split() == ["rule", "severity", "or", "confidence", "default", "summary"]
    assert [line.split()[0] for line in lines[1:]] == [rule.id for rule in catalogue()]
    told = json.loads(wirelint("rules", "--format", "json").out)
    assert [each["id"] for each in told] == [rule.id for rule in catalogue()]


def test_rules_that_would_run(wirelint: Shell) -> None:
    told = json.loads(wirelint("rules", "--format", "json", "--select", "throttling", "--ignore", "info").out)
    assert {each["family"] for each in told} == {"throttling"}
    assert "info" not in {each["severity"] for each in told}


@pytest.mark.parametrize("rule", [rule.id for rule in catalogue()])
def test_explain(wirelint: Shell, rule: str) -> None:
    run = wirelint("explain", rule)
    assert run.code == 0
    lines = run.out.splitlines()
    assert lines[0] == rule
    assert [line for line in lines if line in SECTIONS] == list(SECTIONS)
    assert "Bad, for example" in lines
    assert "Good, for example" in lines
    assert "``" not in run.out
    assert all(line == line.rstrip() for line in lines)


def test_explain_as_json(wirelint: Shell) -> None:
    told = json.loads(wirelint("explain", "Unauthorized_Without_Challenge", "--format", "json").out)
    assert told["id"] == "unauthorized-without-challenge"
    assert told["bad"][0].startswith("GET ")
    assert told["text"].startswith("What it does\n---")


def test_addon_path(wirelint: Shell) -> None:
    run = wirelint("addon-path")
    assert run.code == 0
    assert Path(run.out.strip()).name == "wirelint_addon.py"
    assert Path(run.out.strip()).is_file()
