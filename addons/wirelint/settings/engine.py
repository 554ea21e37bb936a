"""Make the engine of a policy: settings by service and route, and accepted findings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from wirelint.core.audit import Audit, Suppressed
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange
from wirelint.core.finding import Finding
from wirelint.core.knowledge import Knowledge
from wirelint.core.state import State
from wirelint.core.suppression import Suppression
from wirelint.settings.policy import Policy, Settings

_LAST_SECOND: Final = 253_402_300_799.0  # of the year 9999; a clock beyond it is broken


class ScopedEngine:
    """Audits each exchange by its settings, and leaves out accepted findings.

    :param policy: the settings in force.
    :param state: see ``Engine``; all exchanges of a service are remembered, whatever their settings.

    Attributes:
        rules: all rules that run for some exchange.
        state: as above.
        documented: whether any service has an API description.
    """

    def __init__(self, policy: Policy, state: State | None = None) -> None:
        # The rules that compare with a document count as running if there is one anywhere.
        documents = (settings.knowledge.contract for settings in policy.all_settings())
        knowledge = Knowledge(contract=next((each for each in documents if each is not None), None))
        everywhere = Engine(policy.rules, severities=policy.base.severities, knowledge=knowledge, state=state)
        self.rules, self.state, self.documented = everywhere.rules, everywhere.state, everywhere.documented
        self._policy = policy
        template = policy.template if policy.has_templates else None
        self._engines = {id(settings): _engine(settings, self.state, template) for settings in policy.all_settings()}
        self._reported: set[int] = set()

    def audit(self, exchange: Exchange) -> Audit:
        """Audit one exchange. Never raises: a rule that does is named in ``faults``."""
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


AnyEngine = Engine | ScopedEngine
"""An engine, which audits exchanges in the order in which they ended."""


def engine_for(policy: Policy, state: State | None = None) -> AnyEngine:
    """Return a plain ``Engine`` if no service has settings of its own and no finding is accepted, else a scoped one.

    :param state: memories to continue with; None to start with none.
    """
    if policy.services or policy.suppressions:
        return ScopedEngine(policy, state)
    return _engine(policy.base, state, policy.template if policy.has_templates else None)


def _engine(
    settings: Settings, state: State | None, template: Callable[[str, str, str], str | None] | None = None
) -> Engine:
    return Engine(
        settings.rules,
        least=settings.least,
        severities=settings.severities,
        instead=settings.instead,
        knowledge=settings.knowledge,
        state=state,
        template=template,
    )
