"""When a client had its whole response, as far as known."""

from __future__ import annotations

import pytest
from mitmproxy.test import tflow

from wirelint.core.exchange import Direction, Failure, FailureKind
from wirelint.sources.mitm.record import Octets, Pool, Record, Tee
from wirelint.sources.mitm.workers.end_time import end_for_client

HEAD, CONTENT, NOTED = 10.0, 12.0, 15.0


def record(content: bytes, *fields: tuple[bytes, bytes], version: bytes = b"HTTP/1.1") -> Record:
    made = Record(tflow.tflow(resp=True), "shop", Direction.INBOUND)
    made.answered, made.status, made.request_version = True, 200, version
    made.response_fields = fields
    made.first_byte, made.ended = HEAD, NOTED
    made.response_body = Octets(content, len(content), complete=True)
    made.response_tee = tee = Tee(tflow.tflow(resp=True).response.data, 100, Pool())  # type: ignore[union-attr]
    if content:
        tee(content)
        tee.at = CONTENT
    return made


LENGTH = (b"Content-Length", b"2")


@pytest.mark.parametrize(
    ("made", "end"),
    [
        (record(b"{}", LENGTH), CONTENT),
        (record(b"{}", (b"content-length", b"2"), version=b"HTTP/1.0"), CONTENT),
        (record(b"", (b"Content-Length", b"0")), HEAD),
        (record(b""), HEAD),
        (record(b"{}", (b"Transfer-Encoding", b"chunked")), NOTED),  # the last chunk is sent after the end is noted
        (record(b"{}"), NOTED),  # it ends as the connection does
        (record(b"{}", LENGTH, version=b"HTTP/2.0"), NOTED),
    ],
)
def test_a_response_ends_when_the_client_can_have_it(made: Record, end: float) -> None:
    assert end_for_client(made) == end


def test_no_end_comes_after_the_one_that_was_noted() -> None:
    made = record(b"{}", LENGTH)
    made.ended = CONTENT - 1
    assert end_for_client(made) == CONTENT - 1


def test_what_failed_ended_when_it_failed() -> None:
    made = record(b"{}", LENGTH)
    made.failure = Failure(kind=FailureKind.RESET)
    assert end_for_client(made) == NOTED
    made.ended = None
    assert end_for_client(made) is None
