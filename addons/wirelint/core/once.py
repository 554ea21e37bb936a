"""Facts about an exchange, found out once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Final

from wirelint.core.exchange import Exchange

_UNKNOWN: Final = object()


def once[T](fact: Callable[[Exchange], T]) -> Callable[[Exchange], T]:
    """Let a pure function of an exchange run once per exchange, however many rules ask for it."""

    @functools.wraps(fact)
    def remembered(exchange: Exchange) -> T:
        memo = exchange.memo
        value: T = memo.get(fact, _UNKNOWN)
        if value is _UNKNOWN:
            value = memo[fact] = fact(exchange)
        return value

    return remembered
