"""What comes of an audit."""

from __future__ import annotations

import msgspec

from wirelint.core.exchange import Exchange
from wirelint.core.finding import Finding
from wirelint.core.fold import Fold
from wirelint.core.plan import Plan
from wirelint.core.suppression import Suppression
from wirelint.core.verdict import Verdict


class Suppressed(msgspec.Struct, frozen=True, eq=False):
    """A finding that is accepted, and the first suppression that covers it."""

    finding: Finding
    by: Suppression


class Audit(msgspec.Struct, frozen=True, eq=False):
    """The outcome of auditing one exchange: reports and sinks consume these.

    ``plan`` names the rules that could have fired. ``skipped`` is why content that rules wanted to read could not be
    inspected, else None. ``faults`` are ids of rules that failed on this exchange. ``suppressed`` are the findings that
    are accepted and so not among ``findings``; ``expired`` are suppressions that would have covered one of these, each
    named once. ``route`` is the template of the request's path: the configured one, else what was learned
    (``core.learned``); ``folds`` are words in earlier routes that turned out to be values by this exchange.
    """

    exchange: Exchange
    verdict: Verdict
    findings: tuple[Finding, ...]
    plan: Plan
    skipped: str | None = None
    faults: tuple[str, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    expired: tuple[Suppression, ...] = ()
    route: str = ""
    folds: tuple[Fold, ...] = ()
