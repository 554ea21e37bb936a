"""Sample the traffic: audit a share of it, by whole conversations."""

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

    :param general: the default share, 0 to 1.
    :param services: names of services, or patterns, each with its share; None for ``general``. An exact name beats
        patterns, and the first matching pattern counts.

    Attributes:
        general: as above.
        services: likewise.
        whole: whether all traffic is audited.
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

    For ``WINDOW`` seconds, all exchanges of a client are in it, or none. The same applies to the exchanges that they
    cause, as far as trace ids show. So rules over several exchanges still work. Each process decides the same for the
    same client.

    :param shares: may be replaced at any time.
    :param left_out: called with the service of each exchange outside the sample.

    Attributes:
        shares: as above.
        left_out: likewise.
    """

    def __init__(self, shares: Shares | None = None, left_out: Callable[[str], None] = lambda _service: None) -> None:
        self.shares = shares or Shares()
        self.left_out = left_out
        self._lots: OrderedDict[str, float] = OrderedDict()

    def wants(self, service: str, client: str, fields: tuple[tuple[bytes, bytes], ...], now: float) -> bool:
        """Return whether to audit an exchange.

        :param client: the address of the connection.
        :param fields: the fields of the request, as on the wire.
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
    """Return a number from 0 to 1 that stays the same for a client during a window."""
    text = f"{int(now // WINDOW)} {client}".encode("utf-8", "replace")
    return int.from_bytes(hashlib.blake2b(text, digest_size=6).digest()) / 2**48
