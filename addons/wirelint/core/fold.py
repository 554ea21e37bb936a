"""Words in routes that turned out to be values."""

from __future__ import annotations

import msgspec


class Fold(msgspec.Struct, frozen=True):
    """Words that turned out to be values.

    :ivar service: whose routes.
    :ivar prefix: the route of the place where they stood.
    :ivar words: the segments that became ``label``.
    """

    service: str
    prefix: str
    words: frozenset[str]
    label: str

    def of(self, route: str) -> str:
        """Return what a route of the service has become."""
        ahead = f"{self.prefix}/"
        if not route.startswith(ahead):
            return route
        word, slash, rest = route[len(ahead) :].partition("/")
        return f"{ahead}{self.label}{slash}{rest}" if word in self.words else route
