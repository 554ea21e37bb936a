"""Fixtures for tests of the command line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lab.cli import Shell


@pytest.fixture
def wirelint(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shell:
    """The ``wirelint`` command, in an empty folder, untouched by the settings of whoever runs the tests."""
    for name in list(os.environ):
        if name.startswith("WIRELINT_") or name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return Shell(monkeypatch, tmp_path)
