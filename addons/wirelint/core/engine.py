"""Run the rules that can apply to an exchange, contain their faults, and decide the verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import msgspec

from wirelint.core.audit import FIELDS_UNKNOWN, Audit
from wirelint.core.body import EMPTY
from wirelint.core.contract import Contract
from wirelint.core.exchange import Exchange, Response
from wirelint.core.finding import Confidence, Finding, Hit, Severity
from wirelint.core.fold import Fold
from wirelint.core.headers import NO_HEADERS
from wirelint.core.knowledge import NOTHING, Knowledge, attach
from wirelint.core.media import Kind
from wirelint.core.methods import method_name
from wirelint.core.plan import Bound, Plan, Plans
from wirelint.core.report import finding_of, is_news
from wirelint.core.route import route
from wirelint.core.rule import Context, Reads, Rule
from wirelint.core.silence import Silence
from wirelint.core.state import Opens, State
from wirelint.core.trace import is_traced
from wirelint.core.verdict import Verdict, presumed

_MOST_KINDS: Final = 1024
_MOST_HITS: Final = 8

STATE: Final = "state"
"""The fault of an audit whose exchange could not be remembered."""


class Engine:
    """Audits exchanges, one by one, in the order in which they ended.

    :param rules: the rules to run.
    :param least: findings of lower confidence are dropped.
    :param severities: the severity of a rule's findings, in place of its own.
    :param instead: suggested status → the one to suggest in its place.
    :param knowledge: configured facts about the services.
    :param state: the memories; engines that share one also share the memories.
    :param template: returns the configured template of a service's requests of a method to a path, or None.

    Attributes:
        documented: whether there is an API description.
    """

    def __init__(  # noqa: PLR0913 - what it is set up with, by name
        self,
        rules: Iterable[Rule],
        *,
        least: Confidence = Confidence.STRONG,
        severities: Mapping[str, Severity] | None = None,
        instead: Mapping[int, int] | None = None,
        knowledge: Knowledge = NOTHING,
        state: State | None = None,
        template: Callable[[str, str, str], str | None] | None = None,
    ) -> None:
        self._severities = severities or {}
        self.rules = tuple(
            _adapted(rule, self._severities, knowledge)
            for rule in rules
            if rule.contract is None or knowledge.contract is not None
        )
        self._least = least
        self._instead = instead or {}
        self._knowledge = knowledge
        self.documented = knowledge.contract is not None
        self.state = State() if state is None else state
        self._template = template
        for rule in self.rules:
            for kind in rule.recalls:
                self.state.recall(kind)
        gates = {rule.after: rule.after(self.state) for rule in self.rules if rule.after is not None}
        self._bound = [
            Bound(
                rule,
                Context(rule.options, self.state),
                _condition(rule) if rule.after is None else gates[rule.after],
            )
            for rule in self.rules
        ]
        self._plans: dict[tuple[int | None, str, Kind], Plans] = {}
        self._plans_without_fields: dict[tuple[int | None, str, Kind], Plans] = {}
        self._silence = Silence()

    def audit(self, exchange: Exchange) -> Audit:
        """Audit one exchange. Never raises: a rule that does is named in ``faults``."""
        if self._knowledge is not NOTHING:
            attach(exchange, self._knowledge)
        plan = self._plan(exchange)
        response = exchange.response
        hits: list[tuple[Rule, Hit]] = []
        faults: list[str] = []
        skipped = None if exchange.fields_known else FIELDS_UNKNOWN
        if plan.plain:
            self._run(plan.plain, exchange, hits, faults)
        to_read = response if plan.reading or plan.keyed else None
        if to_read is not None and self._silence.holds(exchange, to_read):
            to_read = None
        # A schema needs the whole content parsed. That comes first, so that its names need no parsing of their own.
        compared = [bound for each, bound in plan.contracted if _holds(each, bound, exchange, faults)]
        if to_read is not None:
            unread = self._read(plan, exchange, to_read, hits, faults)
            skipped = skipped or unread
        for bound in compared:
            self._run(bound, exchange, hits, faults)
        quiet = exchange.alone or (not hits and self.state.repeats(exchange))
        traced = quiet and not exchange.alone and is_traced(exchange)
        if traced:
            quiet = not self._joins(exchange, faults)
        if not quiet and plan.looking_back:
            unread = self._look_back(plan, exchange, hits, faults)
            skipped = skipped or unread
        verdict = _verdict(exchange, hits) if hits else presumed(exchange)
        template, folds = self._route(exchange)
        findings = self._findings(exchange, template, verdict, hits) if hits else ()
        if traced or not quiet:
            note = self.state.join if quiet else self.state.note
            try:
                note(exchange, verdict)
            except Exception:  # noqa: BLE001 - what is not remembered is not found later; nothing else is lost
                faults.append(STATE)
        return Audit(exchange, verdict, findings, plan, skipped, tuple(faults), route=template, folds=folds)

    def _route(self, exchange: Exchange) -> tuple[str, tuple[Fold, ...]]:
        request = exchange.request
        path = request.path
        if self._template is not None:
            configured = self._template(exchange.service, method_name(request.method), path)
            if configured is not None:
                return configured, ()
        return self.state.route(exchange, route(path))

    def _label(self, service: str, method: str, static: str) -> str:
        """Return the route of an earlier exchange, of which only the static one is remembered."""
        configured = None if self._template is None else self._template(service, method, static)
        return self.state.label(service, static) if configured is None else configured

    def _read(
        self, plan: Plan, exchange: Exchange, response: Response, hits: list[tuple[Rule, Hit]], faults: list[str]
    ) -> str | None:
        body = response.body
        readers = plan.readers_of(body.names) if plan.keyed else plan.reading
        if not readers:
            return None
        able, reason = (readers, None) if body.complete else _able(readers, exchange)
        before = len(hits) + len(faults)
        self._run(able, exchange, hits, faults)
        if reason is None and len(hits) + len(faults) == before:
            self._silence.keep(exchange, response)
        return reason

    def _joins(self, exchange: Exchange, faults: list[str]) -> bool:
        try:
            return self.state.joins(exchange)
        except Exception:  # noqa: BLE001 - as with a rule
            faults.append(STATE)
            return True

    def _look_back(self, plan: Plan, exchange: Exchange, hits: list[tuple[Rule, Hit]], faults: list[str]) -> str | None:
        reason = None
        try:
            visit = self.state.visit(exchange)
        except Exception:  # noqa: BLE001 - as with a rule
            faults.append(STATE)
            return None
        for opens, bound in plan.looking_back:
            try:
                if opens is not None and not opens(exchange, visit):
                    continue
            except Exception:  # noqa: BLE001 - as with a rule
                faults.append(STATE)
                continue
            able, unread = _able(bound, exchange)
            reason = reason or unread
            self._run(able, exchange, hits, faults)
        return reason

    def _run(
        self, bound: tuple[Bound, ...], exchange: Exchange, hits: list[tuple[Rule, Hit]], faults: list[str]
    ) -> None:
        for each in bound:
            rule = each.rule
            try:
                for hit in rule.check(exchange, each.context):  # type: ignore[arg-type]  # see ``Answered``
                    confidence = rule.confidence if hit.confidence is None else hit.confidence
                    if confidence >= self._least and len(hits) < _MOST_HITS:
                        hits.append((rule, self._adjusted(rule, hit)))
            except Exception:  # noqa: BLE001 - one broken rule must not silence the others, nor touch the traffic
                faults.append(rule.id)

    def _adjusted(self, rule: Rule, hit: Hit) -> Hit:
        """Return the hit with the engine's severities and replaced statuses."""
        suggested = rule.suggested_status if hit.suggested_status is None else hit.suggested_status
        if rule.id in self._severities:
            hit = msgspec.structs.replace(hit, severity=self._severities[rule.id])
        if suggested is not None and suggested in self._instead:
            hit = msgspec.structs.replace(hit, suggested_status=self._instead[suggested])
        return hit

    def _findings(
        self, exchange: Exchange, template: str, verdict: Verdict, hits: Sequence[tuple[Rule, Hit]]
    ) -> tuple[Finding, ...]:
        found = tuple(
            [
                finding_of(exchange, template, verdict, rule, hit, self._label)
                for rule, hit in hits
                if is_news(exchange, template, rule, hit, self._label, self.state)
            ]
        )
        contract = self._knowledge.contract
        return found if contract is None else tuple([_offered(each, exchange, contract) for each in found])

    def _plan(self, exchange: Exchange) -> Plan:
        request, response = exchange.request, exchange.response
        if response is None:
            status, headers, kind = None, NO_HEADERS, Kind.NONE
        else:
            status, headers, kind = response.status, response.headers, response.headers.media_type.kind
        key = (status, method_name(request.method), kind)
        known = exchange.fields_known
        by_kind = self._plans if known else self._plans_without_fields
        plans = by_kind.get(key)
        if plans is None:
            able = [each for each in self._bound if known or not each.rule.needs_fields]
            plans = Plans([each for each in able if each.rule.when.fits(*key)], key)
            if len(by_kind) < _MOST_KINDS:
                by_kind[key] = plans
        return plans.plan(request.headers, headers)


def _holds(
    condition: Callable[[Exchange], bool], bound: tuple[Bound, ...], exchange: Exchange, faults: list[str]
) -> bool:
    """Return whether the condition of rules that compare with an API description holds."""
    try:
        return condition(exchange)
    except Exception:  # noqa: BLE001 - as with a rule
        faults += [each.rule.id for each in bound]
        return False


def _condition(rule: Rule) -> Opens | None:
    """Return what opens for a rule that looks back and compares with an API description."""
    condition = rule.contract
    if condition is None or not rule.recalls:
        return None
    return lambda exchange, _visit: condition(exchange)


def _offered(finding: Finding, exchange: Exchange, contract: Contract) -> Finding:
    """Return a finding that suggests what the document of its service offers."""
    suggested = finding.suggested_status
    if suggested is None or finding.service != exchange.service:
        return finding
    offered = contract.offered(finding.method, finding.route, suggested)
    return finding if offered == suggested else msgspec.structs.replace(finding, suggested_status=offered)


def _able(bound: tuple[Bound, ...], exchange: Exchange) -> tuple[tuple[Bound, ...], str | None]:
    """Return the rules that can read enough of the response's content, and why others cannot."""
    body = exchange.response.body if exchange.response is not None else EMPTY
    missing = body.unavailable or (None if body.complete else "truncated")
    if missing is None:
        return bound, None
    most = Reads.NOTHING if body.unavailable else Reads.PREFIX
    able = tuple([each for each in bound if each.rule.reads <= most])
    return able, None if len(able) == len(bound) else missing


def _adapted(rule: Rule, severities: Mapping[str, Severity], knowledge: Knowledge) -> Rule:
    """Return the rule; one that reads only certain JSON members also reads those of ``error_when``."""
    if rule.id in severities:
        rule = msgspec.structs.replace(rule, severity=severities[rule.id])
    if rule.json_keys is None or not knowledge.error_when:
        return rule
    keys = {condition.key for condition in knowledge.error_when}
    return msgspec.structs.replace(rule, json_keys=rule.json_keys | keys)


def _verdict(exchange: Exchange, hits: Sequence[tuple[Rule, Hit]]) -> Verdict:
    """Return the verdict of the most certain and severe finding that implies one; hints never do."""
    best: tuple[Confidence, Severity] | None = None
    verdict = presumed(exchange)
    for rule, hit in hits:
        implied = rule.verdict if hit.verdict is None else hit.verdict
        confidence = rule.confidence if hit.confidence is None else hit.confidence
        if implied is None or confidence is Confidence.WEAK or hit.about is not None:
            continue
        weight = (confidence, rule.severity if hit.severity is None else hit.severity)
        if best is None or weight > best:
            best, verdict = weight, implied
    return verdict
