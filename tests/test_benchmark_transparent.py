"""The comparison of raw exchanges: its cases, its causes, and a few of them through a proxy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks import transparent
from benchmarks.transparent import Case, Lane, Outcome, cases, cause, document

from lab.mitm import HOST, Proxy
from wirelint.sources.mitm.settings import ServiceSpec

# Those whose connection ends by itself, so that nothing depends on how fast this machine is.
ENDING = [case for case in cases() if case.name in {"no length, then close", "no length, then reset"}]
OK = Outcome(b"GET", b"HTTP/1.1 200 OK", "open")
REFUSED = b"\r\nServer: mitmproxy 12\r\n\r\n"


@pytest.fixture
def ways(tmp_path: Path) -> Iterator[dict[str, list[Lane]]]:
    direct, through = Lane(), Lane()
    running = Proxy(ServiceSpec(url=f"http://{HOST}:{through.service_port}", listen_port=0), confdir=tmp_path)
    through.port = running.port()
    yield {"direct": [direct], "wirelint": [through]}
    running.stop()
    direct.close()
    through.close()


def test_there_are_enough_cases() -> None:
    assert len({case.name for case in cases()}) == len(cases()) >= 250


def test_ends_pass(ways: dict[str, list[Lane]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transparent, "_SILENCE", 20)
    found = transparent.compare(ways, ENDING)
    assert [found["direct"][case.name].end for case in ENDING] == ["closed", "reset"]
    assert found["wirelint"] == found["direct"]


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (OK, ""),
        (OK._replace(client=b"HTTP/1.1 400 Bad Request" + REFUSED), "request refused with 400"),
        (OK._replace(client=b"HTTP/1.1 502 Bad Gateway" + REFUSED), "response refused with 502"),
        (OK._replace(client=b""), "nothing arrives at the client"),
        (OK._replace(service=b"GOT"), "request rewritten"),
        (OK._replace(client=b"HTTP/1.1 200"), "response rewritten"),
        (OK._replace(end="closed"), "connection closed, not open"),
    ],
)
def test_causes(seen: Outcome, expected: str) -> None:
    assert cause(OK, seen) == expected


def test_the_page_lists_differences() -> None:
    found = {"direct": {"a|b": OK}, "wirelint": {"a|b": OK}, "mitmdump": {"a|b": OK._replace(client=b"")}}
    page = document(found, [Case("a|b", b"")])
    assert "| as directly | 1 | 0 |" in page
    assert "| `a\\|b` |  | nothing arrives at the client |" in page
