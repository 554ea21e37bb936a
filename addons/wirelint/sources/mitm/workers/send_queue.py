"""Send finished exchanges to the process that audits; bounded while its socket is full."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from typing import Final

from wirelint.sources.mitm.options import QUEUE_LIMIT
from wirelint.sources.mitm.packed_record import pack
from wirelint.sources.mitm.record import Pool, Record
from wirelint.sources.mitm.workers.end_time import end_for_client
from wirelint.sources.mitm.workers.protocol import HEAD, FrameKind, begin, finish, frame
from wirelint.sources.stats import Stats

_PAUSE: Final = 0.005
_WORDS: Final = 64
"""Most frames other than exchanges that wait to be sent."""


class SendQueue:
    """The queue of a proxy that does not audit: records are packed as they end, and sent in batches.

    Attributes:
        limit: most records that wait to be sent.
        calm: unused here; see ``Queue``.
    """

    def __init__(self, sock: socket.socket, stats: Stats, most: int) -> None:
        """Make an empty queue.

        :param sock: the socket to the process that audits.
        :param stats: counts losses.
        :param most: most octets of a frame.
        """
        sock.setblocking(False)
        self.limit = QUEUE_LIMIT
        self.calm = False
        self._sock = sock
        self._stats = stats
        self._most = most
        self._pool = Pool()
        self._thread = threading.get_ident()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._planned = False
        self._blocked = False
        self._broken = False
        # The batch that is being sent, and the frames that wait behind it.
        self._going = memoryview(b"")
        self._sent = 0
        self._going_records = 0
        self._going_weight = 0
        self._waiting = bytearray()
        self._records = 0
        self._weight = 0
        self._words = 0

    def __len__(self) -> int:
        return self._records + self._going_records

    def holding(self, pool: Pool) -> SendQueue:
        """Return this queue, with the octets of waiting records taken from ``pool``."""
        self._pool = pool
        return self

    def add(self, record: Record) -> None:
        """Pack a record. Without room it is dropped and counted."""
        pool = self._pool
        try:
            if self._broken or len(self) >= self.limit or pool.free < 0:
                self._stats.dropped["queue_full"] += 1
                return
            waiting = self._waiting
            record.ended = end_for_client(record)
            at = begin(waiting, FrameKind.EXCHANGE, record.ended or record.started)
            try:
                pack(record, waiting)
            except BaseException:
                del waiting[at:]
                raise
            size = finish(waiting, at)
            if size > self._most:
                del waiting[at:]
                self._stats.dropped["queue_full"] += 1
                return
            self._records += 1
            self._weight += size
            pool.free -= size
        finally:
            record.release(pool)
        if not self._planned:
            self._plan()

    def send(self, kind: FrameKind, value: object = None) -> bool:
        """Send a frame of another kind after the waiting ones. May be called from any thread once the event loop runs.

        :returns: False if too many of them wait already.
        """
        if threading.get_ident() != self._thread:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self.send, kind, value)
            return self._loop is not None
        if self._broken or self._words >= _WORDS:
            return False
        self._words += 1
        self._waiting += frame(kind, value)
        if not self._planned:
            self._plan()
        return True

    def push(self) -> None:
        """Send waiting frames now, as far as the socket takes them."""
        if not self._blocked:
            self._send()

    def empty(self, seconds: float) -> None:
        """Send waiting frames and wait for that, for at most ``seconds``; drop the rest."""
        end = time.monotonic() + seconds
        try:
            while not self._broken and self._turn():
                self._sock.settimeout(max(0.001, end - time.monotonic()))
                self._sent += self._sock.send(self._going[self._sent :])
        except OSError:
            # Part of a frame may have been sent, and no frame can follow that.
            self._lose("stopped")
        finally:
            self._sock.setblocking(False)

    def _plan(self) -> None:
        loop = self._loop
        if loop is None:
            try:
                loop = self._loop = asyncio.get_running_loop()
            except RuntimeError:
                return  # before the loop runs and after it has ended, ``empty`` sends
        if loop.is_closed():
            return
        self._planned = True
        loop.call_later(_PAUSE, self._send)

    def _turn(self) -> bool:
        """Swap the buffers and return whether there is anything to send."""
        if self._sent < len(self._going):
            return True
        self._pool.free += self._going_weight
        self._going_records, self._records = self._records, 0
        self._going_weight, self._weight = self._weight, 0
        self._words = 0
        self._going, self._waiting, self._sent = memoryview(self._waiting), bytearray(), 0
        return bool(self._going)

    def _send(self) -> None:
        loop = self._loop
        if loop is None or self._broken:
            return
        try:
            while self._turn():
                self._sent += self._sock.send(self._going[self._sent :])
        except BlockingIOError:
            if not self._blocked:
                self._blocked = True
                loop.add_writer(self._sock, self._send)
            return
        except OSError:
            self._lose("stopped")
        if self._blocked:
            self._blocked = False
            loop.remove_writer(self._sock)
        self._planned = False

    def _lose(self, reason: str) -> None:
        self._broken = True
        self._stats.dropped[reason] += self._records + self._unsent()
        self._pool.free += self._weight + self._going_weight
        self._going, self._waiting, self._sent = memoryview(b""), bytearray(), 0
        self._records = self._weight = self._going_records = self._going_weight = 0

    def _unsent(self) -> int:
        """Return how many records of the current batch were not sent completely."""
        at = left = 0
        while at < len(self._going):
            length, kind, _ = HEAD.unpack_from(self._going, at)
            at += 4 + length
            left += kind == FrameKind.EXCHANGE and at > self._sent
        return left
