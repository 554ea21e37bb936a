"""Facts about an exchange, found out once."""

from __future__ import annotations

import functools
from collections.abc import Callable

from wirelint.core.exchange import Exchange


def once[T](fact: Callable[[Exchange], T]) -> Callable[[Exchange], T]:
    """Run a pure function of an exchange once per exchange, however many rules ask for it.

    The value is kept where ``functools.cached_property`` would keep it, in the ``__dict__`` of the exchange. It takes
    no part in comparing or copying exchanges.
    """
    name = f"{fact.__module__}.{fact.__qualname__}"

    @functools.wraps(fact)
    def remembered(exchange: Exchange) -> T:
        facts: dict[str, T] = exchange.__dict__
        if name in facts:
            return facts[name]
        value = facts[name] = fact(exchange)
        return value

    return remembered
