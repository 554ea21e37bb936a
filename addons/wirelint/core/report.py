"""Turn a rule's hit into a finding: redacted, and with its story."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from wirelint.core.exchange import Exchange
from wirelint.core.finding import Finding, Hit, fingerprint
from wirelint.core.methods import method_name
from wirelint.core.redact import echoes, redact
from wirelint.core.rule import Rule
from wirelint.core.state import State, moment
from wirelint.core.trace import trace_id
from wirelint.core.verdict import Verdict
from wirelint.core.visit import Step, Visit, outcome

_MESSAGE_LIMIT: Final = 400
_MOST_STEPS: Final = 8


Label = Callable[[str, str, str], str]
"""Return the route of an earlier exchange by its service, method and static route."""


def finding_of(  # noqa: PLR0913, PLR0917 - all that a finding is made of
    exchange: Exchange, template: str, verdict: Verdict, rule: Rule, hit: Hit, label: Label
) -> Finding:
    """Return the finding of a rule's hit.

    :param exchange: the audited one.
    :param template: its route.
    :param verdict: its verdict.
    :param label: names the routes of earlier exchanges.
    """
    known = echoes(exchange)
    suggested = rule.suggested_status if hit.suggested_status is None else hit.suggested_status
    finding = Finding(
        rule=rule.id,
        severity=rule.severity if hit.severity is None else hit.severity,
        confidence=rule.confidence if hit.confidence is None else hit.confidence,
        side=rule.side if hit.side is None else hit.side,
        service=exchange.service,
        direction=exchange.direction,
        method=method_name(exchange.request.method),
        route=template,
        status=exchange.status,
        verdict=verdict,
        suggested_status=suggested if suggested != exchange.status else None,
        message=redact(hit.message, known, limit=_MESSAGE_LIMIT),
        evidence=redact(hit.evidence, known),
        fingerprint=fingerprint(
            exchange.service, method_name(exchange.request.method), template, rule.id, hit.discriminator
        ),
        exchange_id=exchange.id,
        trace_id=trace_id(exchange),
        timestamp=exchange.timestamp,
        origin=exchange.origin,
    )
    if hit.about is not None:
        finding = _about(hit.about, rule, hit, finding, label)
    if not hit.story and hit.about is None:
        return finding
    return msgspec.structs.replace(finding, story=_story(exchange, template, hit, label))


def _about(visit: Visit, rule: Rule, hit: Hit, finding: Finding, label: Label) -> Finding:
    """Return the finding for an exchange that ended before the one that proves it."""
    implied = rule.verdict if hit.verdict is None else hit.verdict
    suggested = rule.suggested_status if hit.suggested_status is None else hit.suggested_status
    template = label(visit.service, visit.method, visit.route)
    return msgspec.structs.replace(
        finding,
        service=visit.service,
        direction=visit.direction,
        method=visit.method,
        route=template,
        status=visit.status,
        verdict=visit.verdict if implied is None else implied,
        suggested_status=suggested if suggested != visit.status else None,
        fingerprint=fingerprint(visit.service, visit.method, template, rule.id, hit.discriminator),
        exchange_id=visit.exchange_id,
        trace_id=visit.trace_id,
        timestamp=visit.timestamp,
        origin=visit.origin,
    )


def _story(exchange: Exchange, template: str, hit: Hit, label: Label) -> tuple[Step, ...]:
    """Return all steps by their start; those at the same time in the given order."""
    at_hand = Step(
        exchange_id=exchange.id,
        service=exchange.service,
        request=f"{method_name(exchange.request.method)} {template}",
        outcome=outcome(exchange.status, exchange.failure.kind if exchange.failure is not None else None),
        note=hit.note,
        timestamp=exchange.timestamp,
        origin=exchange.origin,
    )
    earlier = [_labelled(step, label) for step in hit.story[:_MOST_STEPS]]
    return tuple(sorted((*earlier, at_hand), key=lambda step: step.timestamp or 0.0))


def _labelled(step: Step, label: Label) -> Step:
    method, _, static = step.request.partition(" ")
    return msgspec.structs.replace(step, request=f"{method} {label(step.service, method, static)}")


def is_news(exchange: Exchange, template: str, rule: Rule, hit: Hit, label: Label, state: State) -> bool:  # noqa: PLR0913, PLR0917 - as above
    """Return whether to report a hit: a rule with ``once_per`` reports the same only once within an hour.

    Call this before making a finding, because most hits of such rules repeat.

    :param state: remembers reported hits; this one is recorded.
    """
    if rule.once_per is None:
        return True
    about = hit.about
    if rule.once_per == "service":
        key: tuple[str, ...] = (rule.id, exchange.service if about is None else about.service, hit.discriminator)
    elif about is None:
        method = method_name(exchange.request.method)
        key = (fingerprint(exchange.service, method, template, rule.id, hit.discriminator),)
    else:
        template = label(about.service, about.method, about.route)
        key = (fingerprint(about.service, about.method, template, rule.id, hit.discriminator),)
    return state.is_news(key, moment(exchange))
