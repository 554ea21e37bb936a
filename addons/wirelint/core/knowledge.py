"""What an operator tells about a service that does not stand on the wire."""

from __future__ import annotations

from typing import Final

import msgspec

from wirelint.core.condition import Condition
from wirelint.core.exchange import Exchange

PLAIN: Final = "http"
"""The protocol of a service that speaks plain HTTP, whatever its traffic looks like."""


class Knowledge(msgspec.Struct, frozen=True):
    """What is known beforehand.

    ``error_when``: conditions under which a JSON object is an error.
    ``fields``, ``cookies``, ``parameters``: folded names of request fields, of cookies and of query parameters that
    carry credentials.
    ``protocol``: the protocol spoken, as evidence names it in lower case; ``PLAIN`` for none, None to look for it.
    """

    error_when: tuple[Condition, ...] = ()
    fields: frozenset[str] = frozenset()
    cookies: frozenset[str] = frozenset()
    parameters: frozenset[str] = frozenset()
    protocol: str | None = None

    def __or__(self, other: Knowledge) -> Knowledge:
        """Both; of the protocol, what ``other`` says counts more."""
        return Knowledge(
            error_when=self.error_when + other.error_when,
            fields=self.fields | other.fields,
            cookies=self.cookies | other.cookies,
            parameters=self.parameters | other.parameters,
            protocol=self.protocol if other.protocol is None else other.protocol,
        )


NOTHING: Final = Knowledge()
_KNOWN: Final = "known"


def known(exchange: Exchange) -> Knowledge:
    """What is known about the service of an exchange."""
    knowledge: Knowledge = exchange.__dict__.get(_KNOWN, NOTHING)
    return knowledge


def tell(exchange: Exchange, knowledge: Knowledge) -> None:
    """Attach knowledge to an exchange; what was found out without it is forgotten."""
    if known(exchange) is not knowledge:
        exchange.__dict__.clear()
        exchange.__dict__[_KNOWN] = knowledge
