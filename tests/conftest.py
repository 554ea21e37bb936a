"""Fixtures for all tests."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import support
from lab.cli import Shell

# Other work on the machine makes any example slow, and garbage is large.
_PATIENT = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
settings.register_profile("test", max_examples=300, deadline=None, suppress_health_check=_PATIENT)
settings.register_profile("fuzz", settings.get_profile("test"), max_examples=5_000)
settings.load_profile("test")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return two workers a core: tests with servers wait for most of their time."""
    return 2 * (os.cpu_count() or 1)


@pytest.fixture
def free_port() -> int:
    """Return a free TCP port of ``127.0.0.1``; for a second one call ``support.free_port``."""
    return support.free_port()


@pytest.fixture
def background(tmp_path: Path) -> Iterator[support.Background]:
    """Provide a function that starts processes, with the parameters of ``support.Process`` except ``log``."""
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


@pytest.fixture
def wirelint(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shell:
    """Return the ``wirelint`` command, in an empty folder, isolated from the user's settings."""
    for name in list(os.environ):
        if name.startswith("WIRELINT_") or name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return Shell(monkeypatch, tmp_path)
