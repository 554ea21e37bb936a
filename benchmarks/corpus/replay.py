"""Replay recorded exchanges through the proxy; its findings must equal those from the file."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.corpus.lane import HOST, Lane, Passed
from benchmarks.corpus.message import Pair, UnfitError, pair
from benchmarks.corpus.outcome import Outcome, engine, outcome
from benchmarks.corpus.probe import Heard
from wirelint.core.exchange import Exchange

LANES: Final = 8
PROBE: Final = ("benchmarks.corpus.probe",)
ENVOY_PROBE: Final = ("benchmarks.corpus.envoy_probe", "4096")
"""Envoy with the default limit of bodies."""
_ROOT: Final = Path(__file__).resolve().parents[2]
_START: Final = 60.0


class Difference(msgspec.Struct, frozen=True):
    """A pair with a different audit, its place in the recording, and the differences."""

    place: str
    status: str
    how: tuple[str, ...]


class Result(msgspec.Struct, frozen=True):
    """The result of a replay.

    ``same`` pairs had the same outcome from wire and file. ``explained`` pairs have it after the necessary changes to
    the recorded exchange, and without its origin in a file. ``different`` is the rest.
    """

    same: int
    findings: int
    explained: tuple[Difference, ...]
    different: tuple[Difference, ...]
    changed: Counter[str]
    altered: Counter[str]
    unfit: Counter[str]

    @property
    def compared(self) -> int:
        """Return the number of compared pairs."""
        return self.same + len(self.explained) + len(self.different)


def replay(recorded: Iterable[tuple[str, int, Exchange]], *, lanes: int = LANES, envoy: bool = False) -> Result:
    """Send all sendable exchanges, several at a time, and compare.

    :param envoy: send them through Envoy and a receiver in place of the proxy, and compare verdicts and rules alone:
        Envoy writes heads in its own way, and sends the receiver the beginnings of bodies.
    :raises RuntimeError: the proxy did not start.
    """
    unfit: Counter[str] = Counter()
    pairs: list[tuple[str, Pair]] = []
    for file, index, exchange in recorded:
        try:
            pairs.append((f"{file}#{index}", pair(exchange)))
        except UnfitError as error:
            unfit[str(error)] += 1
    passed = asyncio.run(_through([pair for _, pair in pairs], lanes, ENVOY_PROBE if envoy else PROBE)) if pairs else []
    return _compare(pairs, passed, unfit, envoy=envoy)


def _compare(
    pairs: Sequence[tuple[str, Pair]], passed: Sequence[Passed], unfit: Counter[str], *, envoy: bool
) -> Result:
    auditor = engine(timeless=True)
    same = findings = 0
    explained: list[Difference] = []
    different: list[Difference] = []
    changed: Counter[str] = Counter()
    altered: Counter[str] = Counter()
    for (place, sent), came in zip(pairs, passed, strict=True):
        changed.update(set(sent.changed))
        altered.update(() if envoy else came.altered)
        what = f"{sent.recorded.request.method} {sent.recorded.status}"
        if came.outcome is None:
            different.append(Difference(place, what, (came.fault or "",)))
            continue
        expected = outcome(auditor.audit(sent.recorded))
        if _same(came.outcome, expected, envoy=envoy):
            same += 1
            findings += len(expected.findings)
        elif _same(came.outcome, outcome(auditor.audit(sent.as_sent)), envoy=envoy):
            explained.append(Difference(place, what, (*sent.changed, *expected.differences(came.outcome))))
        else:
            different.append(Difference(place, what, tuple(expected.differences(came.outcome))))
    return Result(same, findings, tuple(explained), tuple(different), changed, altered, unfit)


def _same(one: Outcome, other: Outcome, *, envoy: bool) -> bool:
    return one.gist == other.gist if envoy else one == other


async def _through(pairs: Sequence[Pair], count: int, module: Sequence[str]) -> list[Passed]:
    passed = [Passed(fault="not sent")] * len(pairs)
    waiting = iter(enumerate(pairs))

    async def work(lane: Lane, port: int) -> None:
        for at, each in waiting:
            passed[at] = await lane.send(each, port)

    async with contextlib.AsyncExitStack() as stack:
        lanes = [await stack.enter_async_context(Lane(f"lane-{number}")) for number in range(count)]
        probe = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *module,
            *(f"{lane.name}=http://{HOST}:{lane.port}" for lane in lanes),
            cwd=_ROOT,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            limit=16 * 1024 * 1024,
        )
        listening = None
        try:
            assert probe.stdout is not None  # noqa: S101 - it was asked for above
            ports = await _ports(probe.stdout)
            listening = asyncio.create_task(_listen(probe.stdout, {lane.name: lane for lane in lanes}))
            async with asyncio.TaskGroup() as group:
                for lane in lanes:
                    group.create_task(work(lane, ports[lane.name]))
        finally:
            if probe.returncode is None:
                probe.terminate()
            await probe.wait()
            if listening is not None:
                await listening
    return passed


async def _ports(lines: asyncio.StreamReader) -> dict[str, int]:
    try:
        async with asyncio.timeout(_START):
            return msgspec.json.decode(await lines.readline(), type=dict[str, int])
    except (TimeoutError, msgspec.DecodeError) as error:
        raise RuntimeError("the proxy did not start") from error


async def _listen(lines: asyncio.StreamReader, lanes: dict[str, Lane]) -> None:
    decode = msgspec.json.Decoder(Heard).decode
    while line := await lines.readline():
        heard = decode(line)
        lanes[heard.service].heard.put_nowait(heard)
