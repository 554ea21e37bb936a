"""Frames, however the stream is cut to pieces, and what is none."""

from __future__ import annotations

import random

import msgspec
import pytest

from wirelint.sources.mitm.workers.protocol import (
    HEAD,
    Address,
    BrokenError,
    Frame,
    FrameKind,
    LogLine,
    SampleShares,
    Splitter,
    WorkerCounts,
    begin,
    content_of,
    finish,
    frame,
)
from wirelint.sources.stats import Stats

VALUES = {
    FrameKind.PID: 4711,
    FrameKind.READY: [Address("shop", "127.0.0.1", 8080)],
    FrameKind.FAILED: "no such file",
    FrameKind.COUNTS: WorkerCounts(Stats(captured=3, last_tick=1.5), {"shop": 2}, 0.25, 4096),
    FrameKind.LOG: LogLine("wirelint", 30, 1.0, "so it is"),
    FrameKind.SHARES: SampleShares(0.5, [("shop", None), ("*", 0.1)]),
    FrameKind.ANSWER: None,
    FrameKind.ASK: None,
    FrameKind.STOP: None,
    FrameKind.STOP_NOW: None,
}


def test_all_kinds_however_they_are_cut() -> None:
    chance = random.Random(7)
    packed = bytearray()
    at = begin(packed, FrameKind.EXCHANGE, 12.5)
    packed += b"whatever"
    assert finish(packed, at) == len(packed)
    for kind, value in VALUES.items():
        packed += frame(kind, value)
    for most in (1, 5, 13, 1000):
        splitter, found, at = Splitter(1000), list[Frame](), 0
        while at < len(packed):
            size = chance.randint(1, most)
            found += splitter.split(bytes(packed[at : at + size]))
            at += size
        assert found[0] == Frame(FrameKind.EXCHANGE, 12.5, b"whatever")
        got = {FrameKind(each.kind): content_of(each) for each in found[1:]}
        got[FrameKind.SHARES].services[:] = [tuple(each) for each in got[FrameKind.SHARES].services]
        assert got == VALUES


@pytest.mark.parametrize("length", [0, 8, 10_000, 2**32 - 1])
def test_no_length_of_a_frame(length: int) -> None:
    splitter = Splitter(1000)
    frames = splitter.split(frame(FrameKind.PID, 1) + HEAD.pack(length, FrameKind.PID, 0.0))
    assert content_of(next(frames)) == 1, "what came before is sound"
    with pytest.raises(BrokenError):
        next(frames)


def test_no_content_of_its_kind() -> None:
    with pytest.raises(msgspec.MsgspecError):
        content_of(Frame(FrameKind.COUNTS, 0.0, b"\x01"))
    with pytest.raises(ValueError, match="99"):
        content_of(Frame(99, 0.0, b"\x01"))
    with pytest.raises(KeyError):
        content_of(Frame(FrameKind.EXCHANGE, 0.0, b"\x01"))
