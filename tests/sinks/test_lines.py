"""Lines are written to disk or counted as lost, and nothing waits for them."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

import support
from wirelint.sinks.lines import Lines
from wirelint.sinks.rotating import RotatingFile, Stream


class Target:
    """Keeps lines; fails or hangs on request."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.failing = False
        self.closed = False
        self.gate = threading.Event()
        self.gate.set()

    def write(self, line: bytes) -> None:
        self.gate.wait(10)
        if self.failing:
            raise OSError(errno.ENOSPC, "No space left on device")
        if line:
            self.lines.append(line)

    def close(self) -> None:
        self.closed = True


def test_lines_are_written_in_order_and_the_last_ones_at_the_end() -> None:
    target = Target()
    lines = Lines(target)
    for number in range(500):
        assert lines.put(b"%d\n" % number)
    lines.close()
    lines.close()
    assert target.lines == [b"%d\n" % number for number in range(500)]
    assert target.closed
    assert lines.written == 500
    assert not lines.put(b"late\n")
    assert lines.lost == {"backlog": 1, "unwritable": 0}


def test_what_cannot_be_written_is_counted_and_told_once_in_a_row() -> None:
    target, complaints = Target(), list[Exception]()
    target.failing = True
    lines = Lines(target, complain=complaints.append)
    support.wait_until(lambda: len(complaints) == 1, "the complaint that nothing can be written")
    for _ in range(3):
        lines.put(b"x\n")
    support.wait_until(lambda: lines.lost["unwritable"] == 3, "three lines to be lost")
    target.failing = False
    lines.put(b"y\n")
    support.wait_until(lambda: lines.written == 1, "a line")
    target.failing = True
    lines.put(b"z\n")
    lines.close()
    assert target.lines == [b"y\n"]
    assert lines.lost["unwritable"] == 4
    assert len(complaints) == 2


def test_a_target_that_hangs_holds_nobody() -> None:
    target = Target()
    target.gate.clear()
    lines = Lines(target)
    for _ in range(1200):
        lines.put(b"x\n")
    assert lines.lost["backlog"] >= 199
    lines.close(0.05)
    target.gate.set()


def test_a_reader_that_is_gone_is_counted() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    lines = Lines(Stream(writer))
    lines.put(b"x\n")
    lines.close()
    os.close(writer)
    assert lines.lost["unwritable"] == 1


def test_a_stream_gets_all_of_a_long_line() -> None:
    reader, writer = os.pipe()
    line = bytes(300_000) + b"\n"
    lines = Lines(Stream(writer))
    lines.put(line)
    got = b""
    while len(got) < len(line):
        got += os.read(reader, 65536)
    lines.close()
    assert got == line
    os.close(writer)
    os.close(reader)


def fill(file: RotatingFile, numbers: range) -> None:
    for number in numbers:
        file.write(b"line %02d\n" % number)
    file.close()


def test_a_file_that_is_full_is_moved_aside(tmp_path: Path) -> None:
    path = tmp_path / "log"
    fill(RotatingFile(path, size=24, keep=2), range(11))
    files = {each.name: each.read_text().split("\n")[:-1] for each in tmp_path.iterdir()}
    assert files == {
        "log": ["line 09", "line 10"],
        "log.1": ["line 06", "line 07", "line 08"],
        "log.2": ["line 03", "line 04", "line 05"],
    }


def test_what_is_there_already_counts_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"twenty octets are it")
    fill(RotatingFile(path, size=24, keep=1), range(1))
    assert (tmp_path / "log.1").read_bytes() == b"twenty octets are it"
    fill(RotatingFile(path, size=24, keep=1), range(1, 2))
    assert path.read_bytes() == b"line 00\nline 01\n"


def test_a_file_without_older_ones_begins_anew(tmp_path: Path) -> None:
    fill(RotatingFile(tmp_path / "log", size=24), range(5))
    assert [each.name for each in tmp_path.iterdir()] == ["log"]
    assert (tmp_path / "log").read_bytes() == b"line 03\nline 04\n"


def test_a_file_without_a_bound(tmp_path: Path) -> None:
    fill(RotatingFile(tmp_path / "log", keep=3), range(50))
    assert (tmp_path / "log").read_bytes().count(b"\n") == 50
    assert len(list(tmp_path.iterdir())) == 1


def test_a_line_longer_than_the_bound_gets_a_file_of_its_own(tmp_path: Path) -> None:
    file = RotatingFile(tmp_path / "log", size=10, keep=2)
    for line in (b"a\n", bytes(50), b"b\n"):
        file.write(line)
    file.close()
    sizes = [(tmp_path / name).stat().st_size for name in ("log.2", "log.1", "log")]
    assert sizes == [2, 50, 2]


def test_a_file_that_somebody_else_moved_or_removed_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "log"
    file = RotatingFile(path)
    file.write(b"one\n")
    path.rename(tmp_path / "log.old")
    file.write(b"two\n")
    path.unlink()
    file.write(b"three\n")
    file.close()
    assert (tmp_path / "log.old").read_bytes() == b"one\n"
    assert path.read_bytes() == b"three\n"


def test_half_a_line_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log"
    file = RotatingFile(path)
    file.write(b"whole\n")
    real, room = os.write, 3

    def nearly_full(descriptor: int, data: bytes) -> int:
        nonlocal room
        if not room:
            raise OSError(errno.ENOSPC, "No space left on device")
        done = real(descriptor, bytes(data)[:room])
        room -= done
        return done

    monkeypatch.setattr(os, "write", nearly_full)
    with pytest.raises(OSError, match="No space left"):
        file.write(b"broken\n")
    monkeypatch.undo()
    file.write(b"whole again\n")
    file.close()
    assert path.read_bytes() == b"whole\nwhole again\n"


def test_a_device_is_only_written_to(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    fill(RotatingFile(fifo, size=10, keep=2), range(4))
    assert os.read(reader, 1000).count(b"\n") == 4
    os.close(reader)
    assert [each.name for each in tmp_path.iterdir()] == ["fifo"]


def test_a_folder_that_is_not_there_may_come(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "log"
    lines = Lines(RotatingFile(path))
    lines.put(b"one\n")
    support.wait_until(lambda: lines.lost["unwritable"] == 1, "a line to be lost")
    path.parent.mkdir()
    lines.put(b"two\n")
    lines.close()
    assert path.read_bytes() == b"two\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk(tmp_path: Path) -> None:
    complaints: list[Exception] = []
    lines = Lines(RotatingFile(Path("/dev/full"), size=10, keep=1), complain=complaints.append)
    for _ in range(3):
        lines.put(b"too much\n")
    lines.close()
    assert (lines.written, lines.lost["unwritable"]) == (0, 3)
    assert [error.errno for error in complaints if isinstance(error, OSError)] == [errno.ENOSPC]
