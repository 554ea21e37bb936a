"""Runs the command line inside this process."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from lab.har import document, entry
from wirelint.cli import main


class Run(NamedTuple):
    """What a run of the command printed, and its exit code."""

    code: int
    out: str
    err: str


class Shell:
    """Calls ``wirelint`` in an empty folder with an environment of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self._monkeypatch = monkeypatch
        self.folder = folder

    def __call__(self, *words: str | Path, stdin: bytes = b"") -> Run:
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
        with self._monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            code = main([str(word) for word in words])
        texts = (stream.buffer.getvalue().decode() for stream in (out, err))
        return Run(code, *texts)

    def env(self, **variables: str) -> None:
        """Set environment variables."""
        for name, value in variables.items():
            self._monkeypatch.setenv(name, value)

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file into the folder."""
        file = self.folder / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file


FEW = "unauthorized-without-challenge,throttled-without-retry-hint,created-without-location"
"""Rules for tests that must not depend on how many others there are."""


def a_401() -> dict[str, object]:
    """Return an entry that ``unauthorized-without-challenge`` (high, certain) finds."""
    return entry(401, '{"error": "token is missing"}')


def capture(*entries: object) -> bytes:
    """Return a HAR document of a good entry and those given."""
    return document(entry(200, '{"id": 7}'), *entries)
