"""Profiles: what houses of different style expect, as changes to the rules' own settings. Each has its reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from wirelint.core.finding import Confidence, Severity


class Change(msgspec.Struct, frozen=True):
    """What a profile changes about a rule, and why: whether it runs, how severe its findings are, its options."""

    rule: str
    why: str
    on: bool | None = None
    severity: Severity | None = None
    options: Mapping[str, Any] = {}


class Profile(msgspec.Struct, frozen=True):
    """A set of changes. ``least``: the least confidence. ``instead``: suggested statuses that it replaces."""

    name: str
    summary: str
    changes: tuple[Change, ...] = ()
    least: Confidence = Confidence.WEAK
    instead: Mapping[int, int] = {}


_INTERNAL_CHAIN: Final = "other services of the house decide by it whether to retry, and whom to wake"
_READ_BY_STRANGERS: Final = "whoever reads it is a stranger"

PROFILES: Final[Mapping[str, Profile]] = {
    profile.name: profile
    for profile in (
        Profile("default", "services of any style: what most would call wrong"),
        Profile(
            "rfc",
            "those who want to see only what breaks a specification in plain sight",
            least=Confidence.CERTAIN,
            changes=(
                Change("bearer-error-without-token", "RFC 6750 section 3.1 says SHOULD NOT", on=True),
                Change("legal-block-unattributed", "RFC 7725 section 4 says SHOULD", on=True),
                Change("patch-415-without-accept-patch", "RFC 5789 section 2.2 says SHOULD", on=True),
                Change("problem-with-success", "RFC 9457 nowhere forbids problem details under 2xx", on=False),
                Change("tunnelled-error", "HTTP says nothing about protocols on top of it", on=False),
                Change("unavailable-without-retry-hint", "RFC 9110 section 15.6.4 says MAY", on=False),
            ),
        ),
        Profile(
            "public-api",
            "services that strangers call: what exists may be hidden, and texts are for outsiders",
            changes=(
                Change("not-found-declares-authz", "hiding by 404 is the right thing before strangers", on=False),
                Change("existence-hidden-by-404", "hiding by 404 is the right thing before strangers", on=False),
                Change("existence-leak-by-403", "by trying out ids strangers learn what exists", on=True),
                Change("stack-trace-exposed", _READ_BY_STRANGERS, severity=Severity.HIGH),
                Change(
                    "html-error-to-json-client",
                    "clients by strangers cannot ask what a page means",
                    severity=Severity.LOW,
                ),
                Change(
                    "unavailable-without-retry-hint",
                    "without a hint strangers come back at once",
                    severity=Severity.LOW,
                ),
            ),
        ),
        Profile(
            "internal",
            "services of one house calling each other: nothing needs hiding, and causes must be told apart",
            changes=(
                Change(
                    "not-found-declares-authz", "callers must know whether to ask for access", severity=Severity.MEDIUM
                ),
                Change("existence-hidden-by-404", "callers must know whether to ask for access", severity=Severity.LOW),
                Change("gateway-code-swapped", _INTERNAL_CHAIN, severity=Severity.MEDIUM),
                Change("stack-trace-exposed", "who reads it may read the source as well", severity=Severity.LOW),
                Change("masked-upstream-text", _INTERNAL_CHAIN, severity=Severity.HIGH),
                Change("throttle-misreported", _INTERNAL_CHAIN, severity=Severity.HIGH),
                Change(
                    "unavailable-without-retry-hint",
                    "retries of the house are what overloads it",
                    severity=Severity.LOW,
                ),
            ),
        ),
        Profile(
            "zalando",
            "services that follow Zalando's RESTful API Guidelines: no 422, 207 for bulk, problem details",
            # Rule 150 lists 422 as not to be used: 400 covers what was understood and refused.
            instead={422: 400},
            changes=(
                Change("validation-as-400", "rule 150: 400 is right for values, too", on=False),
                Change("unprocessable-unparseable", "rule 150: 422 is not to be used", severity=Severity.MEDIUM),
                Change("catch-all-400", "rule 150: 400 is right for values, too", options={"validation_is_400": True}),
                Change("bulk-without-multi-status", "rule 152: bulk requests must be answered by 207", on=True),
                Change(
                    "throttled-without-retry-hint",
                    "rule 153: Retry-After or X-RateLimit fields are a must",
                    severity=Severity.HIGH,
                ),
                Change("stack-trace-exposed", "rule 177: stack traces must not be exposed", severity=Severity.HIGH),
                Change(
                    "html-error-to-json-client", "rule 176: problem details must be supported", severity=Severity.MEDIUM
                ),
            ),
        ),
    )
}
"""Profiles by name."""
