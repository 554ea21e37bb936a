"""Hand findings on as they come: each kind at once, and then no more than one a minute."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import msgspec

from wirelint.core.finding import Finding
from wirelint.core.verdict import Verdict

PAUSE: Final = 60.0
"""Seconds between two findings of one fingerprint."""


_Kind = tuple[str, int | None, Verdict]
"""A fingerprint, status and verdict: a 500 must not vanish behind a 401 of the same fingerprint."""


class _Last(msgspec.Struct):
    """When a fingerprint was last handed on, and what came since: the number, and the latest."""

    at: float
    left_out: int = 0
    latest: Finding | None = None
    note: str = ""


class Paced:
    """Hand on at most one finding a minute of each fingerprint, status and verdict.

    What was left out last is handed on at the end, or when the fingerprint has to be forgotten.

    :param write: is given a finding, its note, and how many of its fingerprint were left out since the one before.
    :param fingerprints: most to remember; past that, the one not seen for longest goes.
    :param clock: monotonic seconds.
    """

    def __init__(
        self,
        write: Callable[[Finding, str, int], None],
        *,
        fingerprints: int = 2000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._write = write
        self._most = fingerprints
        self._clock = clock
        self._seen: OrderedDict[_Kind, _Last] = OrderedDict()

    def take(self, finding: Finding, note: str = "") -> None:
        """Hand a finding on, or remember that it was left out.

        :param note: a short text to go with it.
        """
        now = self._clock()
        kind = (finding.fingerprint, finding.status, finding.verdict)
        last = self._seen.get(kind)
        if last is None:
            if len(self._seen) >= self._most:
                self._catch_up(self._seen.popitem(last=False)[1])
            self._seen[kind] = _Last(now)
            self._write(finding, note, 0)
            return
        self._seen.move_to_end(kind)
        if now - last.at < PAUSE:
            last.left_out += 1
            last.latest, last.note = finding, note
            return
        self._write(finding, note, last.left_out)
        last.at, last.left_out, last.latest = now, 0, None

    def close(self) -> None:
        """Hand on what was left out last. Calling this again changes nothing."""
        for last in self._seen.values():
            self._catch_up(last)
        self._seen.clear()

    def _catch_up(self, last: _Last) -> None:
        if last.latest is not None:
            self._write(last.latest, last.note, last.left_out - 1)
            last.latest = None
