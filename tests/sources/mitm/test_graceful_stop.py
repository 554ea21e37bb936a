"""How clients are asked to come no more."""

from __future__ import annotations

import asyncio
import time

import pytest
from mitmproxy import http
from mitmproxy.test import tflow

from wirelint.sources.mitm.graceful_stop import GracefulStop


def answered(
    leave: GracefulStop, *, version: str = "HTTP/1.1", status: int = 200, request: str = "", own: str = ""
) -> str:
    """Return the Connection field of a response that went by."""
    flow = tflow.tflow(resp=True)
    assert isinstance(flow, http.HTTPFlow)
    assert flow.response is not None
    flow.request.http_version, flow.response.status_code = version, status
    for message, options in ((flow.request, request), (flow.response, own)):
        if options:
            message.headers["Connection"] = options
    leave.requestheaders(flow)
    leave.responseheaders(flow)
    return str(flow.response.headers.get("Connection", ""))


@pytest.fixture
def leave() -> GracefulStop:
    return GracefulStop(lambda: 0)


def test_nothing_is_changed_before(leave: GracefulStop) -> None:
    assert answered(leave) == ""
    assert answered(leave, own="keep-alive") == "keep-alive"


def test_responses_say_that_their_connection_ends(leave: GracefulStop) -> None:
    leave.begin()
    assert answered(leave) == "close"
    assert answered(leave, own="keep-alive") == "close"
    assert answered(leave, own="X-Hop") == "X-Hop, close"


def test_where_nothing_is_to_be_said(leave: GracefulStop) -> None:
    leave.begin()
    assert answered(leave, own="Close") == "Close"
    assert answered(leave, request="close") == ""
    assert answered(leave, version="HTTP/1.0") == ""
    assert answered(leave, version="HTTP/2.0") == ""
    assert answered(leave, status=101, own="Upgrade") == "Upgrade"


def test_it_waits_for_silence_and_not_for_ever(leave: GracefulStop) -> None:
    async def waited(seconds: float) -> float:
        begun = time.monotonic()
        await leave.quiet(seconds)
        return time.monotonic() - begun

    assert asyncio.run(waited(10)) < 0.4, "nobody has ever come"
    answered(leave)
    assert asyncio.run(waited(0.1)) < 0.4
    answered(leave)
    assert 0.4 < asyncio.run(waited(10)) < 5


def test_it_waits_for_the_last_exchange() -> None:
    left = [1, 1, 0]
    asyncio.run(GracefulStop(lambda: left.pop(0)).over())
    assert left == []
