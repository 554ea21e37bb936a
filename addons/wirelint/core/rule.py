"""What a rule is: texts and metadata, when it can apply, and a pure check."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec

from wirelint.core.exchange import Exchange
from wirelint.core.finding import Confidence, Hit, Severity, Side
from wirelint.core.media import Kind
from wirelint.core.memory import Memory
from wirelint.core.state import State
from wirelint.core.verdict import Verdict
from wirelint.core.when import When

__all__ = ["SECTIONS", "Check", "Condition", "Context", "Glance", "Reads", "Rule", "Scope", "Status", "When"]


class Reads(enum.IntEnum):
    """How much of the response's content a rule must have seen to judge."""

    NOTHING = 0
    PREFIX = 1
    WHOLE = 2


class Status(enum.StrEnum):
    """Where a rule stands in its life."""

    PREVIEW = "preview"
    STABLE = "stable"
    DEPRECATED = "deprecated"


class Scope(enum.StrEnum):
    """How much a rule looks at to reach a conclusion."""

    EXCHANGE = "exchange"
    RESOURCE = "resource"
    IDENTITY = "identity"
    ROUTE = "route"
    SERVICE = "service"
    HOP = "hop"
    CLIENT = "client"


class Context(msgspec.Struct, frozen=True):
    """What a check may know besides the exchange: the settings in force for its service and route, and the past."""

    options: Mapping[str, Any] = {}
    state: State = msgspec.field(default_factory=State)

    def option(self, name: str) -> Any:
        """The value of one of the rule's declared options."""
        return self.options[name]

    def recall[M: Memory](self, kind: type[M]) -> M:
        """What is remembered of earlier exchanges; the one at hand is not among them yet.

        :param kind: a memory that the rule names in ``recalls``.
        """
        return self.state.recall(kind)


Check = Callable[[Exchange, Context], Iterable[Hit]]

Condition = Callable[[Exchange, State], bool]
"""Whether the past holds what some rules look for: asked once per exchange, however many they are."""

Glance = Callable[[int | None, str, Kind], bool]
"""Whether a rule can find anything where status, method and kind of content are these: asked once for all alike."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """Metadata of one rule; the texts come from its module's docstring, the id from its file's name.

    ``because`` says why ``confidence`` is what it is. ``basis`` names the requirement: ``MUST``, ``SHOULD``, ``MAY``
    or ``policy`` with its reference. ``json_keys``: where a success is a JSON object, or an array that begins with one,
    the check is only worth running if one of these (folded) keys stands at the object's top level. ``verdict`` and
    ``suggested_status`` are what a hit implies unless it says otherwise. ``default`` is False for rules that must be
    asked for.

    ``worth`` is for rules whose every opportunity counts, though at a glance most can hold no finding: there, the check
    is not run.

    ``scope`` is what the rule needs to see to conclude, ``recalls`` the memories that it looks back on. ``after`` is a
    condition without which the check need not be run: most exchanges follow upon nothing worth a look. ``speaks_once``
    makes it fall silent for an hour about what it has told: about the fingerprint of its finding where it is about one
    route, and about the service (and discriminator) where ``scope`` is the service.
    """

    severity: Severity
    confidence: Confidence
    because: str
    basis: str
    when: When
    reads: Reads = Reads.NOTHING
    json_keys: frozenset[str] | None = None
    worth: Glance | None = None
    verdict: Verdict | None = None
    suggested_status: int | None = None
    side: Side = Side.SERVER
    status: Status = Status.PREVIEW
    since: str = "0.1.0"
    default: bool = True
    options: Mapping[str, Any] = {}
    scope: Scope = Scope.EXCHANGE
    recalls: tuple[type[Memory], ...] = ()
    after: Condition | None = None
    speaks_once: bool = False

    id: str = ""
    family: str = ""
    summary: str = ""
    text: str = ""
    bad: tuple[str, ...] = ()
    good: tuple[str, ...] = ()
    check: Check | None = None


SECTIONS: Final = ("What it does", "Why it matters", "Known exceptions", "How to fix", "References")
"""Headings that every rule's docstring has, in this order."""
