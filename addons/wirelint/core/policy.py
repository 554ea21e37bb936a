"""What is in force where: settings by service and route, and the findings that are accepted for now."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Final

import msgspec

from wirelint.core.exchange import Exchange
from wirelint.core.finding import Confidence, Finding, Severity
from wirelint.core.knowledge import NOTHING, Knowledge
from wirelint.core.rule import Rule

_LONGEST: Final = 500
_LONGEST_PATH: Final = 2048
_LONGEST_NAME: Final = 255
_MOST_SERVICES: Final = 4096

_methods: Final = re.compile(r"[A-Z]+(?:,[A-Z]+)*")
_variable: Final = re.compile(r"\*|\{[^{}/]*\}")


class PatternError(ValueError):
    """The text is no pattern of requests."""


class Pattern(msgspec.Struct, frozen=True):
    """Requests by method and path: ``GET /users/{id}``, ``POST,PUT /orders/**``, ``/admin/*``.

    ``{name}`` and ``*`` stand for one segment of a path or for a part of one, a last segment ``**`` for what is left,
    be it nothing. Without methods, all of them fit.
    """

    text: str
    methods: frozenset[str]
    path: re.Pattern[str]

    def matches(self, exchange: Exchange) -> bool:
        """Whether an exchange's request is one of those."""
        return self.fits(exchange.request.method, exchange.request.path)

    def fits(self, method: str, path: str) -> bool:
        """Whether a request of that method to that path (or template of a path) is one of those."""
        if self.methods and method not in self.methods:
            return False
        return self.path.fullmatch(path[:_LONGEST_PATH]) is not None


def pattern(text: str) -> Pattern:
    """Read a pattern.

    :raises PatternError: the text is none.
    """
    words = text.split()
    if len(text) > _LONGEST or not 1 <= len(words) <= 2 or not words[-1].startswith("/"):
        raise PatternError("must be a path that begins with /, or methods and a path: GET /users/{id}")
    methods = words[0] if len(words) == 2 else ""
    if methods and not _methods.fullmatch(methods):
        raise PatternError("methods must be in capitals, apart by commas: GET,POST /users/{id}")
    # The route of a finding ends in an ellipsis where its path was too deep.
    path, rest = re.subn(r"/(?:\*\*|…)$", "", words[-1])
    if "**" in path:
        raise PatternError("** can only be the last segment")
    segments = [_segment(segment) for segment in path.split("/")]
    ending = r"(?:/.*)?" if rest else ""
    return Pattern(text, frozenset(methods.split(",")) - {""}, re.compile("/".join(segments) + ending, re.DOTALL))


def _segment(segment: str) -> str:
    """One segment as a regular expression; with one variable at most, so that matching takes linear time."""
    if _variable.fullmatch(segment):
        return "[^/]+"
    parts = _variable.split(segment)
    if len(parts) > 2:
        raise PatternError("a segment can hold one * or one {name}")
    return "[^/]+".join(re.escape(part) for part in parts)


def name_pattern(text: str) -> re.Pattern[str]:
    """Names of services: ``*`` stands for any number of characters.

    :raises PatternError: there is more than one ``*`` at each end and between.
    """
    if text.count("*") > 2 or len(text) > _LONGEST:
        raise PatternError("a service's name can hold two * at most")
    return re.compile(".*".join(re.escape(part) for part in text.split("*")), re.DOTALL)


class Settings(msgspec.Struct, frozen=True, eq=False):
    """What is in force for some exchanges.

    ``rules`` run; findings less confident than ``least`` are dropped. ``severities``
    replaces those of findings, by rule. ``instead`` replaces suggested statuses.
    """

    rules: tuple[Rule, ...]
    least: Confidence = Confidence.STRONG
    severities: Mapping[str, Severity] = {}
    instead: Mapping[int, int] = {}
    knowledge: Knowledge = NOTHING


class Service(msgspec.Struct, frozen=True, eq=False):
    """The settings of services whose name fits, and of those of their routes that have some of their own."""

    name: str
    settings: Settings
    routes: tuple[tuple[Pattern, Settings], ...] = ()

    def of(self, exchange: Exchange) -> Settings:
        """The settings of the first route that fits, else of the service."""
        for route, settings in self.routes:
            if route.matches(exchange):
                return settings
        return self.settings


class Suppression(msgspec.Struct, frozen=True, eq=False):
    """Findings of a rule that are accepted, with the reason; where ``until`` is given, to the end of that day (UTC)."""

    rule: str
    reason: str
    service: str = "*"
    route: Pattern | None = None
    until: datetime.date | None = None

    def covers(self, finding: Finding, exchange: Exchange) -> bool:
        """Whether it is about a finding, expired or not.

        :param exchange: the one that was audited. A finding may be about an earlier one, of which the path's template
            is all that is left.
        """
        if finding.rule != self.rule or not name_pattern(self.service).fullmatch(finding.service[:_LONGEST_NAME]):
            return False
        if self.route is None:
            return True
        if finding.exchange_id == exchange.id:
            return self.route.matches(exchange)
        return self.route.fits(finding.method, finding.route)

    def expired(self, now: float) -> bool:
        """Whether it is over.

        :param now: Unix seconds.
        """
        if self.until is None:
            return False
        midnight = datetime.datetime.combine(self.until, datetime.time(), datetime.UTC)
        return now >= midnight.timestamp() + 86400

    @property
    def text(self) -> str:
        """«not-found-declares-authz of shop on GET /users/{id}, until 2027-01-31: the reason»."""
        place = "" if self.service == "*" else f" of {self.service}"
        place += f" on {self.route.text}" if self.route is not None else ""
        end = f", until {self.until.isoformat()}" if self.until is not None else ""
        return f"{self.rule}{place}{end}: {self.reason}"


class Policy(msgspec.Struct, frozen=True, eq=False):
    """All that is in force.

    ``base`` holds where no service's name fits. ``services``: an exact name beats patterns, and of patterns the first
    counts. ``now`` is when the audit begins, in Unix seconds; exchanges that are younger carry the time on.
    """

    base: Settings
    services: tuple[Service, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    now: float = 0.0
    found: dict[str, Service | None] = msgspec.field(default_factory=dict)
    """Services by name, as far as seen."""

    def settings(self, exchange: Exchange) -> Settings:
        """What is in force for an exchange."""
        name = exchange.service
        found = self.found
        service = found[name] if name in found else self._find(name)
        return self.base if service is None else service.of(exchange)

    def _find(self, name: str) -> Service | None:
        fitting = [service for service in self.services if name_pattern(service.name).fullmatch(name[:_LONGEST_NAME])]
        service = next((service for service in fitting if service.name == name), fitting[0] if fitting else None)
        if len(self.found) < _MOST_SERVICES:
            self.found[name] = service
        return service

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that run anywhere, by family and id."""
        found: dict[str, Rule] = {}
        for settings in self.all_settings():
            for rule in settings.rules:
                found.setdefault(rule.id, rule)
        return tuple(sorted(found.values(), key=lambda rule: (rule.family, rule.id)))

    def all_settings(self) -> tuple[Settings, ...]:
        """Each settings there are, the base first."""
        found: list[Settings] = [self.base]
        for service in self.services:
            found += [service.settings, *(settings for _, settings in service.routes)]
        return tuple(found)
