"""Facts about a service that its operator configures because the wire does not show them."""

from __future__ import annotations

from typing import Final

import msgspec

from wirelint.core.condition import Condition
from wirelint.core.contract import Contract
from wirelint.core.exchange import Exchange

PLAIN: Final = "http"
"""The protocol of a service that uses plain HTTP, whatever its traffic looks like."""


class Knowledge(msgspec.Struct, frozen=True):
    """Configured facts about a service.

    ``error_when``: conditions under which a JSON object is an error.
    ``fields``, ``cookies``, ``parameters``: folded names of request fields, of cookies and of query parameters that
    carry credentials.
    ``protocol``: the protocol, by its name in evidence in lower case; ``PLAIN`` for none, None to detect it.
    ``contract``: what an API description documents; None without one.
    """

    error_when: tuple[Condition, ...] = ()
    fields: frozenset[str] = frozenset()
    cookies: frozenset[str] = frozenset()
    parameters: frozenset[str] = frozenset()
    protocol: str | None = None
    contract: Contract | None = None

    @property
    def bears_on_reading(self) -> bool:
        """Return whether anything is known by which messages are read otherwise; a description does not count."""
        credentials = self.fields or self.cookies or self.parameters
        return bool(credentials or self.error_when or self.protocol)

    def __or__(self, other: Knowledge) -> Knowledge:
        """Return both together; protocol and contract of ``other`` take precedence."""
        return Knowledge(
            error_when=self.error_when + other.error_when,
            fields=self.fields | other.fields,
            cookies=self.cookies | other.cookies,
            parameters=self.parameters | other.parameters,
            protocol=self.protocol if other.protocol is None else other.protocol,
            contract=self.contract if other.contract is None else other.contract,
        )


NOTHING: Final = Knowledge()
_KNOWN: Final = "known"


def known(exchange: Exchange) -> Knowledge:
    """Return the configured facts about the service of an exchange."""
    knowledge: Knowledge = exchange.__dict__.get(_KNOWN, NOTHING)
    return knowledge


def attach(exchange: Exchange, knowledge: Knowledge) -> None:
    """Attach knowledge to an exchange, and drop facts that were cached without it."""
    if known(exchange) is not knowledge:
        exchange.__dict__.clear()
        exchange.__dict__[_KNOWN] = knowledge
