"""What was written, so that rules can tell a resource that changed by itself from one that was changed.

A write concerns what it is sent to, but also what lies below (an order's lines go with the order) and what lies above
(``POST /orders/7/restore``). What had no effect by its own account, a 4xx, is none.

Half of some traffic are writes, and rules ask for them once in a thousand exchanges: so they are kept as they come, and
searched when somebody asks.
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

# All of them may have to be searched: two milliseconds, at worst.
_MOST: Final = 2048
_LONGEST: Final = 1024
# Seconds that exchanges may be out of order: some recorders write them down in the order of their beginnings.
_DISORDER: Final = 60.0
# Calls whose path says nothing about what they change.
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
# By these, all that there is may come and go: tests set their fixtures up anew, backups are played back.
_resetting: Final = re.compile(
    r"/[\w-]{0,32}(?:reset|restor|recover|seed|fixture|rollback|import|snapshot|undelet|migrat|sync|_bulk)",
    re.IGNORECASE,
)
_removing: Final = re.compile(
    r"delet|remov|purg|clear|cancel|reset|trunc|destroy|archiv|prune|batch|bulk|flush|wipe|drop", re.IGNORECASE
)


class Writes:
    """The latest writes, those by one method to one target taken as one."""

    wants = When(status="none 1xx 2xx 3xx 5xx", method=UNSAFE)
    view = Present

    def __init__(self, state: State) -> None:
        # By service, authority, method and target, which is empty where it may be anywhere.
        self._writes: Table[tuple[str, str, str, str], Visit] = Table(_MOST)

    def touched(self, exchange: Exchange, since: Visit) -> bool:
        """Return whether the resource of an exchange may have been changed: by a write to it, above or below.

        :param since: the visit after which writes count; itself it does not.
        """
        own = _path(exchange.request.target[:_LONGEST])
        return since.ended <= self._writes.full_until or any(
            _holds(own, path) or _holds(path, own)
            for path in (_path(target) for _, target in self._since(exchange, since))
        )

    def removed(self, exchange: Exchange, since: Visit) -> bool:
        """Return whether the resource of an exchange may have been removed: by a write to it or below, a removal above.

        :param since: the visit after which writes count; itself it does not.
        """
        own = _path(exchange.request.target[:_LONGEST])
        return since.ended <= self._writes.full_until or any(
            _holds(own, _path(target)) or _removes(method, target, own)
            for method, target in self._since(exchange, since)
        )

    def _since(self, exchange: Exchange, since: Visit) -> Iterator[tuple[str, str]]:
        """Method and target of writes to the site of an exchange that count, the latest first."""
        site = (exchange.service, exchange.request.authority[:_LONGEST])
        at_once = True  # what ended at once with that visit, as all did in recordings without times, may be later
        for (service, authority, method, target), visit in self._writes.newest(moment(exchange)):
            if visit.ended < since.ended - _DISORDER:
                return
            later = visit.ended > since.ended or (at_once and visit.ended == since.ended)
            if visit is since:
                at_once = False
            elif later and (service, authority) == site:
                yield method, "" if _resets(visit.route) else target

    def note(self, exchange: Exchange, visit: Visit) -> None:
        """Add an exchange that may have changed something."""
        request = exchange.request
        # All of these protocols send what they want done by POST, and what 201 tells of was created there.
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
    """The path of a target; a slash at the end makes no difference."""
    return target.partition("?")[0].rstrip("/")


def _holds(above: str, path: str) -> bool:
    """Return whether a path is another one, or lies below it."""
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
