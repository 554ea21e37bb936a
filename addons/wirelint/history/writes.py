"""Remember writes, so that rules can separate resources that changed by themselves from written ones.

A write concerns its target, but also resources below it (an order's lines are deleted with the order) and above it
(``POST /orders/7/restore``). A 4xx has no effect and does not count.

In some traffic half of the requests are writes, but rules ask once in a thousand exchanges. So writes are kept as they
come, and searched when a rule asks.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Exchange
from wirelint.core.methods import UNSAFE
from wirelint.core.state import State, Table, moment
from wirelint.core.visit import Visit
from wirelint.core.when import When
from wirelint.evidence.protocols import Protocol, protocol
from wirelint.history.visits import Present

# A search may read all of them: two milliseconds at worst.
_MOST: Final = 2048
_LONGEST: Final = 1024
# Seconds by which exchanges may be out of order: some recorders sort them by their start.
_DISORDER: Final = 60.0
# Calls whose path does not show what they change.
_ANYWHERE: Final = frozenset(
    {
        Protocol.GRAPHQL,
        Protocol.JSON_RPC,
        Protocol.XML_RPC,
        Protocol.SOAP,
        Protocol.GRPC,
        Protocol.BATCH,
        Protocol.BULK,
    }
)
# These may change everything: tests reset their fixtures, backups are restored.
_resetting: Final = re.compile(
    r"/[\w-]{0,32}(?:reset|restor|recover|seed|fixture|rollback|import|snapshot|undelet|migrat|sync|_bulk)",
    re.IGNORECASE,
)
_removing: Final = re.compile(
    r"delet|remov|purg|clear|cancel|reset|trunc|destroy|archiv|prune|batch|bulk|flush|wipe|drop", re.IGNORECASE
)


class Writes:
    """The latest writes; those with the same method and target count as one."""

    wants = When(status="none 1xx 2xx 3xx 5xx", method=UNSAFE)
    view = Present

    def __init__(self, state: State) -> None:
        # By service, authority, method and target, which is empty if it may be anywhere.
        self._writes: Table[tuple[str, str, str, str], Visit] = Table(_MOST)

    def touched(self, exchange: Exchange, since: Visit) -> bool:
        """Return whether the resource of an exchange may have changed: by a write to it, above or below.

        :param since: the visit after which writes count; itself it does not.
        """
        own = _path(exchange.request.target[:_LONGEST])
        return since.ended <= self._writes.full_until or any(
            _holds(own, path) or _holds(path, own)
            for path in (_path(target) for _, target in self._since(exchange, since))
        )

    def removed(self, exchange: Exchange, since: Visit) -> bool:
        """Return whether the resource of an exchange may have been removed: by a write to it or below, or a removal
        above.

        :param since: the visit after which writes count; itself it does not.
        """
        own = _path(exchange.request.target[:_LONGEST])
        return since.ended <= self._writes.full_until or any(
            _holds(own, _path(target)) or _removes(method, target, own)
            for method, target in self._since(exchange, since)
        )

    def _since(self, exchange: Exchange, since: Visit) -> Iterator[tuple[str, str]]:
        """Yield method and target of writes to the exchange's authority that count, the latest first."""
        site = (exchange.service, exchange.request.authority[:_LONGEST])
        at_once = True  # writes that ended at the same time as that visit, as in recordings without times, may be later
        for (service, authority, method, target), visit in self._writes.newest(moment(exchange)):
            if visit.ended < since.ended - _DISORDER:
                return
            later = visit.ended > since.ended or (at_once and visit.ended == since.ended)
            if visit is since:
                at_once = False
            elif later and (service, authority) == site:
                yield method, "" if _resets(visit.route) else target

    def note(self, exchange: Exchange, visit: Visit) -> None:
        """Record an exchange that may have changed something."""
        request = exchange.request
        # These protocols send every operation as a POST, and the resource of a 201 was created there.
        anywhere = request.method == "POST" and visit.status != 201 and protocol(exchange) in _ANYWHERE
        target = "" if anywhere else request.target[:_LONGEST]
        key = (visit.service, request.authority[:_LONGEST], visit.method, target)
        self._writes.keep(key, visit, visit.ended)

    def __len__(self) -> int:
        return len(self._writes)


@functools.lru_cache(maxsize=1024)
def _resets(route: str) -> bool:
    return _resetting.search(route) is not None


def _path(target: str) -> str:
    """Return the path of a target, without a trailing slash."""
    return target.partition("?")[0].rstrip("/")


def _holds(above: str, path: str) -> bool:
    """Return whether a path equals another one, or is below it."""
    return path.startswith(above) and path[len(above) : len(above) + 1] in ("", "/")


def _removes(method: str, target: str, path: str) -> bool:
    """Return whether a write removes the resources below it, or below its parent as ``POST /orders/purge`` does."""
    own = _path(target)
    if method == "DELETE" or not target:
        return _holds(own, path)
    above, _, last = own.rpartition("/")
    return _holds(above, path) and (
        _removing.search(last) is not None or _removing.search(target.partition("?")[2]) is not None
    )
