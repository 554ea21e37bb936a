"""What SIGHUP means depends on whether the terminal is still there."""

from __future__ import annotations

import os
import pty
import signal

import pytest

from wirelint.sources import signals


def calls(monkeypatch: pytest.MonkeyPatch, descriptor: int | None) -> list[str]:
    """Return the effect of SIGHUP on a process that was started on a terminal, or on none."""
    real = os.tcgetpgrp
    monkeypatch.setattr(os, "isatty", lambda number: number == 0 and descriptor is not None)
    called: list[str] = []
    handlers = signals.hang_up(lambda: called.append("reload"), lambda: called.append("stop"))
    monkeypatch.setattr(os, "tcgetpgrp", lambda _number: real(descriptor if descriptor is not None else -1))
    handlers[signal.SIGHUP]()
    return called


def test_without_a_terminal_it_asks_for_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    assert calls(monkeypatch, None) == ["reload"]


def test_with_a_terminal_that_is_there_it_does_so_too(monkeypatch: pytest.MonkeyPatch) -> None:
    master, slave = pty.openpty()
    assert calls(monkeypatch, slave) == ["reload"]
    os.close(master)
    os.close(slave)


def test_when_the_terminal_has_gone_it_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    master, slave = pty.openpty()
    os.close(master)
    assert calls(monkeypatch, slave) == ["stop"]
    os.close(slave)
