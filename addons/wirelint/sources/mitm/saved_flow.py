"""Convert a record of a flow file to an exchange, the same as if it were live. mitmproxy parses the record."""

from __future__ import annotations

import math
from typing import Any, Final

from mitmproxy import exceptions, http
from mitmproxy.flow import Flow
from mitmproxy.io import compat, tnetstring
from msgspec.structs import replace

from wirelint.core.exchange import Exchange
from wirelint.core.origin import Origin
from wirelint.sources import Skipped
from wirelint.sources.mitm.adapter import Naming, exchange_of_flow

_KINDS: Final = {"tcp": "raw TCP", "udp": "raw UDP", "dns": "DNS"}


def exchange_of_record(record: memoryview, origin: Origin, naming: Naming | None = None) -> Exchange | Skipped:
    """Return the exchange of a record, or the reason to skip it. Never raises for any content of a record.

    :param record: the payload of a frame, as mitmproxy 1 to 12 wrote it.
    :param origin: its place in the file.
    :param naming: names of services; hosts if None.
    """
    naming = naming or Naming()
    try:
        state: Any = tnetstring.parse(ord("}"), record)
        flow = Flow.from_state(compat.migrate_flow(state))
        why = _unfit(flow)
        if why is None and isinstance(flow, http.HTTPFlow):
            exchange = exchange_of_flow(flow, naming)
            if exchange is None:
                why = "no response, and no failure of a service"
            elif _is_sound(exchange):
                return replace(exchange, origin=origin)
            else:
                why = "broken flow"
    except exceptions.FlowReadException as error:
        why = " ".join(str(error).split())[:200]
    except Exception as error:  # noqa: BLE001 - a damaged record can make mitmproxy's readers raise anything
        why = f"broken flow ({type(error).__name__})"
    return Skipped(origin.index, why or "not HTTP")


def _unfit(flow: Flow) -> str | None:
    """Return why a flow is not an HTTP exchange, None if it is one."""
    if not isinstance(flow, http.HTTPFlow):
        return f"not HTTP: {_KINDS.get(flow.type, flow.type)}"
    if flow.request.data.method == b"CONNECT":
        return "not an exchange: a tunnel was opened"
    return None if flow.websocket is None else "not HTTP any more: WebSocket"


def _is_sound(exchange: Exchange) -> bool:
    """Check the types and values that mitmproxy reads from a file unchecked."""
    times = (exchange.started, exchange.first_byte, exchange.ended)
    return isinstance(exchange.id, str) and all(at is None or math.isfinite(at) for at in times)
