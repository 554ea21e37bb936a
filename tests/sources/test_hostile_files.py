"""Files that are cut, spoiled, packed badly or nested deeply end in exit code 2 or in counted skips, not otherwise."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.cli import Shell
from lab.har import document, entry
from lab.prom import ROOT
from sources import test_recorders as recorders

FILES = [
    (ROOT / "tests/data/replay.har").read_bytes()[:60_000],
    document(*(entry(status, '{"error": "Wrong password"}') for status in (200, 401, 500))),
    *(value.encode() for name, value in vars(recorders).items() if name.isupper() and isinstance(value, str)),
]


def spoiled(data: bytes, random: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(random.randrange(1, 40)):
        changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed)


def inserted(data: bytes, random: Random, more: bytes) -> bytes:
    at = random.randrange(len(data))
    return data[:at] + more + data[at:]


HARMS: list[Callable[[bytes, Random], bytes]] = [
    lambda data, random: data[: random.randrange(len(data))],
    spoiled,
    lambda data, random: data.replace(b'"', b"'", random.randrange(50)),
    lambda data, random: gzip.compress(data)[: random.randrange(20, 400)],
    lambda data, random: zlib.compress(data + random.randbytes(50)),
    lambda data, _: b"\xff\xfe" + data,
    lambda data, random: inserted(data, random, b"[" * 100_000),
    lambda data, random: inserted(data, random, b"9" * 5000),
    lambda data, _: data.replace(b"200", b"-1e999").replace(b"GET", b"G T"),
    lambda data, _: data.replace(b"null", b"[]").replace(b"{}", b"null"),
    lambda data, _: data + data,
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile") / "file"


# Each is a run of the command: a fifth of the usual number.
@settings(max_examples=settings().max_examples // 5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.sampled_from(FILES), harm=st.sampled_from(HARMS), random=st.randoms(use_true_random=False))
def test_they_are_refused_or_skipped(
    wirelint: Shell, place: Path, data: bytes, harm: Callable[[bytes, Random], bytes], random: Random
) -> None:
    place.write_bytes(harm(data, random))
    code, _, said = wirelint("audit", "--format", "concise", "--fail-on", "never", str(place))
    assert code in (0, 2)
    assert "Traceback" not in said
    assert "internal" not in said
    refusals = [line for line in said.splitlines() if line.startswith("wirelint audit: ")]
    assert len(refusals) == (1 if code == 2 else 0)
