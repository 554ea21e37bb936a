"""Save exchanges to a file while they pass, never in the way of the traffic."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import secrets
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from wirelint.core.audit import Audit
from wirelint.core.exchange import Exchange
from wirelint.core.masked import masked
from wirelint.core.masking import Pseudonyms
from wirelint.sinks import har
from wirelint.sinks.lines import Lines, Target
from wirelint.sinks.metrics.families import Families, counter
from wirelint.sinks.rotating import RotatingFile

FULL: Final = "full"
BACKLOG: Final = "backlog"
UNWRITABLE: Final = "unwritable"
FAULT: Final = "fault"
_MOST_WAITING: Final = 32 * 1024 * 1024
_log: Final = logging.getLogger("wirelint")


def is_har(path: Path) -> bool:
    """Return whether a file is to be HAR by its name: ``x.har``, ``x.har.gz``."""
    return path.name.lower().endswith((".har", ".har.gz"))


class Saver:
    """Writes exchanges one after the other, on a thread of its own, until the file is full.

    Attributes:
        path: the file.
        is_har: whether it is HAR; else ``put`` gets records of flows.
        names: stand for what is masked; None to mask nothing.

    :param path: HAR by its name, else flows; see ``HarFile`` for files of HAR.
    :param room: most octets to write, before compression.
    :param mask: whether to mask secrets and names of people.
    """

    def __init__(self, path: Path, room: int, *, mask: bool = False) -> None:
        self.path = path
        self.is_har = is_har(path)
        # The key is gone with the process: nobody can test then what a name stands for.
        self.names = Pseudonyms(secrets.token_bytes(16)) if mask else None
        self.partly = 0
        self._left_out = {FULL: 0, BACKLOG: 0, FAULT: 0}
        self._room = room
        self._waiting = 0
        self._lock = threading.Lock()
        target: Target = HarFile(path) if self.is_har else RotatingFile(path)
        self._lines = Lines(target, name="wirelint-save", complain=self._complain)

    @property
    def saved(self) -> int:
        """Return the number of saved exchanges."""
        return self._lines.written

    @property
    def lost(self) -> dict[str, int]:
        """Return the number of exchanges that were not saved, by reason.

        ``full``, ``backlog`` (more came than could be written), ``unwritable`` (such as a full disk), ``fault``.
        """
        return self._left_out | {UNWRITABLE: self._lines.lost["unwritable"]}

    def put(self, exchange: Exchange, made: Callable[[], bytes]) -> None:
        """Queue an exchange; never waits.

        :param made: makes the octets to write; called on another thread.
        """
        octets = _weight(exchange)
        messages = (exchange.request, exchange.response)
        if any(message is not None and not message.body.complete for message in messages):
            self.partly += 1
        with self._lock:
            if self._left_out[FULL]:  # a later, smaller one would hide that something is missing
                self._left_out[FULL] += 1
                return
            fits = self._waiting + octets <= _MOST_WAITING
            self._waiting += octets if fits else 0
        if not fits or not self._lines.put(functools.partial(self._make, made, octets)):
            with self._lock:
                self._waiting -= octets if fits else 0
                self._left_out[BACKLOG] += 1

    def collect(self) -> Families:
        """Yield the numbers of saved and of other exchanges as metrics."""
        yield counter("saved_exchanges", "Exchanges written to the file of --save.", self.saved)
        yield counter("unsaved_exchanges", "Exchanges that could not be written to it.", self.lost, "reason")
        yield counter("partly_saved_exchanges", "Exchanges saved without all of their content.", self.partly)

    def close(self) -> None:
        """Write what waits. Calling this again changes nothing."""
        self._lines.close()

    def _make(self, made: Callable[[], bytes], octets: int) -> bytes:
        with self._lock:
            self._waiting -= octets
            if self._left_out[FULL]:
                self._left_out[FULL] += 1
                return b""
        try:
            record = made()
        except Exception as error:  # noqa: BLE001 - the next one may be fine
            self._leave_out(FAULT, f"fault while saving ({type(error).__name__}), counted from now on")
            return b""
        if len(record) > self._room:
            self._leave_out(FULL, f"{self.path} is full (--save-size): further exchanges are not saved")
            return b""
        self._room -= len(record)
        return record

    def _leave_out(self, reason: str, text: str) -> None:
        with self._lock:
            self._left_out[reason] += 1
            first = self._left_out[reason] == 1
        if first:
            _log.warning("wirelint: %s", text)

    def _complain(self, error: Exception) -> None:
        why = error.strerror if isinstance(error, OSError) else None
        _log.warning("wirelint: cannot write %s, exchanges are not saved: %s", self.path, why or type(error).__name__)


class HarSaving:
    """Saves all audited exchanges as entries of a HAR file.

    :param saver: writes them.
    """

    def __init__(self, saver: Saver) -> None:
        self._saver = saver

    def accept(self, audit: Audit) -> None:
        """Save an exchange, unless it is a probe: these are no traffic."""
        exchange = audit.exchange
        if not exchange.probes:
            self._saver.put(exchange, functools.partial(self._entry, exchange))

    def close(self) -> None:
        """Write what waits."""
        self._saver.close()

    def _entry(self, exchange: Exchange) -> bytes:
        names = self._saver.names
        return msgspec.json.encode(har.entry(exchange if names is None else masked(exchange, names)))


class HarFile:
    """A HAR file that is complete after each entry, also if the process is killed then.

    :param path: the file, which must be empty; if its name ends in ``.gz``, it is compressed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None
        self._at = 0
        self._end = b""
        self._empty = True
        self._packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16) if path.suffix.lower() == ".gz" else None

    def write(self, line: bytes) -> None:
        """Add an entry. An empty one only creates the document.

        :raises OSError: it cannot be written; then the entries before it are still there.
        """
        if self._descriptor is None:
            self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not self._end:
            self._put(self._descriptor, har.HEAD)
        if line:
            self._put(self._descriptor, line if self._empty else b",\n" + line)
            self._empty = False

    def close(self) -> None:
        """Close the file."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def _put(self, descriptor: int, octets: bytes) -> None:
        """Write octets in place of the end, and the end behind them."""
        packer = None if self._packer is None else self._packer.copy()
        end = har.TAIL
        if packer is not None:
            octets = packer.compress(octets) + packer.flush(zlib.Z_SYNC_FLUSH)
            closing = packer.copy()
            end = closing.compress(end) + closing.flush()
        try:
            _write(descriptor, self._at, octets + end)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, self._at)
                _write(descriptor, self._at, self._end)
            raise
        self._at += len(octets)
        self._end, self._packer = end, packer


def _write(descriptor: int, at: int, octets: bytes) -> None:
    rest = memoryview(octets)
    while rest:
        count = os.pwrite(descriptor, rest, at)
        at, rest = at + count, rest[count:]


def _weight(exchange: Exchange) -> int:
    """Return about how many octets of memory an exchange takes."""
    answered = exchange.response
    messages = (exchange.request,) if answered is None else (exchange.request, answered)
    return 4096 + sum(len(message.body.raw or b"") for message in messages)
