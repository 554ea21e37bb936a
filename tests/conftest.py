"""Fixtures for all tests."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

import support


@pytest.fixture
def free_port() -> int:
    """A free TCP port of ``127.0.0.1``; for a second one call ``support.free_port``."""
    return support.free_port()


@pytest.fixture
def background(tmp_path: Path) -> Iterator[support.Background]:
    """Starts processes, by the parameters of ``support.Process`` less ``log``, and stops them after the test."""
    with contextlib.ExitStack() as started:

        def start(
            command: Sequence[str | Path],
            *,
            port: int | None = None,
            env: Mapping[str, str] | None = None,
            cwd: Path | None = None,
            timeout: float = 20.0,
        ) -> support.Process:
            count = len(list(tmp_path.glob("process-*.log")))
            log = tmp_path / f"process-{count}.log"
            return started.enter_context(
                support.Process(command, log=log, port=port, env=env, cwd=cwd, timeout=timeout)
            )

        yield start
