"""The log of the process itself: one line per event, nothing from the wire, and nothing waits."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from wirelint.sinks.lines import Lines
from wirelint.sinks.own_log import Form, LineHandler, logging_to, say

_log = logging.getLogger("wirelint.part")
_other = logging.getLogger("mitmproxy.part")


class Kept:
    def __init__(self) -> None:
        self.content = io.BytesIO()

    def write(self, line: bytes) -> None:
        self.content.write(line)

    def close(self) -> None:
        pass


class Said:
    """All that was logged, once the log is closed."""

    def __init__(self, form: Form) -> None:
        self._kept = Kept()
        self._lines = Lines(self._kept)
        self._context = logging_to(self._lines, form)
        self.handler: LineHandler = self._context.__enter__()

    def lines(self) -> list[str]:
        self.close()
        return self._kept.content.getvalue().decode().splitlines()

    def close(self) -> None:
        self._context.__exit__(None, None, None)


@pytest.fixture(params=["text", "json"])
def said(request: pytest.FixtureRequest) -> Iterator[Said]:
    before = logging.getLogger().handlers[:]
    made = Said(request.param)
    yield made
    made.close()
    assert logging.getLogger().handlers == before


def messages(said: Said) -> list[str]:
    return [json.loads(line)["message"] if line.startswith("{") else line for line in said.lines()]


def test_warnings_of_all_and_more_of_ours(said: Said) -> None:
    _log.info("we did")
    _log.debug("a detail")
    _other.info("they did")
    _other.warning("they fear")
    assert messages(said) == ["we did", "they fear"]


def test_others_can_be_silenced(said: Said) -> None:
    said.handler.heard = False
    _other.error("cannot listen")
    _log.warning("we fear")
    assert messages(said) == ["we fear"]


def test_a_record_is_one_line(said: Said) -> None:
    _log.warning("one\ntwo\x1b[31m %s", "three")
    (message,) = messages(said)
    assert "\n" not in message
    assert "one two" in message
    assert "\x1b" not in said.lines()[0]


def test_of_an_exception_only_the_type_is_told(said: Said) -> None:
    try:
        int("hunter2")
    except ValueError:
        _log.exception("it broke")
    (line,) = said.lines()
    assert "ValueError" in line
    assert "hunter2" not in line
    assert "Traceback" not in line


def test_a_record_that_cannot_be_formatted_is_left_out(said: Said) -> None:
    # Straight to the handler: pytest has one of its own, which fails on these.
    for message, value in (("%d", "no number"), ("lone %s", "\ud800")):
        said.handler.emit(logging.LogRecord("wirelint", logging.WARNING, "", 0, message, (value,), None))
    assert [message.rstrip("?\ud800\\") for message in messages(said)] == ["lone "]


@pytest.mark.parametrize("said", ["json"], indirect=True)
def test_json(said: Said) -> None:
    say("listening", url="http://127.0.0.1:1", service=None, counts={"a": 1})
    _log.warning("wirelint: careful")
    first, second = (json.loads(line) for line in said.lines())
    moment = first.pop("time")
    assert moment.endswith("Z")
    expected: dict[str, Any] = {"url": "http://127.0.0.1:1", "service": None, "counts": {"a": 1}}
    assert first == {"level": "info", "logger": "wirelint", "message": "listening", **expected}
    assert (second["level"], second["logger"], second["message"]) == ("warning", "wirelint.part", "careful")


@pytest.mark.parametrize("said", ["text"], indirect=True)
def test_a_terminal_is_told_of_events_by_other_means(said: Said) -> None:
    say("listening", url="http://127.0.0.1:1")
    assert said.lines() == []
