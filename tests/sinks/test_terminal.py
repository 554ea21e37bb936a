"""The live terminal: each kind of finding once, and never in the way of the traffic."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator

import msgspec
import pytest
from rich.text import Text

from wirelint.core import wire
from wirelint.core.audit import Audit
from wirelint.core.engine import Engine
from wirelint.rules import catalogue
from wirelint.settings.selection import select
from wirelint.sinks.terminal import Occurrence, Terminal, as_block, as_line_with_time, line

PAIR = "GET {path} HTTP/1.1\nHost: a\n\nHTTP/1.1 401 Unauthorized\n\n"


def audits(*paths: str) -> Iterator[Audit]:
    engine = Engine(select(catalogue(), ["unauthorized-without-challenge"]))
    for path in paths:
        for exchange in wire.exchanges(PAIR.format(path=path), service="shop"):
            yield engine.audit(exchange)


def test_each_kind_once() -> None:
    lines: list[str] = []
    terminal = Terminal(lambda text, _: lines.append(text.plain))
    for audit in audits("/a", "/a", "/b", "/a"):
        terminal.accept(audit)
    terminal.close()
    assert [each.split()[:5] for each in lines] == [
        ["high", "unauthorized-without-challenge", "shop", "GET", "/a"],
        ["high", "unauthorized-without-challenge", "shop", "GET", "/b"],
    ]
    assert terminal.unshown == 0


def test_a_block_has_what_a_line_has_no_room_for() -> None:
    (audit,) = audits("/users/42?page=3&token=abcdef")
    shown = [
        " " * indent + text.plain for indent, text in as_block(Occurrence(audit.findings[0], "GET /users/42?page=…"))
    ]
    assert shown == [
        "high  unauthorized-without-challenge",
        "  GET shop /users/42?page=…  401",
        "  401 without a WWW-Authenticate field",
        "  │ 401 Unauthorized",
    ]


def test_times_stand_in_front() -> None:
    (audit,) = audits("/a")
    ((_, text),) = as_line_with_time(Occurrence(audit.findings[0], at=0.0))
    assert re.match(r"\d\d:\d\d:\d\d  high  ", text.plain)


def test_it_remembers_no_more_than_it_may() -> None:
    lines: list[Text] = []
    terminal = Terminal(lambda text, _: lines.append(text), fingerprints=2)
    for audit in audits("/a", "/b", "/c", "/a", "/d"):
        terminal.accept(audit)
    terminal.close()
    assert len(lines) == 2
    assert terminal.unshown == 2


def test_a_terminal_that_stands_still_holds_up_nothing() -> None:
    go_on = threading.Event()
    terminal = Terminal(lambda *_: None if go_on.wait(20) else pytest.fail("never went on"), fingerprints=5000)
    (audit,) = audits("/a")
    (finding,) = audit.findings
    for number in range(3000):
        found = msgspec.structs.replace(finding, fingerprint=f"{number:016x}")
        terminal.accept(msgspec.structs.replace(audit, findings=(found,)))
    assert terminal.unshown >= 1900
    go_on.set()
    terminal.close()


def test_a_terminal_that_went_away_is_no_fault() -> None:
    calls: list[int] = []

    def write(_text: Text, _indent: int) -> None:
        calls.append(1)
        raise BrokenPipeError

    terminal = Terminal(write)
    for audit in audits("/a", "/b"):
        terminal.accept(audit)
    terminal.close()
    assert calls == [1]


def test_a_line_says_what_it_takes() -> None:
    (audit,) = audits("/a")
    finding = msgspec.structs.replace(audit.findings[0], suggested_status=403, service="a\x1b[1m")
    assert line(finding).plain == (
        "high    unauthorized-without-challenge      a\ufffd[1m GET /a  401 → 403  401 without a WWW-Authenticate field"
    )
    assert line(msgspec.structs.replace(finding, status=None)).plain.count("no response → 403") == 1
