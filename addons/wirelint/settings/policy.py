"""The settings in force for all services, for some of them, and for some of their routes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from wirelint.core.exchange import Exchange
from wirelint.core.finding import Confidence, Severity
from wirelint.core.knowledge import NOTHING, Knowledge
from wirelint.core.pattern import ByService, Pattern
from wirelint.core.rule import Rule
from wirelint.core.suppression import Suppression


class Settings(msgspec.Struct, frozen=True, eq=False):
    """The settings in force for some exchanges.

    ``rules`` run; findings of lower confidence than ``least`` are dropped. ``severities`` replaces the severity of a
    rule's findings, by the rule's id. ``instead`` replaces suggested statuses.
    """

    rules: tuple[Rule, ...]
    least: Confidence = Confidence.STRONG
    severities: Mapping[str, Severity] = {}
    instead: Mapping[int, int] = {}
    knowledge: Knowledge = NOTHING


class ServiceSettings(msgspec.Struct, frozen=True, eq=False):
    """The settings of services with a matching name, and of their routes with separate settings."""

    name: str
    settings: Settings
    routes: tuple[tuple[Pattern, Settings], ...] = ()

    def of(self, exchange: Exchange) -> Settings:
        """Return the settings of the first matching route, else those of the service."""
        for route, settings in self.routes:
            if route.matches(exchange):
                return settings
        return self.settings


class Policy:
    """The settings in force for all traffic.

    :param base: the settings of services whose name matches none of ``services``.
    :param services: an exact name beats patterns, and the first matching pattern counts.
    :param suppressions: the findings that are accepted.
    :param now: when the audit begins, in Unix seconds; later exchanges advance it.
    """

    def __init__(
        self,
        base: Settings,
        services: Iterable[ServiceSettings] = (),
        suppressions: Iterable[Suppression] = (),
        now: float = 0.0,
    ) -> None:
        self.base = base
        self.services = tuple(services)
        self.suppressions = tuple(suppressions)
        self.now = now
        self._by_name = ByService[ServiceSettings | None]([(each.name, each) for each in self.services], None)

    def settings(self, exchange: Exchange) -> Settings:
        """Return the settings in force for an exchange."""
        service = self._by_name.of(exchange.service)
        return self.base if service is None else service.of(exchange)

    def template(self, service: str, method: str, path: str) -> str | None:
        """Return the configured or documented template for a request; None if there is none.

        :param path: a path, or the static route of one.
        """
        known = self._by_name.of(service)
        settings = self.base
        if known is not None:
            settings = known.settings
            configured = next((route.template for route, _ in known.routes if route.fits(method, path)), None)
            if configured is not None:
                return configured
        contract = settings.knowledge.contract
        return None if contract is None else contract.template(method, path)

    @property
    def has_templates(self) -> bool:
        """Return whether ``template`` can return any."""
        return any(service.routes for service in self.services) or any(
            settings.knowledge.contract is not None for settings in self.all_settings()
        )

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Return the rules that run for some exchange, by family and id."""
        found: dict[str, Rule] = {}
        for settings in self.all_settings():
            for rule in settings.rules:
                found.setdefault(rule.id, rule)
        return tuple(sorted(found.values(), key=lambda rule: (rule.family, rule.id)))

    def all_settings(self) -> tuple[Settings, ...]:
        """Return the settings of all services and routes, the base first."""
        found: list[Settings] = [self.base]
        for service in self.services:
            found += [service.settings, *(settings for _, settings in service.routes)]
        return tuple(found)
