"""Read the entries of a large HAR document one by one, so that memory does not grow with the file."""

from __future__ import annotations

import codecs
import io
import json
from collections.abc import Iterator
from contextlib import closing
from typing import IO, Final

from wirelint.sources import FileContent, UnreadableError
from wirelint.sources.parts import TOKEN

FROM: Final = 32 * 1024 * 1024
"""Octets from which a file is large."""

_CHUNK: Final = 1024 * 1024
_LONGEST_HEAD: Final = 16 * 1024 * 1024
_LONGEST_ENTRY: Final = 64 * 1024 * 1024
_BETWEEN: Final = " \t\r\n,"
_decoder: Final = json.JSONDecoder()


def is_large(content: FileContent) -> bool:
    """Return whether a file is too large to be held in memory as a whole."""
    with closing(content.open()) as file:
        return file.seek(0, io.SEEK_END) > FROM


def each_entry(content: FileContent) -> Iterator[bytes] | None:
    """Return the entries of a document in UTF-8, unparsed; None if its beginning does not show where they are.

    :raises UnreadableError: while they are read: the text ends within them, or is no JSON.
    """
    with closing(content.open()) as file:
        start = _start_of_entries(file)
    return None if start is None else _entries(content, start)


def _start_of_entries(file: IO[bytes]) -> int | None:
    """Return the offset behind the bracket that opens ``log.entries``."""
    head = b""
    while len(head) < _LONGEST_HEAD and (chunk := file.read(_CHUNK)):
        head += chunk
        names: list[bytes] = [b"", b"", b""]
        depth = 0
        for match in TOKEN.finditer(head):
            token = match[0]
            if match[2]:
                if depth < len(names):
                    names[depth] = match[1]
            elif token in b"{[":
                if token == b"[" and depth == 2 and names[1:] == [b"log", b"entries"]:
                    return match.end()
                depth += 1
            elif token in b"]}":
                depth -= 1
    return None


def _entries(content: FileContent, start: int) -> Iterator[bytes]:
    with closing(content.open()) as file:
        file.seek(start)
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        text, at, wanted = "", 0, _CHUNK
        while True:
            while at < len(text) and text[at] in _BETWEEN:
                at += 1
            if text[at : at + 1] == "]":
                return
            try:
                _, end = _decoder.raw_decode(text, at)
            except RecursionError as error:
                raise UnreadableError(f"{content.name}: JSON nested too deeply") from error
            except json.JSONDecodeError as error:
                # Either the text is broken, or the rest of the entry was not read yet.
                data = file.read(wanted)
                if not data:
                    raise UnreadableError(f"{content.name}: truncated: the JSON text does not end") from error
                text, at = text[at:] + decode(data), 0
                if len(text) > _LONGEST_ENTRY:
                    raise UnreadableError(f"{content.name}: broken JSON, or an entry of over 64 MiB") from error
                wanted = max(_CHUNK, len(text))
                continue
            yield text[at:end].encode("utf-8", "replace")
            at, wanted = end, _CHUNK
