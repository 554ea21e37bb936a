"""What comes of an audit."""

from __future__ import annotations

import msgspec

from wirelint.core.exchange import Exchange
from wirelint.core.finding import Finding
from wirelint.core.plan import Plan
from wirelint.core.policy import Suppression
from wirelint.core.verdict import Verdict


class Audit(msgspec.Struct, frozen=True, eq=False):
    """What became of one exchange: sinks consume these.

    ``plan`` names the rules that could have fired. ``skipped`` is why content that rules wanted to read could not be
    inspected, else None. ``faults`` are ids of rules that failed on this exchange. ``suppressed`` are those of findings
    that are accepted and so not among ``findings``; ``expired`` are suppressions that would have covered one of these,
    each told once.
    """

    exchange: Exchange
    verdict: Verdict
    findings: tuple[Finding, ...]
    plan: Plan
    skipped: str | None = None
    faults: tuple[str, ...] = ()
    suppressed: tuple[str, ...] = ()
    expired: tuple[Suppression, ...] = ()
