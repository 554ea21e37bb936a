"""Sampling: audit a share of the traffic, by whole conversations."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Final

from wirelint.core.headers import Headers
from wirelint.core.pattern import ByService
from wirelint.core.trace import trace_of

WINDOW: Final = 600
"""Seconds after which a new sample of clients is drawn."""

_MOST_TRACES: Final = 10_000
_LONGEST_CLIENT: Final = 64


class Shares:
    """The share of each service's traffic to audit.

    :param general: the share, 0 to 1, where nothing else is said.
    :param services: names of services, or patterns of names, each with its share; None for ``general``. An exact name
        beats patterns, and of patterns the first that fits counts.

    Attributes:
        general: as above.
        services: likewise.
        whole: whether it is all of all services' traffic.
    """

    def __init__(self, general: float = 1.0, services: Iterable[tuple[str, float | None]] = ()) -> None:
        self.general = general
        self.services = tuple(services)
        self._by_name = ByService[float | None](self.services, None)
        self.whole = general >= 1 and all(share is None or share >= 1 for _, share in self.services)

    def of(self, service: str) -> float:
        """Return the share of a service."""
        share = self._by_name.of(service)
        return self.general if share is None else share


class Sampler:
    """Decides which exchanges are in the sample.

    All exchanges of a client are in it, or none, for ``WINDOW`` seconds; and so are the exchanges that they cause
    further on, as far as the ids of traces tell. So what can be known from several exchanges stays true. Each process
    draws the same lot for the same client.

    :param shares: may be replaced at any time.
    :param left_out: is called with the service of each exchange that is not in the sample.

    Attributes:
        shares: as above.
        left_out: likewise.
    """

    def __init__(self, shares: Shares | None = None, left_out: Callable[[str], None] = lambda _service: None) -> None:
        self.shares = shares or Shares()
        self.left_out = left_out
        self._lots: OrderedDict[str, float] = OrderedDict()

    def wants(self, service: str, client: str, fields: tuple[tuple[bytes, bytes], ...], now: float) -> bool:
        """Return True if an exchange is to be audited.

        :param client: the address it comes from.
        :param fields: those of the request, as they stand on the wire.
        :param now: Unix seconds.
        """
        chosen = self.shares
        if chosen.whole or self._lot_of(client, fields, now) < chosen.of(service):
            return True
        self.left_out(service)
        return False

    def _lot_of(self, client: str, fields: tuple[tuple[bytes, bytes], ...], now: float) -> float:
        headers = Headers(fields)
        trace = trace_of(headers)
        lot = None if trace is None else self._lots.get(trace)
        if lot is None:
            # Behind a balancer all connections come from one address, and the field separates the clients.
            forwarded = (headers.get("x-forwarded-for") or "").partition(",")[0].strip()
            lot = _lot((forwarded or client)[:_LONGEST_CLIENT], now)
            if trace is not None:
                if len(self._lots) >= _MOST_TRACES:
                    self._lots.popitem(last=False)
                self._lots[trace] = lot
        return lot


def _lot(client: str, now: float) -> float:
    """Return a number from 0 up to 1 that stays the same for a client for a while."""
    text = f"{int(now // WINDOW)} {client}".encode("utf-8", "replace")
    return int.from_bytes(hashlib.blake2b(text, digest_size=6).digest()) / 2**48
