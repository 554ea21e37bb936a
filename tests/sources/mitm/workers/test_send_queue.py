"""What waits to be handed on: sent when there is room, bounded while there is none, and accounted for."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator

import pytest
from mitmproxy.test import tflow

from wirelint.core.exchange import Direction
from wirelint.sources.mitm.packed_record import unpack
from wirelint.sources.mitm.record import Pool, Record
from wirelint.sources.mitm.workers.protocol import Frame, FrameKind, Splitter
from wirelint.sources.mitm.workers.send_queue import SendQueue
from wirelint.sources.stats import Stats

MOST = 1 << 20


async def sent(queue: SendQueue) -> None:
    while queue:  # noqa: ASYNC110 - nobody is there who could signal
        await asyncio.sleep(0.001)


class Ends:
    """Both ends of a socket, with an queue at one."""

    def __init__(self, limit: int = 10_000, size: int = 64 << 20) -> None:
        ours, self.other = socket.socketpair()
        self.other.setblocking(False)
        self.ours = ours
        self.stats = Stats()
        self.pool = Pool(size)
        self.queue = SendQueue(ours, self.stats, MOST).holding(self.pool)
        self.queue.limit = limit
        self._splitter = Splitter(2 * MOST)

    def add(self, count: int = 1, octets: int = 10) -> None:
        for _ in range(count):
            self.stats.captured += 1
            self.queue.add(record(octets))

    def come(self) -> list[Frame]:
        """Return the frames received so far."""
        found: list[Frame] = []
        try:
            while data := self.other.recv(1 << 20):
                found += self._splitter.split(data)
        except BlockingIOError:
            pass
        return found

    def accounted(self, arrived: int) -> bool:
        return arrived + sum(self.stats.dropped.values()) + len(self.queue) == self.stats.captured


def record(octets: int) -> Record:
    flow = tflow.tflow(resp=True)
    assert flow.response is not None
    flow.response.content = b"x" * octets
    made = Record(flow, "shop", Direction.INBOUND)
    made.answer(flow.response)
    made.finish(flow, None)
    return made


@pytest.fixture
def ends() -> Iterator[Ends]:
    made = Ends()
    yield made
    made.ours.close()
    made.other.close()


def test_what_ends_is_sent_soon(ends: Ends) -> None:
    async def main() -> list[Frame]:
        ends.add(3)
        ends.queue.send(FrameKind.FAILED, "behind them")
        assert len(ends.queue) == 3
        await sent(ends.queue)
        return ends.come()

    found = asyncio.run(main())
    assert [each.kind for each in found] == [FrameKind.EXCHANGE] * 3 + [FrameKind.FAILED]
    assert unpack(found[0].content).service == "shop"
    assert found[0].ended > 0
    assert ends.pool.free == ends.pool.size


@pytest.mark.parametrize(("limit", "size", "octets"), [(500, 64 << 20, 1000), (10_000, 1 << 20, 1000)])
def test_nobody_reads(limit: int, size: int, octets: int) -> None:
    ends = Ends(limit, size)

    async def main() -> int:
        for _ in range(40):
            ends.add(100, octets)
            await asyncio.sleep(0.003)
        assert 0 < len(ends.queue) <= limit
        assert ends.pool.free > -2 * octets
        assert ends.stats.dropped["queue_full"] > 0
        arrived = 0
        while ends.queue:
            arrived += len(ends.come())
            await asyncio.sleep(0.001)
        arrived += len(ends.come())
        ends.add(1)
        await asyncio.sleep(0.05)
        return arrived + len(ends.come())

    arrived = asyncio.run(main())
    assert ends.accounted(arrived)
    assert ends.pool.free == ends.pool.size
    ends.ours.close()
    ends.other.close()


def test_the_last_words_wait_for_the_reader(ends: Ends) -> None:
    ends.add(2000, 1000)
    ends.other.setblocking(True)
    splitter = Splitter(2 * MOST)
    found: list[Frame] = []

    def read() -> None:
        while data := ends.other.recv(4096):
            found.extend(splitter.split(data))

    reader = threading.Thread(target=read)
    reader.start()
    ends.queue.empty(10)
    ends.ours.close()
    reader.join(10)
    assert len(found) == 2000
    assert not any(ends.stats.dropped.values())


def test_the_last_words_do_not_wait_for_ever(ends: Ends) -> None:
    ends.add(2000, 1000)
    ends.queue.empty(0.05)
    arrived = len(ends.come())
    assert 0 < arrived < 2000
    assert ends.stats.dropped["stopped"] == 2000 - arrived
    assert ends.pool.free == ends.pool.size
    ends.add(1)
    assert ends.accounted(arrived)
    assert not ends.queue.send(FrameKind.PID, 1), "nothing can come behind half a frame"


def test_the_reader_is_gone(ends: Ends) -> None:
    ends.other.close()

    async def main() -> None:
        ends.add(5)
        await sent(ends.queue)

    asyncio.run(main())
    assert ends.stats.dropped["stopped"] == 5
    assert ends.pool.free == ends.pool.size


def test_one_that_is_too_long(ends: Ends) -> None:
    ends.queue._most = 2000
    ends.add(1, 5000)
    ends.add(1, 10)
    ends.queue.empty(1)
    assert len(ends.come()) == 1
    assert ends.stats.dropped["queue_full"] == 1
    assert ends.pool.free == ends.pool.size


def test_one_that_cannot_be_packed(ends: Ends) -> None:
    broken = record(10)
    broken.method = object()  # type: ignore[assignment]
    ends.add(1)
    with pytest.raises(TypeError):
        ends.queue.add(broken)
    ends.add(1)
    ends.queue.empty(1)
    assert [unpack(each.content).method for each in ends.come()] == [b"GET", b"GET"]
    assert ends.pool.free == ends.pool.size


def test_words_are_bounded(ends: Ends) -> None:
    said = sum(ends.queue.send(FrameKind.FAILED, "x" * 100) for _ in range(1000))
    assert said == 64
    ends.queue.empty(1)
    assert len(ends.come()) == 64
    assert ends.queue.send(FrameKind.FAILED, "again")
