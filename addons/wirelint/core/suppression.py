"""Findings that an operator accepts, each with a reason and, optionally, an end."""

from __future__ import annotations

import datetime
from typing import Final

import msgspec

from wirelint.core.exchange import Exchange
from wirelint.core.finding import Finding
from wirelint.core.pattern import Pattern, name_pattern

_LONGEST_NAME: Final = 255


class Suppression(msgspec.Struct, frozen=True, eq=False):
    """Accepted findings of a rule, with the reason; if ``until`` is given, to the end of that day (UTC)."""

    rule: str
    reason: str
    service: str = "*"
    route: Pattern | None = None
    until: datetime.date | None = None

    def covers(self, finding: Finding, exchange: Exchange) -> bool:
        """Return whether it covers a finding, expired or not.

        :param exchange: the audited exchange. The finding may be about an earlier one, whose route alone is kept.
        """
        if finding.rule != self.rule or not name_pattern(self.service).fullmatch(finding.service[:_LONGEST_NAME]):
            return False
        if self.route is None:
            return True
        if finding.exchange_id == exchange.id:
            return self.route.matches(exchange)
        return self.route.fits(finding.method, finding.route)

    def expired(self, now: float) -> bool:
        """Return whether it has expired.

        :param now: Unix seconds.
        """
        if self.until is None:
            return False
        midnight = datetime.datetime.combine(self.until, datetime.time(), datetime.UTC)
        return now >= midnight.timestamp() + 86400

    @property
    def text(self) -> str:
        """Return «not-found-declares-authz of shop on GET /users/{id}, until 2027-01-31: the reason»."""
        place = "" if self.service == "*" else f" of {self.service}"
        place += f" on {self.route.text}" if self.route is not None else ""
        end = f", until {self.until.isoformat()}" if self.until is not None else ""
        return f"{self.rule}{place}{end}: {self.reason}"
