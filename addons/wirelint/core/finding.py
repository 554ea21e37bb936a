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
    """How sure the rule is: a hint, evidence in field or content, or a specification broken in plain sight."""

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
    """What a rule's check yields; the engine makes a Finding of it.

    ``message`` is one sentence about *this* exchange. ``evidence`` is the wire text that convinced the rule; the
    engine redacts and cuts it. ``suggested_status`` is what would have been right, None where it cannot be known.
    What is None elsewhere falls back to the rule's own metadata. ``discriminator`` keeps findings of one rule on one
    route apart that mean different things.

    Where several exchanges are needed to prove it, ``story`` holds the others, and ``note`` says what the current
    one proves. ``about`` is the one at fault, if that is not the current one; it must be in the story, too.
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
    """One rule firing on one exchange, safe to show: all text in it is redacted.

    ``story`` holds all exchanges that prove it, in order; it is empty where this one alone does.
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
    """Return the identity of a finding over time: 16 hex digits, the same on every machine."""
    text = f"{service}\x1f{method}\x1f{route}\x1f{rule}\x1f{discriminator}"
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
