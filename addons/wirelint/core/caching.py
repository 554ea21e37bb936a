"""Cache functions of texts that a peer sent."""

from __future__ import annotations

import functools
from collections.abc import Callable


def by_beginning[T](longest: int, *, most: int) -> Callable[[Callable[[str], T]], Callable[[str], T]]:
    """Cache a function of a text's beginning. Later characters are neither read nor kept.

    :param longest: characters of the beginning. Without a bound, one client could fill the cache with megabytes.
    :param most: most texts to keep.
    """

    def decorate(function: Callable[[str], T]) -> Callable[[str], T]:
        cached = functools.lru_cache(maxsize=most)(function)

        @functools.wraps(function)
        def of_beginning(text: str) -> T:
            return cached(text[:longest])

        return of_beginning

    return decorate
