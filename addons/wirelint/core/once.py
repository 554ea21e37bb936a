"""Cache facts about an exchange."""

from __future__ import annotations

import functools
from collections.abc import Callable

from wirelint.core.exchange import Exchange


def once[T](fact: Callable[[Exchange], T]) -> Callable[[Exchange], T]:
    """Run a pure function of an exchange once per exchange, however many rules call it.

    The value is kept in the ``__dict__`` of the exchange, like that of a ``functools.cached_property``. Comparing and
    copying exchanges ignore it.
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
