"""Remember the methods that resources listed in Allow (RFC 9110 §10.2.1)."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from wirelint.core.exchange import Exchange
from wirelint.core.state import Opens, State, Table, moment
from wirelint.core.visit import Visit
from wirelint.core.when import When
from wirelint.history.visits import Present

_MOST: Final = 4096
_LONGEST: Final = 512
_method: Final = re.compile(r"[A-Za-z-]{1,32}")


class Allowance(NamedTuple):
    """The methods that a response listed, in capitals."""

    visit: Visit
    methods: frozenset[str]


def allowance(exchange: Exchange) -> frozenset[str]:
    """Return the methods in the Allow field of a response, in capitals; none if it is missing or empty.

    A response to a CORS preflight is ignored: its author may not know the resource.
    """
    response, request = exchange.response, exchange.request
    if response is None or "access-control-request-method" in request.headers:
        return frozenset()
    text = response.headers.get("allow")
    if text is None or len(text) > _LONGEST:
        return frozenset()
    methods = frozenset(name.strip().upper() for name in text.split(",") if name.strip())
    return methods if all(_method.fullmatch(name) for name in methods) else frozenset()


class Allowed:
    """The latest list of each resource."""

    wants = When(status="2xx 405")
    view = Present

    def __init__(self, state: State) -> None:
        self._state = state
        self._lists: Table[int, Allowance] = Table(_MOST)

    def of(self, exchange: Exchange) -> Allowance | None:
        """Return the latest list of an exchange's resource; None if there was none."""
        if not len(self._lists):
            return None
        return self._lists.get(self._state.visit(exchange).resource, moment(exchange))

    def concerns(self, exchange: Exchange, visit: Visit) -> bool:
        """Return whether the resource of an exchange listed its methods."""
        return visit.resource in self._lists and self._lists.get(visit.resource, visit.ended) is not None

    def note(self, exchange: Exchange, visit: Visit) -> None:
        """Record the list of a response about the resource: a success, or 405."""
        response = exchange.response
        if response is None or "allow" not in response.headers:
            return
        methods = allowance(exchange)
        if methods:
            self._lists.keep(visit.resource, Allowance(visit, methods), visit.ended)

    def __len__(self) -> int:
        return len(self._lists)


def allowance_is_known(state: State) -> Opens:
    """Return ``Allowed.concerns`` as a gate."""
    return state.recall(Allowed).concerns
