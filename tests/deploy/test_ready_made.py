"""What CI services run as it is: the Action's step, the template for GitLab, the hook of pre-commit."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from lab.cli import Shell
from lab.har import document, entry
from lab.prom import ROOT


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    """Return a folder as a runner has it: with recordings, and with wirelint installed by an earlier step."""
    (tmp_path / "traffic" / "deep").mkdir(parents=True)
    (tmp_path / "traffic" / "deep" / "a.har").write_bytes(document(entry(401, '{"error": "no token"}')))
    installed = tmp_path / "temp" / "wirelint-venv" / "bin" / "wirelint"
    installed.parent.mkdir(parents=True)
    installed.write_text(
        f'#!/bin/sh\nexec {sys.executable} -c "import sys; from wirelint.cli import main; sys.exit(main())" "$@"\n'
    )
    installed.chmod(0o755)
    return tmp_path


def step(runner: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run the step of action.yml with its inputs, as a runner hands them over."""
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    audit = action["runs"]["steps"][-1]
    values = {name: str(each.get("default", "")) for name, each in action["inputs"].items()} | inputs
    env = {
        name: values[match[1]]
        for name, text in audit["env"].items()
        if (match := re.fullmatch(r"\$\{\{ inputs\.([a-z-]+) \}\}", text))
    }
    env |= {"GITHUB_ACTION_PATH": str(ROOT), "RUNNER_TEMP": str(runner / "temp")}
    env |= {name: str(runner / name) for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")}
    return subprocess.run(
        ["bash", "-c", audit["run"]],
        cwd=runner,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_action_annotates_and_reports(runner: Path) -> None:
    done = step(runner, captures="traffic/**/*.har")
    assert done.returncode == 1, done.stderr
    assert "::error file=traffic/deep/a.har,title=wirelint%3A unauthorized-without-challenge::" in done.stdout
    assert (runner / "wirelint.sarif").stat().st_size > 1000
    assert "unauthorized-without-challenge" in (runner / "GITHUB_STEP_SUMMARY").read_text()
    assert (runner / "GITHUB_OUTPUT").read_text() == "sarif=wirelint.sarif\n"


def test_its_inputs_reach_the_audit(runner: Path) -> None:
    more = {"fail-on": "never", "sarif": "", "args": "--ignore unauthorized-without-challenge"}
    done = step(runner, captures=" traffic \n", **more)
    assert done.returncode == 0, done.stderr
    assert "unauthorized-without-challenge" not in done.stdout
    assert not (runner / "wirelint.sarif").exists()
    assert step(runner, captures="nothing/*.har").returncode == 2


@pytest.mark.parametrize(
    ("schema", "file"), [("github-actions", "action.yml"), ("gitlab-ci", "deploy/ci/wirelint.gitlab-ci.yml")]
)
def test_files_are_what_their_readers_allow(schema: str, file: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(ROOT / file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_hook_reads_the_recordings_that_it_is_given(runner: Path, wirelint: Shell) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    chosen = re.compile(hook["files"])
    assert all(map(chosen.search, ("a.har", "x/a.har.gz", "flows.mitm", "tests/cassettes/login.yaml")))
    assert not any(map(chosen.search, ("README.md", "a.harness", "values.yaml")))
    program, *words = hook["entry"].split()
    assert program == "wirelint"
    code, found, _ = wirelint(*words, str(runner / "traffic" / "deep" / "a.har"))
    assert code == 1
    assert "unauthorized-without-challenge" in found
