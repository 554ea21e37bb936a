"""Audit what gateways append to their JSON access logs, in place of Envoy's gRPC access log."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from wirelint.core.origin import Origin
from wirelint.settings.sampling import Sampler
from wirelint.sources.access_log import exchanges_of_line
from wirelint.sources.parts import UnfitError
from wirelint.sources.received.follower import Follower
from wirelint.sources.received.intake import DROPPED, IN_FUTURE, Consume, Intake
from wirelint.sources.stats import Stats

SKIPPED: Final[tuple[str, ...]] = ("no_exchange", "line_too_long", IN_FUTURE)
"""Reasons for which lines are not audited: they are no exchange (no JSON, or without status, method or target), too
long, or of a clock that is ahead."""

_PAUSE: Final = 0.25
_log: Final = logging.getLogger("wirelint")


def new_stats() -> Stats:
    """Return numbers of a tail, all 0."""
    return Stats(dropped=dict.fromkeys(DROPPED, 0), skipped=dict.fromkeys(SKIPPED, 0))


def run(  # noqa: PLR0913 - what it calls, by name
    paths: Iterable[Path],
    consume: Consume,
    *,
    stats: Stats,
    sampler: Sampler,
    overload_lag: int,
    on_ready: Callable[[Callable[[], None]], None],
    on_leave: Callable[[], None],
    on_reload: Callable[[], None] | None = None,
) -> None:
    """Follow files until SIGTERM or SIGINT.

    :param consume: audits an exchange; called on the event loop, never raises.
    :param overload_lag: milliseconds by which the event loop may be late before audits are shed; 0 to shed none.
    :param on_ready: called once the files are followed, with what stops that from any thread.
    :param on_leave: called once it is asked to stop.
    :param on_reload: called with each SIGHUP.
    :raises OSError: a file is no regular file, or may not be read.
    """
    asyncio.run(_Tail(paths, consume, stats, sampler, overload_lag).run(on_ready, on_leave, on_reload))


class _Tail:
    def __init__(
        self, paths: Iterable[Path], consume: Consume, stats: Stats, sampler: Sampler, overload_lag: int
    ) -> None:
        self._followers = [Follower(path) for path in paths]
        self._stats = stats
        self._intake = Intake(consume, stats, sampler, overload_lag=overload_lag)
        self._number = 0

    async def run(
        self,
        on_ready: Callable[[Callable[[], None]], None],
        on_leave: Callable[[], None],
        on_reload: Callable[[], None] | None,
    ) -> None:
        async with self._intake.running(on_reload) as stop:
            on_ready(stop)
            following = asyncio.create_task(self._follow())
            try:
                await self._intake.leaving.wait()
                on_leave()
            finally:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)
                for follower in self._followers:
                    self._read(follower)  # what was written last
                    follower.close()

    async def _follow(self) -> None:
        while True:
            found = [self._read(follower) for follower in self._followers]
            await self._intake.room()
            await asyncio.sleep(0 if any(found) else _PAUSE)

    def _read(self, follower: Follower) -> bool:
        """Take in the next lines of a file; return whether there were any."""
        try:
            lines = follower.lines()
        except OSError as error:
            self._stats.faults["capture"] += 1
            _log.debug("wirelint: %s cannot be read", follower.path, exc_info=error)
            return False
        self._stats.skipped["line_too_long"] += follower.too_long
        follower.too_long = 0
        for line in lines:
            self._take(line, follower.path)
        return bool(lines)

    def _take(self, line: bytes, path: Path) -> None:
        stats = self._stats
        stats.captured += 1
        if self._intake.shedding:
            stats.dropped["overload"] += 1
            return
        self._number += 1
        try:
            found = list(exchanges_of_line(line, Origin(path.name, self._number)))
        except UnfitError:
            stats.skipped["no_exchange"] += 1
            return
        except Exception as error:  # noqa: BLE001 - one line that cannot be read must not hide the others
            stats.faults["capture"] += 1
            _log.debug("wirelint: fault in a line of %s", path, exc_info=error)
            return
        # Lines are counted from the start of the command, which says nothing about their place in the file.
        self._intake.take([replace(each, origin=None) for each in found], 2 * len(line))
