"""Hits and findings: the results of rules."""

from __future__ import annotations

import enum
import hashlib

import msgspec

from wirelint.core.exchange import Direction
from wirelint.core.origin import Origin
from wirelint.core.verdict import Verdict
from wirelint.core.visit import Step, Visit


class Severity(enum.IntEnum):
    """Impact if the finding is true."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3

    def __str__(self) -> str:
        return self.name.lower()


class Confidence(enum.IntEnum):
    """How sure the rule is: a hint, evidence in a field or in content, or a visible breach of a specification."""

    WEAK = 0
    STRONG = 1
    CERTAIN = 2

    def __str__(self) -> str:
        return self.name.lower()


class Side(enum.StrEnum):
    """The party at fault."""

    SERVER = "server"
    CLIENT = "client"
    INTERMEDIARY = "intermediary"


class Hit(msgspec.Struct, frozen=True):
    """The result of a rule's check; the engine makes a Finding of it.

    ``message`` is one sentence about *this* exchange. ``evidence`` is the wire text that proves it; the engine redacts
    and truncates it. ``suggested_status`` is the expected status, None if unknown. Other attributes that are None take
    the rule's metadata. ``discriminator`` separates different findings of one rule on one route.

    If several exchanges prove it, ``story`` has the others, and ``note`` says what the current one proves. ``about`` is
    the faulty one, if it is not the current one; it must be in the story, too.
    """

    message: str
    evidence: str = ""
    suggested_status: int | None = None
    verdict: Verdict | None = None
    severity: Severity | None = None
    confidence: Confidence | None = None
    side: Side | None = None
    discriminator: str = ""
    story: tuple[Step, ...] = ()
    note: str = ""
    about: Visit | None = None


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One rule's finding on one exchange, safe to show: all text in it is redacted.

    ``story`` has all exchanges that prove it, in order; it is empty if this one alone does.
    """

    rule: str
    severity: Severity
    confidence: Confidence
    side: Side
    service: str
    direction: Direction
    method: str
    route: str
    status: int | None
    verdict: Verdict
    suggested_status: int | None
    message: str
    evidence: str
    fingerprint: str
    exchange_id: str
    trace_id: str | None
    timestamp: float | None
    origin: Origin | None
    story: tuple[Step, ...] = ()


def fingerprint(service: str, method: str, route: str, rule: str, discriminator: str) -> str:
    """Return the fingerprint of a finding: 16 hex digits, the same on every machine."""
    text = f"{service}\x1f{method}\x1f{route}\x1f{rule}\x1f{discriminator}"
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
