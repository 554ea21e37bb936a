"""Heads that are too large to be audited, from whatever source."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.har import document, entry
from wirelint.core.exchange import Exchange
from wirelint.sources import Skipped
from wirelint.sources.heads import LINES_LIMIT, NAME_LIMIT, OCTETS_LIMIT, octets
from wirelint.sources.open import open_capture


@pytest.mark.parametrize(
    ("fields", "more", "expected"),
    [
        ((), 0, 0),
        (((b"ab", b"c"), (b"d", b"")), 5, 9),
        (((b"", b""),) * LINES_LIMIT, 0, 0),
        (((b"", b""),) * (LINES_LIMIT + 1), 0, None),
        (((b"a", bytes(OCTETS_LIMIT - 1)),), 0, OCTETS_LIMIT),
        (((b"a", bytes(OCTETS_LIMIT - 1)),), 1, None),
        ((), OCTETS_LIMIT + 1, None),
        (((b"a" * NAME_LIMIT, bytes(9000)),), 0, NAME_LIMIT + 9000),
        (((b"a" * (NAME_LIMIT + 1), bytes(9000)),), 0, None),
        (((b"a" * 5000, b""),), 0, 5000),
    ],
)
def test_octets(fields: tuple[tuple[bytes, bytes], ...], more: int, expected: int | None) -> None:
    assert octets(fields, more) == expected


@pytest.mark.parametrize(
    "large",
    [
        entry(headers=(("a", "b"),) * (LINES_LIMIT + 1)),
        entry(headers=(("a", "\n" * (LINES_LIMIT + 1)),)),
        entry(request={"headers": [{"name": "a", "value": "b" * OCTETS_LIMIT}]}),
        entry(url="https://api.example/" + "a" * OCTETS_LIMIT),
        entry(response={"statusText": "a" * (OCTETS_LIMIT + 1)}),
    ],
    ids=["lines", "joined lines", "octets", "target", "reason"],
)
def test_files(tmp_path: Path, large: dict[str, object]) -> None:
    file = tmp_path / "large.har"
    file.write_bytes(document(entry(), large, entry(404)))
    first, second, third = open_capture(str(file)).exchanges
    assert second == Skipped(1, "head too large")
    assert isinstance(first, Exchange)
    assert isinstance(third, Exchange)
