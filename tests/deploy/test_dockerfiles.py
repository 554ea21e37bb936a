"""All Dockerfiles by hadolint, at its strictest."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lab.prom import ROOT

HADOLINT = Path(sys.executable).parent / "hadolint"
FILES = (ROOT / "Dockerfile", *sorted((ROOT / "deploy").rglob("*Dockerfile*")))


def hadolint(file: Path) -> subprocess.CompletedProcess[str]:
    command = [str(HADOLINT), "--no-color", "--failure-threshold", "style", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=file.parent)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_it_has_nothing_to_say(file: Path) -> None:
    done = hadolint(file)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_the_image_is_built_from_is_sent() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    sent = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copies = [line.split() for line in FILES[0].read_text(encoding="utf-8").splitlines() if line.startswith("COPY ")]
    copied = {source for _, *sources, _ in copies if not sources[0].startswith("--from") for source in sources}
    assert copied == sent
    assert all((ROOT / source).exists() for source in copied)


def test_it_would_say_something(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:latest\nENTRYPOINT wirelint\n")
    done = hadolint(tmp_path / "Dockerfile")
    assert done.returncode == 1
    assert {"DL3007", "DL3025"} <= {word for line in done.stdout.splitlines() for word in line.split()}
