"""Large HAR files are read entry by entry, with the same result, in little memory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lab.har import document, entry
from lab.prom import ROOT
from wirelint.core.exchange import Exchange
from wirelint.sources import Skipped, UnreadableError, har_stream
from wirelint.sources.open import open_capture

BROKEN = [
    entry(text="é" * 3000),
    {"request": 7},
    entry(404, json.dumps({"log": {"entries": [1]}, "brackets": "]}[{", "quote": '\\"'})),
    "no object",
    entry(text=None),
]
FILES = {
    "replay": (ROOT / "tests/data/replay.har").read_bytes(),
    "broken entries": document(*BROKEN),
    "pages first": document(*BROKEN).replace(b'{"log": {', b'{"log": {"pages": [{"entries": [1, 2]}], ', 1),
    "no entries": document(),
    "a number that is none": document(entry()).replace(b'"time": 120', b'"time": NaN'),
    "half a character": document(entry(text="x")).replace(b'"text": "x"', b'"text": "\\ud83d"'),
    "no UTF-8": document(entry(text="x")).replace(b'"text": "x"', b'"text": "\xff"'),
    "UTF-16": document(entry()).decode().encode("utf-16"),
    "with a mark": b"\xef\xbb\xbf" + document(entry()),
    "of Chrome": document(entry()).replace(b'"name": "test"', b'"name": "WebInspector"'),
}


def plain(each: Exchange | Skipped) -> Any:
    """Return all that a file says of an exchange."""
    if isinstance(each, Skipped):
        return each
    asked, answered = each.request, each.response
    messages = [(list(asked.headers), asked.body.raw)]
    messages += [] if answered is None else [(list(answered.headers), answered.body.raw)]
    return (
        asked.method,
        asked.target,
        each.status,
        messages,
        each.id,
        each.started,
        each.ended,
        each.credentials_hidden,
    )


def read(path: Path) -> list[Any]:
    return list(map(plain, open_capture(str(path)).exchanges))


@pytest.mark.parametrize("data", FILES.values(), ids=list(FILES))
@pytest.mark.parametrize("chunk", [7, 4096])
def test_the_result_is_the_same(data: bytes, chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.har"
    path.write_bytes(data)
    whole = read(path)
    monkeypatch.setattr(har_stream, "FROM", 0)
    monkeypatch.setattr(har_stream, "_CHUNK", max(chunk, 1 + len(data) // 200))
    assert read(path) == whole


def test_what_was_read_before_the_end_of_a_truncated_file_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(har_stream, "FROM", 0)
    (tmp_path / "a.har").write_bytes(document(entry(), entry(404))[:-120])
    found = open_capture(str(tmp_path / "a.har")).exchanges
    first = next(found)
    assert isinstance(first, Exchange)
    assert first.status == 200
    with pytest.raises(UnreadableError, match="truncated: the JSON text does not end"):
        list(found)


def test_an_entry_without_an_end_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(har_stream, "FROM", 0)
    monkeypatch.setattr(har_stream, "_CHUNK", 100)
    monkeypatch.setattr(har_stream, "_LONGEST_ENTRY", 2000)
    (tmp_path / "a.har").write_bytes(document(entry(text="x" * 5000)))
    with pytest.raises(UnreadableError, match="an entry of over 64 MiB"):
        read(tmp_path / "a.har")


def test_memory_does_not_grow_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(har_stream, "FROM", 0)
    one = json.dumps(entry(text="x" * 50_000)).encode()
    with (tmp_path / "a.har").open("wb") as file:
        file.write(b'{"log": {"entries": [')
        for number in range(300):
            file.write((b"," if number else b"") + one)
        file.write(b"]}}")
    import tracemalloc  # noqa: PLC0415 - it slows down all that is imported after it

    tracemalloc.start()
    try:
        assert sum(isinstance(each, Exchange) for each in open_capture(str(tmp_path / "a.har")).exchanges) == 300
        assert tracemalloc.get_traced_memory()[1] < 8 * 1024 * 1024
    finally:
        tracemalloc.stop()
