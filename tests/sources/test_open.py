"""Captures by their content: plain, packed, broken, hostile."""

from __future__ import annotations

import gzip
import io
import os
import sys
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from lab.har import document, entry
from wirelint import sources
from wirelint.core.exchange import Exchange
from wirelint.sources import UnreadableError, har
from wirelint.sources import open as open_module
from wirelint.sources.open import open_capture


def statuses(path: Path | str) -> list[int | None]:
    return [each.status for each in open_capture(str(path)).exchanges if isinstance(each, Exchange)]


def refused(path: Path | str, limit: int = 1 << 20) -> str:
    with pytest.raises(UnreadableError) as caught:
        list(open_capture(str(path), limit=limit).exchanges)
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix(f"{path}: ")


def stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_by_content_whatever_the_name(tmp_path: Path) -> None:
    data = document(entry(), entry(404))
    members = gzip.compress(data[:100]) + gzip.compress(data[100:]) + bytes(9)
    frames = zstandard.compress(data[:100]) + zstandard.compress(data[100:])
    packed = (gzip.compress(data), members, zlib.compress(data), zstandard.compress(data), frames)
    for content in (data, b"\xef\xbb\xbf \n" + data, data.decode().encode("utf-16"), *packed):
        file = tmp_path / "capture.bin"
        file.write_bytes(content)
        assert statuses(file) == [200, 404]
        assert open_capture(str(file)).records == 2


def test_flows(tmp_path: Path) -> None:
    from mitmproxy.io import FlowWriter  # noqa: PLC0415 - the one test here that needs it
    from mitmproxy.test import tflow  # noqa: PLC0415 - likewise

    file = tmp_path / "flows.har"
    with file.open("wb") as sink:
        FlowWriter(sink).add(tflow.tflow(resp=True))
    assert statuses(file) == [200]
    packed = tmp_path / "flows.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    assert statuses(packed) == [200]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin(monkeypatch, gzip.compress(document(entry(500))))
    capture = open_capture("-")
    (exchange,) = capture.exchanges
    assert isinstance(exchange, Exchange)
    assert exchange.origin is not None
    assert (exchange.origin.file, exchange.status) == ("-", 500)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b" \r\n\t", "empty"),
        (gzip.compress(b"", mtime=0), "empty"),
        (b"GET / HTTP/1.1\r\n", "no known kind of recording"),
        (b"\x89PNG\r\n\x1a\n" + bytes(5000), "no known kind of recording"),
        (b"123", "no known kind of recording"),
        (b"[1, 2]", "no known kind of recording"),
        (b"{", "truncated: the JSON text does not end"),
        (b'{"log": 1}', "no known kind of recording"),
        (b'{"info": {"log": {}}, "item": []}', "no known kind of recording"),
        (b'{"log": {"entries": 1}}', "JSON, but not HAR: there is no list at log.entries"),
        (zstandard.compress(document(entry()))[:-4], "truncated: the zstd data does not end"),
        (b"\x28\xb5\x2f\xfd" + b"\xff" * 40, "broken zstd data"),
        (gzip.compress(document(entry()))[:-12], "truncated: the gzip data does not end"),
        (b"\x1f\x8b\x08" + b"\xff" * 40, "broken gzip data"),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "capture"
    file.write_bytes(content)
    assert refused(file).partition(";")[0] == message


def test_paths_that_lead_nowhere(tmp_path: Path) -> None:
    assert refused(tmp_path / "none") == "No such file or directory"
    assert refused(tmp_path) == "Is a directory"
    assert "null" in refused("a\0b")


def test_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "large"
    file.write_bytes(document(entry(text="x" * 3_000_000)))
    assert refused(file) == "3 MiB, more than the 1 MiB of --size-limit"
    stdin(monkeypatch, file.read_bytes())
    assert refused("-") == "more than the 1 MiB of --size-limit"


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, zstandard.compress])
def test_a_bomb_costs_no_more_than_its_limit(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    file = tmp_path / "bomb"
    file.write_bytes(pack(bytes(64 << 20)))
    tracemalloc.start()
    try:
        assert refused(file) == "unpacks to more than the 1 MiB of --size-limit"
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 << 20


def test_a_bomb_is_refused_before_it_costs_its_limit(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, wbits=31)
    file = tmp_path / "bomb"
    file.write_bytes(b"".join(packer.compress(bytes(1 << 20)) for _ in range(80)) + packer.flush())
    with pytest.raises(UnreadableError, match="unpacks to more than 250 times its size"):
        open_capture(str(file))


def test_a_pipe_without_a_writer_is_not_awaited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_module, "_WRITER_WAIT", 0.01)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert refused(pipe) == "nothing was written to this pipe in 0.01 s"


@pytest.mark.parametrize("level", [b"[", b'{"a":'])
def test_deep_nesting(tmp_path: Path, level: bytes) -> None:
    file = tmp_path / "deep"
    file.write_bytes(b'{"log": {"entries": [' + level * 200_000)
    assert refused(file) == "JSON nested too deeply"


def test_many_empty_members_take_no_more_time_than_octets(tmp_path: Path) -> None:
    file = tmp_path / "members.gz"
    file.write_bytes(gzip.compress(b"") * 50_000 + gzip.compress(document(entry())))
    begun = time.process_time()
    assert statuses(file) == [200]
    assert time.process_time() - begun < 5


def test_a_pipe_that_cannot_seek(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writing = threading.Thread(target=pipe.write_bytes, args=(gzip.compress(document(entry(503))),))
    writing.start()
    assert statuses(pipe) == [503]
    writing.join()


@pytest.mark.parametrize(
    ("head", "is_har"),
    [
        (b'{"log":{"version":"1.2"', True),
        (b'{ "comment" : "a \\" { log", "tags": [{"log": 1}], "log" : { ', True),
        (b"{", True),
        (b'{"lo', True),
        (b'{"log"', True),
        (b'{"log": "GET / HTTP/1.1", "stream": "stdout"}', False),
        (b'{"log": [{"entries": []}]}', False),
        (b'{"mappings": [{"log": {}}', False),
        (b"{}", False),
        (b'[{"log": {}}]', False),
        (b'"log": {', False),
        (b"", False),
    ],
)
def test_har_is_recognised_by_its_members(head: bytes, is_har: bool) -> None:
    assert har.looks_like_har(head) is is_har


def test_recognising_takes_linear_time() -> None:
    begun = time.process_time()
    for head in (b'{"' + b'\\"' * 32_000, b'{"a":"' + b"\\" * 64_000, b'{"a" ' + b" " * 64_000, b"{" * 64_000):
        har.looks_like_har(head)
    assert time.process_time() - begun < 1


NOTES = """
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.sources import Recording, Skipped, Source


def read(content):
    lines = content.whole().split()[1:]
    found = [Skipped(0, "a blank") if line == b"-" else Exchange(
        request=Request(method="GET", target="/"), response=Response(status=int(line)), failure=None, service="a",
        id="1", started=0.0,
    ) for line in lines]
    return Recording(content.name, iter(found), len(found))


SOURCE = Source("notes", lambda head: head.startswith(b"NOTES"), read)
"""


def test_one_more_file_is_one_more_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "notes_of_tests.py").write_text(NOTES)
    monkeypatch.setattr(sources, "__path__", [*sources.__path__, str(tmp_path)])
    sources.sources.cache_clear()
    try:
        file = tmp_path / "a.notes"
        file.write_bytes(gzip.compress(b"NOTES 200 - 404"))
        assert statuses(file) == [200, 404]
        file.write_bytes(b"?")
        assert "mitmproxy flows, notes, Pact files" in refused(file)
    finally:
        sources.sources.cache_clear()
        sys.modules.pop("wirelint.sources.notes_of_tests", None)
