"""The result of an audit."""

from __future__ import annotations

from typing import Final

import msgspec

from wirelint.core.exchange import Exchange
from wirelint.core.finding import Finding
from wirelint.core.fold import Fold
from wirelint.core.plan import Plan
from wirelint.core.suppression import Suppression
from wirelint.core.verdict import Verdict

FIELDS_UNKNOWN: Final = "fields_unknown"
"""The reason for ``skipped`` where only rules were run that need no fields."""


class Suppressed(msgspec.Struct, frozen=True, eq=False):
    """An accepted finding, and the first suppression that covers it."""

    finding: Finding
    by: Suppression


class Audit(msgspec.Struct, frozen=True, eq=False):
    """The result of auditing one exchange: reports and sinks consume these.

    ``plan`` has the rules that could have fired. ``skipped`` is the reason why content, or fields as well, could not be
    inspected, else None. ``faults`` are ids of rules that failed on this exchange. ``suppressed`` are accepted
    findings, which are not in ``findings``; ``expired`` are suppressions that would have covered one of these, each
    once. ``route`` is the template of the request's path: the configured one, else the learned one (``core.learned``);
    ``folds`` are words in earlier routes that this exchange showed to be values.
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
