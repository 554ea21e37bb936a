"""Rules: texts and metadata, conditions for opportunities, and a pure check."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Literal, NamedTuple

import msgspec

from wirelint.core.exchange import Answered, Exchange
from wirelint.core.finding import Confidence, Hit, Severity, Side
from wirelint.core.media import Kind
from wirelint.core.state import Gate, Memory, State
from wirelint.core.verdict import Verdict
from wirelint.core.when import When

__all__ = ["SECTIONS", "SINCE", "STATUS", "Check", "Context", "Reads", "Rule", "Shape", "When"]

STATUS: Final = "preview"
"""Maturity of all rules: their findings may still change between releases."""

SINCE: Final = "0.1.0"
"""The release that introduced all rules."""


class Reads(enum.IntEnum):
    """The part of the response's content that a rule needs."""

    NOTHING = 0
    PREFIX = 1
    WHOLE = 2


class Shape(NamedTuple):
    """Status, name of the method (as ``When`` has it) and kind of content of exchanges that are alike in these."""

    status: int | None
    method: str
    kind: Kind


class Context(msgspec.Struct, frozen=True):
    """Input of a check besides the exchange: the settings for its service and route, and the memories."""

    options: Mapping[str, Any] = {}
    state: State = msgspec.field(default_factory=State)

    def option(self, name: str) -> Any:
        """Return the value of a declared option of the rule."""
        return self.options[name]

    def recall[M: Memory](self, kind: type[M]) -> M:
        """Return a memory of earlier exchanges; the current one is not in it yet.

        :param kind: a memory that the rule names in ``recalls``.
        """
        return self.state.recall(kind)


Check = Callable[[Answered, Context], Iterable[Hit]]
"""Checks one exchange. A check whose rule admits exchanges without a response (``none``) takes any ``Exchange``."""


def silent(exchange: Answered, context: Context) -> Iterable[Hit]:  # noqa: ARG001 - a check's parameters
    """Find nothing: the default check."""
    return ()


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """Metadata of one rule; the texts come from its module's docstring, the id from its file's name.

    ``because`` is the reason for ``confidence``. ``basis`` names the requirement: ``MUST``, ``SHOULD``, ``MAY`` or
    ``policy`` with its reference. ``json_keys``: if a success is a JSON object, or an array that begins with one, the
    check runs only if the object has one of these (folded) keys. ``verdict`` and ``suggested_status`` apply to hits
    without their own. ``default`` is False for rules that run only on request.

    ``may`` returns whether the check can find anything, by status, method and kind of content alone. If it cannot, the
    check does not run; the opportunity counts all the same.

    ``recalls`` names the memories that the rule asks. ``after`` is a gate, tested once per exchange for all rules that
    share it: the check runs only if it is open. ``once_per`` limits reports to one per hour: of the same finding (its
    fingerprint) on one route, or of the same discriminator on one service. ``contract`` makes it a rule that
    compares with an API description: it runs only with one, and only if this condition holds, which is tested once per
    exchange for all rules that share it.

    ``needs_fields`` is False for rules that also judge exchanges of which not all fields are known, as from an access
    log: no missing field makes them find more.

    ``document`` is the API description for the examples of such a rule.
    """

    severity: Severity
    confidence: Confidence
    because: str
    basis: str
    when: When
    reads: Reads = Reads.NOTHING
    json_keys: frozenset[str] | None = None
    may: Callable[[Shape], bool] | None = None
    verdict: Verdict | None = None
    suggested_status: int | None = None
    side: Side = Side.SERVER
    needs_fields: bool = True
    default: bool = True
    options: Mapping[str, Any] = {}
    recalls: tuple[type[Memory], ...] = ()
    after: Gate | None = None
    once_per: Literal["route", "service"] | None = None
    contract: Callable[[Exchange], bool] | None = None

    id: str = ""
    family: str = ""
    summary: str = ""
    text: str = ""
    bad: tuple[str, ...] = ()
    good: tuple[str, ...] = ()
    document: str = ""
    check: Check = silent


SECTIONS: Final = ("What it does", "Why it matters", "Known exceptions", "How to fix", "References")
"""The headings of every rule's docstring, in this order."""
