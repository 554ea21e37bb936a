"""Save flows to a file, one after the other, as ``mitmdump -w`` does, but never in the way of the traffic."""

from __future__ import annotations

import functools
from typing import Any, Final

from mitmproxy import flow, http
from mitmproxy.io import tnetstring
from mitmproxy.net import encoding

from wirelint.core.body import Body
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.masked import masked
from wirelint.core.masking import Pseudonyms
from wirelint.core.redact import redact
from wirelint.sinks.saving import Saver
from wirelint.sources.mitm.adapter import SERVICE, exchange_of_flow
from wirelint.sources.mitm.faults import Faults
from wirelint.sources.mitm.recorder import Recorder

_LONGEST_ERROR: Final = 200


class Saving:
    """Hands each exchange that ends to the saver. Content beyond what is inspected is left out.

    :param saver: writes them.
    :param capture: names their services, which the file keeps.
    :param faults: counts what goes wrong.
    """

    name = "wirelint_saving"

    def __init__(self, saver: Saver, capture: Recorder, faults: Faults) -> None:
        self._saver = saver
        self._capture = capture
        self._faults = faults

    def response(self, flow: http.HTTPFlow) -> None:
        """Save an exchange."""
        # One that was cut off also has an error, which comes next.
        if flow.error is None:
            self._save(flow)

    def error(self, flow: flow.Flow) -> None:
        """Save an exchange that failed."""
        if isinstance(flow, http.HTTPFlow):
            self._save(flow)

    def _save(self, flow: http.HTTPFlow) -> None:
        try:
            exchange = exchange_of_flow(flow, self._capture.naming)
            if exchange is None:
                return  # it never reached a service
            state = flow.get_state()
            state["metadata"] = {SERVICE: [exchange.service, str(exchange.direction)]}
            names = self._saver.names
            made = functools.partial(tnetstring.dumps, state)
            if names is not None:
                made = functools.partial(_masked, state, exchange, names)
            self._saver.put(exchange, made)
        except Exception as error:  # noqa: BLE001 - the exchange goes on without us
            self._faults.add("capture", error)


def _masked(state: dict[str, Any], exchange: Exchange, names: Pseudonyms) -> bytes:
    """Return the record of a flow with the masked messages of its exchange in place of its own."""
    shown = masked(exchange, names)
    _put(state["request"], shown.request)
    state["request"] |= {
        "method": shown.request.method.encode(),
        "path": shown.request.target.encode(),
        "authority": shown.request.authority.encode() if state["request"]["authority"] else b"",
    }
    if state["response"] is not None and shown.response is not None:
        _put(state["response"], shown.response)
        state["response"]["reason"] = shown.response.reason.encode()
        trailers = shown.response.trailers
        state["response"]["trailers"] = None if trailers is None or not len(trailers) else trailers.fields
    if state["error"] is not None:
        state["error"]["msg"] = redact(state["error"]["msg"], limit=_LONGEST_ERROR)
    if state["websocket"] is not None:
        state["websocket"]["messages"] = []
    # An address that is reserved for documentation (RFC 3849) in place of the client's: the same for the same client.
    number = shown.client[-8:]
    state["client_conn"]["peername"] = (f"2001:db8::{number[:4]}:{number[4:]}" if number else "", 0)
    state["client_conn"]["certificate_list"] = []
    state |= {"backup": None, "comment": "", "marked": ""}
    record: bytes = tnetstring.dumps(state)
    return record


def _put(state: dict[str, Any], message: Request | Response) -> None:
    state["headers"] = message.headers.fields
    state["trailers"] = None
    state["content"] = _content(message.body, message.headers.get("content-encoding") or "identity")


def _content(body: Body, coding: str) -> bytes | None:
    """Return content in its coding; None if it is unknown."""
    if body.raw is None:
        return None
    octets = body.raw.decode().encode(body.media.charset or "utf-8", "replace")
    return bytes(encoding.encode(octets, coding)) if octets else octets
