"""``pytest --wirelint`` on a small project: findings are tied to the tests that caused them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.test_run import ADDONS, Liar, serving
from lab.cli import FEW
from support import HOST

TESTS = """
import os, subprocess, sys, urllib.error, urllib.request

SCRIPT = "import sys, urllib.request\\ntry: urllib.request.urlopen(sys.argv[1])\\nexcept OSError: pass"

def status(path):
    try:
        return urllib.request.urlopen(os.environ["SHOP"] + path).status
    except urllib.error.HTTPError as error:
        return error.code

def test_honest():
    assert status("/ok") == 200

def test_lying():
    assert status("/me") == status("/me") == 401

def test_of_a_child_process():
    subprocess.run([sys.executable, "-c", SCRIPT, os.environ["SHOP"] + "/me/more"], check=True)
"""


@pytest.fixture
def shop() -> Iterator[str]:
    import http.server  # noqa: PLC0415 - as in test_run

    for port in serving(http.server.ThreadingHTTPServer((HOST, 0), Liar)):
        yield f"http://{HOST}:{port}"


def run_pytest(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_shop.py").write_text(TESTS)
    # The plugin is named by hand: an environment may have been installed before it had an entry point.
    options = ("-p", "wirelint.pytest_plugin", "-p", "no:cacheprovider", "-p", "no:xdist", "-q")
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "PYTHONPATH": str(ADDONS),
            "WIRELINT_SELECT": FEW,
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            **variables,
        },
        timeout=60,
    )


@pytest.mark.e2e
def test_each_finding_is_under_its_test(tmp_path: Path, shop: str) -> None:
    ended = run_pytest(tmp_path, "--wirelint", "--wirelint-fail-on", "high", SHOP=shop)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    _, summary = ended.stdout.split("wirelint: 2 kinds of findings in 2 tests")
    names = [line for line in summary.splitlines() if line.startswith("test_shop.py::")]
    assert names == ["test_shop.py::test_lying", "test_shop.py::test_of_a_child_process"]
    assert "GET /me  \N{MULTIPLICATION SIGN}2  401 without a WWW-Authenticate field" in summary
    assert "2 failed, 1 passed" in summary
    assert list(tmp_path.glob("wirelint-*")) == []


def test_settings_that_are_wrong_end_the_run(tmp_path: Path) -> None:
    ended = run_pytest(tmp_path, "--wirelint", WIRELINT_SELECT="hgih")
    assert ended.returncode == 4
    assert "--wirelint: unknown rule, family or severity 'hgih'; did you mean high?" in ended.stderr


def test_a_proxy_within_a_proxy_is_refused(tmp_path: Path) -> None:
    ended = run_pytest(tmp_path, "--wirelint", SSL_CERT_FILE="/tmp/wirelint-run-x/bundle.pem")
    assert ended.returncode == 4
    assert "leave out wirelint run --" in ended.stderr


def test_without_the_option_nothing_is_different(tmp_path: Path) -> None:
    ended = run_pytest(tmp_path, "--collect-only")
    assert ended.returncode == 0
    assert "wirelint" not in ended.stdout
