"""Define profiles: expectations of kinds of services, as changes to the rules' settings, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from wirelint.core.finding import Confidence, Severity
from wirelint.settings.file import ConfigError, nearest


class Change(msgspec.Struct, frozen=True):
    """A profile's change to a rule (whether it runs, its severity, its options), and the reason."""

    rule: str
    why: str
    on: bool | None = None
    severity: Severity | None = None
    options: Mapping[str, Any] = {}


class Profile(msgspec.Struct, frozen=True):
    """A set of changes. ``least``: the minimum confidence. ``instead``: replaced suggested statuses."""

    name: str
    summary: str
    changes: tuple[Change, ...] = ()
    least: Confidence = Confidence.WEAK
    instead: Mapping[int, int] = {}


_INTERNAL_CHAIN: Final = "other services of your own decide by it whether to retry and whom to alert"
_READ_BY_ANYBODY: Final = "anonymous clients read it"

PROFILES: Final[Mapping[str, Profile]] = {
    profile.name: profile
    for profile in (
        Profile("default", "services of any style: responses that most engineers call wrong"),
        Profile(
            "rfc",
            "teams that want only clear violations of a specification",
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
            "services open to anonymous clients: 404 may hide a resource, and texts are for outsiders",
            changes=(
                Change("not-found-declares-authz", "hiding by 404 is right before anonymous clients", on=False),
                Change("existence-hidden-by-404", "hiding by 404 is right before anonymous clients", on=False),
                Change("existence-leak-by-403", "anonymous clients can find out which ids exist", on=True),
                Change("stack-trace-exposed", _READ_BY_ANYBODY, severity=Severity.HIGH),
                Change(
                    "html-error-to-json-client",
                    "the authors of such clients cannot ask what a page means",
                    severity=Severity.LOW,
                ),
                Change(
                    "unavailable-without-retry-hint",
                    "without a hint clients retry at once",
                    severity=Severity.LOW,
                ),
            ),
        ),
        Profile(
            "internal",
            "services of one company that call each other: nothing needs hiding, and each cause needs its status",
            changes=(
                Change(
                    "not-found-declares-authz", "callers must know whether to ask for access", severity=Severity.MEDIUM
                ),
                Change("existence-hidden-by-404", "callers must know whether to ask for access", severity=Severity.LOW),
                Change("gateway-code-swapped", _INTERNAL_CHAIN, severity=Severity.MEDIUM),
                Change("stack-trace-exposed", "its readers may read the source as well", severity=Severity.LOW),
                Change("masked-upstream-text", _INTERNAL_CHAIN, severity=Severity.HIGH),
                Change("throttle-misreported", _INTERNAL_CHAIN, severity=Severity.HIGH),
                Change(
                    "unavailable-without-retry-hint",
                    "retries of your own services overload it",
                    severity=Severity.LOW,
                ),
            ),
        ),
        Profile(
            "zalando",
            "services that follow Zalando's RESTful API Guidelines: no 422, 207 for bulk, problem details",
            # Rule 150 forbids 422: 400 also covers content that was understood and refused.
            instead={422: 400},
            changes=(
                Change("validation-as-400", "rule 150: 400 is right for wrong values, too", on=False),
                Change("unprocessable-unparseable", "rule 150: 422 is not to be used", severity=Severity.MEDIUM),
                Change(
                    "catch-all-400", "rule 150: 400 is right for wrong values, too", options={"validation_is_400": True}
                ),
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


def profile_named(name: str) -> Profile:
    """Return the profile of that name.

    :raises ConfigError: there is none.
    """
    if name not in PROFILES:
        raise ConfigError(f"{name[:60]!r} is not one of {', '.join(PROFILES)}{nearest(name, PROFILES)}")
    return PROFILES[name]
