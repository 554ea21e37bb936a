"""The live terminal: each kind of finding once, and never in the way of the traffic."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import msgspec
import pytest

from wirelint.core import wire
from wirelint.core.audit import Audit
from wirelint.core.engine import Engine
from wirelint.core.finding import Finding
from wirelint.rules import catalogue
from wirelint.settings.selection import select
from wirelint.sinks.layout import Line
from wirelint.sinks.terminal import Terminal

PAIR = "GET {path} HTTP/1.1\nHost: a\n\nHTTP/1.1 401 Unauthorized\n\n"


def audits(*paths: str) -> Iterator[Audit]:
    engine = Engine(select(catalogue(), ["unauthorized-without-challenge"]))
    for path in paths:
        for exchange in wire.exchanges(PAIR.format(path=path), service="shop"):
            yield engine.audit(exchange)


def test_each_kind_once() -> None:
    lines: list[str] = []
    terminal = Terminal(lambda line: lines.append(line.text.plain))
    for audit in audits("/a", "/a", "/b", "/a"):
        terminal.accept(audit)
    terminal.close()
    assert [[*each.split()[:4], each.split()[-1]] for each in lines] == [
        ["high", "shop", "GET", "/a", "[unauthorized-without-challenge]"],
        ["high", "shop", "GET", "/b", "[unauthorized-without-challenge]"],
    ]
    assert terminal.unshown == 0


def test_it_remembers_no_more_than_it_may() -> None:
    lines: list[Line] = []
    terminal = Terminal(lines.append, fingerprints=2)
    for audit in audits("/a", "/b", "/c", "/a", "/d"):
        terminal.accept(audit)
    terminal.close()
    assert len(lines) == 2
    assert terminal.unshown == 2


def test_a_terminal_that_stands_still_holds_up_nothing() -> None:
    go_on = threading.Event()
    terminal = Terminal(lambda _: None if go_on.wait(20) else pytest.fail("never went on"), fingerprints=5000)
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

    def write(_: Line) -> None:
        calls.append(1)
        raise BrokenPipeError

    terminal = Terminal(write)
    for audit in audits("/a", "/b"):
        terminal.accept(audit)
    terminal.close()
    assert calls == [1]


def test_quiet_shows_sentences_only() -> None:
    lines: list[str] = []
    terminal = Terminal(lambda line: lines.append(line.text.plain), quiet=True)
    for audit in audits("/a"):
        terminal.accept(audit)
    terminal.announce("shop: answers again")
    terminal.close()
    assert lines == ["shop: answers again"]


def test_the_target_is_masked_and_that_of_the_exchange_at_fault() -> None:
    seen: list[str] = []
    terminal = Terminal(lambda _: None)

    def lay_out(_: Finding, target: str) -> list[Line]:
        seen.append(target)
        return []

    terminal.lay_out = lay_out
    (audit,) = audits("/users/42?token=hunter2")
    earlier = msgspec.structs.replace(audit.findings[0], fingerprint="0" * 16, exchange_id="another")
    terminal.accept(msgspec.structs.replace(audit, findings=(*audit.findings, earlier)))
    terminal.close()
    assert seen == ["/users/42?token=[redacted]", ""]
