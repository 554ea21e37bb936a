"""Save flows to a file, one after the other, as ``mitmdump -w`` does, but never in the way of the traffic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mitmproxy import flow, http
from mitmproxy.io import tnetstring

from wirelint.sinks.lines import Lines
from wirelint.sources.mitm.faults import Faults

MIB: Final = 1024 * 1024


class Saving:
    """Writes each exchange that ends, until the file is full. Bodies that were streamed past the limit are left out.

    Attributes:
        left_out: number of exchanges that were not saved.

    :param lines: writes them on a thread of its own.
    :param room: most octets to write.
    :param faults: counts what goes wrong.
    :param on_full: called once, when there is no room for an exchange.
    """

    name = "wirelint_saving"

    def __init__(self, lines: Lines, room: int, faults: Faults, on_full: Callable[[], None]) -> None:
        self.left_out = 0
        self._lines = lines
        self._room = room
        self._faults = faults
        self._on_full = on_full
        self._full = False

    def response(self, flow: http.HTTPFlow) -> None:
        """Save an exchange."""
        # One that was cut off also has an error, which comes next.
        if flow.error is None:
            self._save(flow)

    def error(self, flow: flow.Flow) -> None:
        """Save an exchange that failed."""
        if isinstance(flow, http.HTTPFlow):
            self._save(flow)

    def done(self) -> None:
        """Write what waits."""
        self._lines.close()

    def _save(self, flow: http.HTTPFlow) -> None:
        try:
            record: bytes = tnetstring.dumps(flow.get_state())
            if not self._full and len(record) > self._room:
                self._full = True
                self._on_full()
            if self._full or not self._lines.put(record):
                self.left_out += 1
                return
            self._room -= len(record)
        except Exception as error:  # noqa: BLE001 - the exchange goes on without us
            self._faults.add("capture", error)
