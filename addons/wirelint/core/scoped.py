"""An engine whose rules depend on the service and the route of an exchange, and that knows what is accepted."""

from __future__ import annotations

from typing import Final

import msgspec

from wirelint.core.audit import Audit, Suppressed
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange
from wirelint.core.finding import Finding
from wirelint.core.policy import Policy, Settings, Suppression
from wirelint.core.state import State

_LAST_SECOND: Final = 253_402_300_799.0  # of the year 9999; clocks that show more are broken


class ScopedEngine(Engine):
    """Audits each exchange by the settings in force for it.

    :param policy: what is in force.
    :param state: see ``Engine``; all of a service's exchanges are remembered, whatever settings hold for them.
    """

    def __init__(self, policy: Policy, state: State | None = None) -> None:
        super().__init__(policy.rules, least=policy.base.least, severities=policy.base.severities, state=state)
        self._policy = policy
        self._engines = {id(settings): _engine(settings, self.state) for settings in policy.all_settings()}
        self._reported: set[int] = set()

    def audit(self, exchange: Exchange) -> Audit:
        """Judge one exchange. Never raises: a rule that does is named in ``faults``."""
        audit = self._engines[id(self._policy.settings(exchange))].audit(exchange)
        if audit.findings and self._policy.suppressions:
            return self._without_accepted(audit)
        return audit

    def _without_accepted(self, audit: Audit) -> Audit:
        exchange = audit.exchange
        now = max(self._policy.now, min(exchange.timestamp or 0.0, _LAST_SECOND))
        shown: list[Finding] = []
        suppressed: list[Suppressed] = []
        expired: list[Suppression] = []
        for finding in audit.findings:
            covering = [each for each in self._policy.suppressions if each.covers(finding, exchange)]
            holding = next((each for each in covering if not each.expired(now)), None)
            if holding is not None:
                suppressed.append(Suppressed(finding, holding))
                continue
            shown.append(finding)
            for each in covering:
                if id(each) not in self._reported:
                    self._reported.add(id(each))
                    expired.append(each)
        return msgspec.structs.replace(
            audit, findings=tuple(shown), suppressed=tuple(suppressed), expired=tuple(expired)
        )


def engine_for(policy: Policy, state: State | None = None) -> Engine:
    """The engine that a policy needs: where the same is in force everywhere, one that asks no questions.

    :param state: what is remembered already; None to begin anew.
    """
    if policy.services or policy.suppressions:
        return ScopedEngine(policy, state)
    return _engine(policy.base, state)


def _engine(settings: Settings, state: State | None) -> Engine:
    return Engine(
        settings.rules,
        least=settings.least,
        severities=settings.severities,
        instead=settings.instead,
        knowledge=settings.knowledge,
        state=state,
    )
