"""The socket to a worker, and what is made of what comes over it."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from mitmproxy.test import tflow

from wirelint.core.exchange import Direction, Exchange
from wirelint.core.finding import Finding
from wirelint.sources.mitm.record import Record
from wirelint.sources.mitm.workers.backlog import Backlog
from wirelint.sources.mitm.workers.log_relay import LogRelay
from wirelint.sources.mitm.workers.protocol import Frame, FrameKind, LogLine, Splitter, content_of, frame
from wirelint.sources.mitm.workers.send_queue import SendQueue
from wirelint.sources.mitm.workers.worker_connection import WorkerConnection
from wirelint.sources.stats import Stats

MOST = 1 << 20


class Desk:
    """A link with an auditing behind it, and the worker's end of the socket."""

    def __init__(self, limit: int = 1000) -> None:
        self.other, ours = socket.socketpair()
        self.stats = Stats()
        self.stats.faults["link"] = 0
        self.seen: list[Exchange] = []
        self.heard: list[Frame] = []
        self.gone = 0
        self.reading: list[bool] = []
        self.asked = 0
        self.silent = False
        self.backlog = Backlog(self._consume, self.stats, limit, self._ask, self.reading.append)
        self.link = WorkerConnection(ours, MOST, self._hear, lambda _: self.backlog.fault(), self._leave)

    def _consume(self, exchange: Exchange) -> Sequence[Finding]:
        self.seen.append(exchange)
        if exchange.service == "bad":
            raise ZeroDivisionError
        return ()

    def _ask(self) -> bool:
        self.asked += 1
        return self.silent

    def _hear(self, _link: WorkerConnection, told: Frame) -> None:
        if told.kind == FrameKind.EXCHANGE:
            self.backlog.add(told.ended, told.content)
        else:
            self.heard.append(told)

    def _leave(self, _link: WorkerConnection) -> None:
        self.gone += 1


def run(test: Callable[[Desk], Awaitable[None]], limit: int = 1000) -> Desk:
    async def main() -> Desk:
        desk = Desk(limit)
        try:
            await asyncio.wait_for(test(desk), 20)
        finally:
            desk.link.close()
            desk.other.close()
        return desk

    return asyncio.run(main())


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - nobody is there who could signal
        await asyncio.sleep(0.002)


def sent(sock: socket.socket, *services: str) -> None:
    """Return the frames that a queue sends for exchanges with services."""
    sock.setblocking(True)
    queue = SendQueue(sock, Stats(), MOST)
    for number, service in enumerate(services):
        flow = tflow.tflow(resp=True)
        assert flow.response is not None
        flow.response.timestamp_end = 1000.0 + number
        record = Record(flow, service, Direction.INBOUND)
        record.answer(flow.response)
        record.finish(flow, None)
        queue.add(record)
    queue.empty(5)


def test_exchanges_and_faults() -> None:
    async def test(desk: Desk) -> None:
        sent(desk.other, "one", "bad", "two")
        desk.backlog.add(1.0, b"\xc1")
        desk.backlog.add(2.0, b"\x90")
        await until(lambda: len(desk.seen) == 3)

    desk = run(test)
    assert [each.service for each in desk.seen] == ["one", "bad", "two"]
    assert (desk.stats.faults["link"], desk.stats.faults["audit"], desk.stats.audited) == (2, 1, 2)


def test_no_stream_of_frames_ends_the_worker(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as victim:

        async def test(desk: Desk) -> None:
            desk.link.pid = victim.pid
            desk.other.send(frame(FrameKind.PID, 1) + b"\xff" * 100)
            await desk.link.closed.wait()
            assert desk.link.started.is_set()

        desk = run(test)
        assert victim.wait(10) == -signal.SIGKILL
    assert [content_of(each) for each in desk.heard] == [1]
    assert (desk.gone, desk.stats.faults["link"]) == (1, 1)
    assert [each.message for each in caplog.records if each.name == "wirelint"] == [
        "wirelint: fault in what a worker sent, counted from now on"
    ]


def test_the_worker_is_gone() -> None:
    async def test(desk: Desk) -> None:
        desk.other.send(frame(FrameKind.PID, 1)[:-1])
        desk.other.close()
        await desk.link.closed.wait()
        desk.link.send(FrameKind.STOP)
        desk.link.pid = os.getpid()
        desk.link.kill()
        desk.link.pause()
        desk.link.resume()
        desk.link.close()

    desk = run(test)
    assert (desk.gone, desk.heard, desk.stats.faults["link"]) == (1, [], 0)


def test_more_to_say_than_there_is_room() -> None:
    async def test(desk: Desk) -> None:
        for _ in range(200):
            desk.link.send(FrameKind.FAILED, "x" * 10_000)
        desk.other.setblocking(False)
        splitter, count = Splitter(MOST), 0
        while count < 200:
            try:
                count += len(list(splitter.split(desk.other.recv(65536))))
            except BlockingIOError:
                await asyncio.sleep(0.001)

    run(test)


def test_a_full_backlog_stops_reading() -> None:
    async def test(desk: Desk) -> None:
        sent(desk.other, *["one"] * 50)
        await until(lambda: desk.reading == [False, True])
        await until(lambda: len(desk.seen) == 50)

    assert run(test, limit=20).stats.audited == 50


def test_nothing_is_audited_before_all_have_answered() -> None:
    async def test(desk: Desk) -> None:
        desk.silent = True
        sent(desk.other, "one")
        await until(lambda: desk.asked == 1)
        assert desk.seen == []
        desk.backlog.answered()
        assert len(desk.seen) == 1
        desk.backlog.answered()
        sent(desk.other, "two")
        await until(lambda: len(desk.seen) == 2)  # no worker answers, and the auditor does not wait for it
        assert desk.asked == 2

    run(test)


def test_a_full_backlog_waits_for_nobody() -> None:
    async def test(desk: Desk) -> None:
        desk.silent = True
        sent(desk.other, *["one"] * 50)
        begun = asyncio.get_running_loop().time()
        await until(lambda: len(desk.seen) >= 20)
        assert desk.reading[0] is False
        assert asyncio.get_running_loop().time() - begun < 10
        await until(lambda: len(desk.seen) == 50)

    run(test, limit=20)


def test_the_end_audits_what_waits() -> None:
    async def test(desk: Desk) -> None:
        for _ in range(50):
            desk.backlog.add(1.0, b"\xc1")
        desk.backlog.empty(10)
        assert desk.stats.faults["link"] == 50
        for _ in range(50):
            desk.backlog.add(1.0, b"\xc1")
        desk.backlog.empty(0)
        assert desk.stats.faults["link"] == 51, "one is always looked at"
        assert desk.stats.dropped["stopped"] == 49
        assert desk.backlog.merging.octets == 0

    run(test)


def test_each_message_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    retell = LogRelay()
    for _ in range(2):
        retell(LogLine("wirelint.sources", logging.WARNING, 12.5, "wirelint: the event loop is late"))
        retell(LogLine("mitmproxy.proxy", logging.ERROR, 13.5, "100 % wrong"))
    assert [(each.name, each.levelname, each.created, each.getMessage()) for each in caplog.records] == [
        ("wirelint.sources", "WARNING", 12.5, "wirelint: the event loop is late"),
        ("mitmproxy.proxy", "ERROR", 13.5, "100 % wrong"),
        ("mitmproxy.proxy", "ERROR", 13.5, "100 % wrong"),
    ]
    for number in range(1000):
        retell(LogLine("wirelint", logging.WARNING, 1.0, str(number)))
    assert len(retell._logged) == 200
