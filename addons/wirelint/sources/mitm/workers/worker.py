"""A worker: carry traffic, and send captured exchanges."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import resource
import signal
import socket
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

import msgspec

from wirelint.settings.sampling import Sampler, Shares
from wirelint.sinks.own_log import is_worth_logging
from wirelint.sources.mitm.master import Running, run
from wirelint.sources.mitm.patches import streams_only
from wirelint.sources.mitm.remote_audit import RemoteAudit
from wirelint.sources.mitm.settings import ProxySettings, StartError
from wirelint.sources.mitm.workers.protocol import (
    Address,
    BrokenError,
    Frame,
    FrameKind,
    LogLine,
    SampleShares,
    Splitter,
    WorkerCounts,
    content_of,
    longest,
)
from wirelint.sources.mitm.workers.send_queue import SendQueue
from wirelint.sources.mitm.workers.shared_ports import SharingLoop
from wirelint.sources.stats import Stats

_PIECE: Final = 65536
_FLUSH_TIME: Final = 10.0
_ROUNDS: Final = 0.002
_MARGIN: Final = 15.0
_LONGEST_MESSAGE: Final = 2000
_MOST_SERVICES: Final = 1000
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


class Worker:
    """One of several processes that listen on the same ports.

    Ctrl-C and SIGHUP reach all processes of a terminal; the parent handles them. A worker shuts down when the parent
    says so or is gone, and on SIGTERM.
    """

    def __init__(self, sock: socket.socket, settings: ProxySettings, begun: memoryview) -> None:
        """Connect to the parent.

        :param sock: the socket to the parent.
        :param begun: where to count the exchanges that begin; it outlives the process.
        """
        self.stats = Stats()
        self._settings = settings
        self._sock = sock
        self._begun = begun
        self._splitter = Splitter(longest(settings))
        self._queue = SendQueue(sock, self.stats, longest(settings))
        self._sampler = Sampler(None, self._left_out)
        self._sampled: Counter[str] = Counter()
        self._running: Running | None = None
        self._stopping = False

    def work(self) -> None:
        """Carry traffic until the shutdown."""
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        logging.getLogger().addHandler(_Handler(self._queue))
        logging.getLogger("wirelint").setLevel(logging.INFO)
        streams_only.apply()
        self._queue.send(FrameKind.PID, os.getpid())
        self._queue.empty(_FLUSH_TIME)
        remote = RemoteAudit(self._queue.holding, self._count, SharingLoop, self._begun)
        try:
            run(
                self._settings,
                lambda _: (),
                on_ready=self._begin,
                stats=self.stats,
                sampler=self._sampler,
                remote=remote,
            )
        except StartError as error:
            self._queue.send(FrameKind.FAILED, str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, the parent has to hear of it
            self._queue.send(FrameKind.FAILED, f"fault in a worker: {type(error).__name__}")
        self._count()
        self._queue.empty(_FLUSH_TIME)
        self._sock.close()

    def _begin(self, running: Running) -> None:
        """Handle the start: all listeners are open."""
        self._running = running
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._stop)
        loop.add_reader(self._sock, self._receive)
        self._receive()  # the shares were sent first
        self._queue.send(FrameKind.READY, [Address(each.name, each.host, each.port) for each in running.listeners])

    def _receive(self) -> None:
        """Handle a message of the parent, or the end of its socket."""
        try:
            data = self._sock.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        try:
            for each in self._splitter.split(data):
                self._handle(each)
        except (BrokenError, msgspec.MsgspecError, ValueError, KeyError):
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self._sock)
            self._stop()

    def _handle(self, frame: Frame) -> None:
        content: Any = content_of(frame)
        if isinstance(content, SampleShares):
            self._sampler.shares = Shares(content.general, content.services)
        elif frame.kind == FrameKind.ASK:
            # An exchange that ended for its client needs some rounds of the loop to reach the queue.
            asyncio.get_running_loop().call_later(_ROUNDS, self._answer)
        elif frame.kind == FrameKind.STOP:
            self._stop()
        elif frame.kind == FrameKind.STOP_NOW and self._running is not None:
            self._stop()
            self._running.stop()

    def _answer(self) -> None:
        """Answer that all exchanges that had ended when asked for are sent."""
        self._queue.send(FrameKind.ANSWER)
        self._queue.push()

    def _stop(self) -> None:
        if self._stopping or self._running is None:
            return
        self._stopping = True
        # The parent may be gone and unable to kill a process that hangs.
        last = threading.Timer(self._settings.grace + _MARGIN, os._exit, (1,))
        last.daemon = True
        last.start()
        self._running.stop()

    def _count(self) -> None:
        counts = WorkerCounts(self.stats, self._sampled, time.process_time(), _resident())
        if self._queue.send(FrameKind.COUNTS, counts):
            self._sampled.clear()

    def _left_out(self, service: str) -> None:
        if len(self._sampled) < _MOST_SERVICES or service in self._sampled:
            self._sampled[service.encode("utf-8", "replace").decode()] += 1


class _Handler(logging.Handler):
    """Sends log records to the parent."""

    def __init__(self, queue: SendQueue) -> None:
        super().__init__(logging.INFO)
        self._queue = queue

    def emit(self, record: logging.LogRecord) -> None:
        if not is_worth_logging(record):
            return
        # A record that cannot be formatted is a mistake in the code that made it, and no reason to stop.
        with contextlib.suppress(Exception):
            text = " ".join(record.getMessage().split())[:_LONGEST_MESSAGE]
            if record.exc_info and record.exc_info[0]:
                text = f"{text} ({record.exc_info[0].__name__})"
            text = text.encode("utf-8", "replace").decode()
            self._queue.send(FrameKind.LOG, LogLine(record.name, record.levelno, record.created, text))


def _resident() -> int:
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
