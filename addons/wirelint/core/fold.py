"""Words in learned routes that turned out to be values."""

from __future__ import annotations

import msgspec


class Fold(msgspec.Struct, frozen=True):
    """Words of one place that turned out to be values.

    :ivar service: the service of the routes.
    :ivar prefix: the route of their place.
    :ivar words: the segments that became ``label``.
    """

    service: str
    prefix: str
    words: frozenset[str]
    label: str

    def of(self, route: str) -> str:
        """Return a route of the service after the fold."""
        ahead = f"{self.prefix}/"
        if not route.startswith(ahead):
            return route
        word, slash, rest = route[len(ahead) :].partition("/")
        return f"{ahead}{self.label}{slash}{rest}" if word in self.words else route
