"""New lines of a file that a program writes, rotates and truncates."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wirelint.sources.received import follower
from wirelint.sources.received.follower import Follower


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_bytes(b"old\n")
    return path


@pytest.fixture
def follow() -> Iterator[Callable[[Path], Follower]]:
    with contextlib.ExitStack() as stack:
        yield lambda path: stack.enter_context(contextlib.closing(Follower(path)))


def append(path: Path, octets: bytes) -> None:
    with path.open("ab") as file:
        file.write(octets)


def read(followed: Follower, times: int = 6) -> list[bytes]:
    return [line for _ in range(times) for line in followed.lines()]


def test_only_what_is_appended_is_read(follow: Callable[[Path], Follower], log: Path) -> None:
    followed = follow(log)
    assert read(followed) == []
    append(log, b"a\nb\n\n")
    assert read(followed) == [b"a", b"b"]


def test_a_line_counts_once_its_end_is_written(follow: Callable[[Path], Follower], log: Path) -> None:
    followed = follow(log)
    append(log, b'{"status":')
    assert read(followed) == []
    append(log, b"200}\r\nnext")
    assert read(followed) == [b'{"status":200}\r']


def test_a_line_that_was_begun_before_is_left_out(follow: Callable[[Path], Follower], log: Path) -> None:
    append(log, b"begun ")
    followed = follow(log)
    append(log, b"before\nwhole\n")
    assert read(followed) == [b"whole"]


def test_a_rotated_file_is_read_to_its_end_and_its_successor_from_the_beginning(
    follow: Callable[[Path], Follower], log: Path
) -> None:
    followed = follow(log)
    old = log.with_suffix(".1")
    log.rename(old)
    log.touch()
    append(old, b"late\n")  # the writer has not opened the new one yet
    assert read(followed) == [b"late"]
    append(log, b"new\n")
    assert read(followed) == [b"new"]
    old.unlink()
    append(log, b"more\n")
    assert read(followed) == [b"more"]


def test_both_files_are_read_where_the_writer_turns_between_two_reads(
    follow: Callable[[Path], Follower], log: Path
) -> None:
    followed = follow(log)
    append(log, b"last\n")
    log.rename(log.with_suffix(".1"))
    append(log, b"first\n")
    assert read(followed) == [b"last", b"first"]


def test_a_truncated_file_is_read_from_its_beginning(follow: Callable[[Path], Follower], log: Path) -> None:
    followed = follow(log)
    append(log, b"a\nunfinished")
    assert read(followed) == [b"a"]
    os.truncate(log, 0)
    append(log, b"b\n")
    assert read(followed) == [b"b"]


def test_a_file_may_come_later(follow: Callable[[Path], Follower], tmp_path: Path) -> None:
    followed = follow(tmp_path / "none.log")
    assert read(followed) == []
    append(tmp_path / "none.log", b"a\n")
    assert read(followed) == [b"a"]


def test_lines_that_are_too_long_are_counted_and_not_held(
    follow: Callable[[Path], Follower], log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "_LONGEST_LINE", 100)
    monkeypatch.setattr(follower, "_CHUNK", 60)
    followed = follow(log)
    append(log, b"x" * 1000 + b"\nshort\n" + b"y" * 110)
    assert read(followed, 30) == [b"short"]
    assert followed.too_long == 2
    assert len(followed._rest) <= 160
    append(log, b"\nend\n")
    assert read(followed) == [b"end"]


def test_other_things_than_files_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="no regular file"):
        Follower(tmp_path / "pipe")
