"""``wirelint demo`` as a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from wirelint.demo.scenarios import ABOUT

ADDONS = Path(__file__).parents[2] / "addons"


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "wirelint", "demo", "--no-browser", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ADDONS), "TMPDIR": str(folder)},
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit code and output; the services hold standard error, so that its end is theirs."""
    try:
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    return process.returncode, out, err


@pytest.mark.e2e
def test_it_shows_what_there_is_and_ends_by_itself(tmp_path: Path) -> None:
    code, out, err = ended(start(tmp_path, "--duration", "4", "--metrics-port", "0"))
    assert code == 0, err
    assert {"unauthorized-without-challenge", "ok-with-error-body"} <= {
        line.split()[-1].strip("[]") for line in out.splitlines()
    }
    assert " tidy " not in out
    for service in ABOUT:
        assert f"→ {service} at http://127.0.0.1:" in err
    assert "lied  5xx sent  5xx true  hidden 4xx" in err
    assert "Where to look next:" in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.e2e
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_told_to(tmp_path: Path, number: int) -> None:
    process = start(tmp_path, "--metrics-port", "0")
    assert process.stdout is not None
    assert process.stdout.readline() != ""
    process.send_signal(number)
    code, _, err = ended(process)
    assert code == 0, err
    assert "the demo and its page stay until Ctrl-C" in err
    assert "Where to look next:" in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []
