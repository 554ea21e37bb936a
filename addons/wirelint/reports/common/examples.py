"""Keep an example of each finding with its exchanges, masked."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from wirelint.core.audit import Audit
from wirelint.core.exchange import Exchange
from wirelint.core.finding import Finding, Severity
from wirelint.core.masking import LONGEST_CONTENT
from wirelint.sinks.exchange_log import Kept

_MOST_RECENT: Final = 300
_MOST_RECENT_OCTETS: Final = 8 * 1024 * 1024
_MOST_OCTETS: Final = {True: 6 * 1024 * 1024, False: 2 * 1024 * 1024}
"""For findings of at least medium severity, and for the others."""

Example = tuple[Kept, ...]


class Examples:
    """Keeps the first exchanges that prove each finding, up to a few MiB; those of later findings are left out.

    A finding may be proved by earlier exchanges, so the latest few hundred are held, unmasked, until others follow.
    """

    def __init__(self) -> None:
        self._recent: OrderedDict[str, tuple[Kept, Exchange]] = OrderedDict()
        self._recent_octets = 0
        self._found: dict[str, Example] = {}
        self._octets = {True: 0, False: 0}

    def accept(self, audit: Audit) -> None:
        """Take one audited exchange."""
        exchange = audit.exchange
        kept = Kept(audit, exchange.timestamp or 0.0)
        self._recent[exchange.id] = kept, exchange
        self._recent_octets += _octets(exchange)
        while len(self._recent) > _MOST_RECENT or self._recent_octets > _MOST_RECENT_OCTETS:
            _, (_, oldest) = self._recent.popitem(last=False)
            self._recent_octets -= _octets(oldest)
        for finding in audit.findings:
            if finding.fingerprint not in self._found:
                self._keep(finding, kept, exchange)

    def of(self, fingerprint: str) -> Example:
        """Return the exchanges that prove a finding, in order; none if they were left out."""
        return self._found.get(fingerprint, ())

    def _keep(self, finding: Finding, kept: Kept, exchange: Exchange) -> None:
        grave = finding.severity >= Severity.MEDIUM
        if self._octets[grave] >= _MOST_OCTETS[grave]:
            return
        ids = [step.exchange_id for step in finding.story]
        proof = [self._recent[name] for name in ids if name in self._recent]
        if kept.id not in ids:
            proof.append((kept, exchange))
        for each, raw in proof:
            if each.request is None:
                each.mask(raw, LONGEST_CONTENT)
            self._octets[grave] += each.size
        self._found[finding.fingerprint] = tuple(each for each, _ in proof)


def _octets(exchange: Exchange) -> int:
    response = exchange.response
    return len(exchange.request.body.raw or b"") + (0 if response is None else len(response.body.raw or b""))
