"""Alerting rules: a service that lies, and an auditor that does not do its work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from types import MappingProxyType
from typing import Final, NamedTuple

from wirelint.monitoring.budgets import OBJECTIVE, ServiceBudget, percent
from wirelint.monitoring.recording_rules import FINDINGS, KEPT, LAST, errors, ratio, total
from wirelint.monitoring.yaml import block, mapping

GAP: Final = 0.01
"""How much of its exchanges a service may fail in without a 5xx."""

GONE: Final = 300
"""Exchanges of an hour after which silence is a change."""

OUTAGE: Final = 0.05
"""The share of exchanges without a response at which a service counts as down."""

QUIET: Final = 5
"""Failures within half an hour that are enough to call, however few the exchanges are."""

_WHERE: Final = "".join(
    f"&var-{label}={{{{ $labels.{label} | urlquery }}}}" for label in ("cluster", "namespace", "job")
)
_SPAN: Final = "&from=now-3h&to=now"
_SERVICE: Final = f"/d/wirelint-service?var-service={{{{ $labels.service | urlquery }}}}{_WHERE}{_SPAN}"
_AUDITOR: Final = f"/d/wirelint-auditor?{_WHERE[1:]}{_SPAN}"
# A label that a series lacks is empty, and matches it.
_OF_SERVICE: Final = "cluster=%q,namespace=%q,job=%q,service=%q,side='server'"
_LABELS: Final = "$labels.cluster $labels.namespace $labels.job $labels.service"
_RULE: Final = f"topk(1, sum by (rule) ({FINDINGS}{{{_OF_SERVICE},severity=~'medium|high'}}))"
_PLACE: Final = f"topk(1, sum by (method, route) (increase(wirelint_findings_total{{{_OF_SERVICE},rule=%q}}[15m])))"
_MOSTLY: Final = (
    f'{{{{ with printf "{_RULE}" {_LABELS} | query }}}}'
    '{{ $rule := . | first | label "rule" }} Mostly {{ $rule }}.'
    f'{{{{ with printf "{_PLACE}" {_LABELS} $rule | query }}}}'
    ' Most at {{ . | first | label "method" }} {{ . | first | label "route" }}.{{ end }}{{ end }}'
)
"""Sentences that Prometheus fills in: the rule of severity medium or high with most findings at a service now, and the
method and route with most of these."""
_HEAD: Final = "# Written by make gen. Alerts for wirelint; they need rules.yml beside them.\n"


class Burn(NamedTuple):
    """A burn rate of the budget: ``rate`` times the pace that uses it up exactly in its period."""

    long: str
    short: str
    rate: float
    wait: str
    severity: str

    def threshold(self, objective: float) -> float:
        """Return the share of errors at which the budget burns too fast.

        :param objective: the target share of exchanges without an error.
        """
        return round(self.rate * (1 - objective), 9)

    def traffic(self, objective: float) -> int:
        """Return the minimum exchanges in the long window: with these, one error is at most half of the threshold."""
        return ceil(2 / self.threshold(objective))


BURNS: Final = (
    Burn("1h", "5m", 14.4, "2m", "critical"),
    Burn("6h", "30m", 6, "15m", "critical"),
    Burn("1d", "2h", 3, "1h", "warning"),
    Burn("3d", "6h", 1, "3h", "warning"),
)
"""The windows of Google's SRE workbook, chapter "Alerting on SLOs", for a budget of 30 days."""


class Alert(NamedTuple):
    """One alert."""

    name: str
    expression: str
    wait: str
    severity: str
    summary: str
    description: str
    dashboard: str = _AUDITOR
    labels: Mapping[str, str] = MappingProxyType({})

    @property
    def runbook(self) -> str:
        """Return the path of the runbook in the repository: the section with the alert's name."""
        return f"dashboards/README.md#{self.name.lower()}"


def lies(window: str, selector: str = "") -> str:
    """Return the share of exchanges in which the service failed, and answered as if it had not.

    :param selector: matchers in braces.
    """
    return f"{ratio('hidden_server', window)}{selector}"


class BudgetErrors(NamedTuple):
    """What burns a budget: the kind of errors, the names of its alerts, and their texts."""

    errors: str
    name: str
    summary: str
    what: str
    why: str


_HIDDEN: Final = BudgetErrors(
    "hidden_server",
    "WirelintHiddenErrorBudget",
    "{{ $labels.service }} answers its own failures with success",
    "were failures of its own under a status of success",
    "Monitoring by status code sees none of them.",
)
_ACTUAL: Final = BudgetErrors(
    "true",
    "WirelintErrorBudget",
    "{{ $labels.service }} fails",
    "failed, whatever their status",
    "Monitoring by status code sees only those with a 5xx.",
)


def _burn(kind: BudgetErrors, burn: Burn, budget: ServiceBudget) -> Alert:
    objective, chosen = budget.objective, budget.selector
    most = f"> {burn.threshold(objective):g}"
    shares = [f"{ratio(kind.errors, window)}{chosen} {most}" for window in (burn.long, burn.short)]
    # A name for each severity: where a critical alert silences warnings of its name in its namespace, as
    # kube-prometheus has it, one service must not silence another.
    return Alert(
        f"{kind.name}{'Burn' if burn.severity == 'critical' else 'SlowBurn'}",
        f"{shares[0]}\nand\n{shares[1]}\nand\n{total(burn.long)}{chosen} >= {burn.traffic(objective)}",
        burn.wait,
        burn.severity,
        kind.summary,
        f"{{{{ $value | humanizePercentage }}}} of the exchanges of {{{{ $labels.service }}}} in the last {burn.long}"
        f" {kind.what}, where {percent(1 - objective)} is allowed. {kind.why}{_MOSTLY}",
        _SERVICE,
        labels={"long": burn.long, "short": burn.short, **budget.labels},
    )


def _of_services(of: Sequence[ServiceBudget], *, actual: bool) -> Iterator[Alert]:
    for kind in (_HIDDEN, _ACTUAL) if actual else (_HIDDEN,):
        for budget in of:
            yield from [_burn(kind, burn, budget) for burn in BURNS]
    yield Alert(
        "WirelintHiddenFailuresQuiet",
        f"{ratio('hidden_server', '30m')} > 0.5\n"
        f"and\n{_within('hidden_server', '30m')} >= {QUIET}\n"
        f"and\n{total('1h')} < {BURNS[0].traffic(OBJECTIVE)}",
        "5m",
        "critical",
        "{{ $labels.service }} answers its own failures with success",
        "{{ $value | humanizePercentage }} of the few exchanges of {{ $labels.service }} in the last half hour were"
        f" failures of its own under a status of success.{_MOSTLY}",
        _SERVICE,
    )
    yield Alert(
        "WirelintErrorGap",
        f"{ratio('hidden_server', '1h')} + {ratio('masked', '1h')} - {ratio('blamed', '1h')} > {GAP:g}\n"
        f"and\n{total('1h')} >= {ceil(2 / GAP)}",
        "15m",
        "warning",
        "{{ $labels.service }} fails more often than it reports",
        "Over the last hour {{ $labels.service }} failed in {{ $value | humanizePercentage }} of all exchanges without"
        f" saying so by a 5xx, less those in which a 5xx blamed it for a client's error.{_MOSTLY}",
        _SERVICE,
    )
    yield Alert(
        "WirelintHiddenClientErrors",
        f"{ratio('hidden_client', '1h')} > {GAP:g}\nand\n{total('1h')} >= {ceil(2 / GAP)}",
        "1h",
        "warning",
        "{{ $labels.service }} answers mistakes of its clients with success",
        "{{ $value | humanizePercentage }} of the exchanges of {{ $labels.service }} in the last hour were errors of"
        f" its clients under a status of success, such as a wrong password under 200. Nothing is down.{_MOSTLY}",
        _SERVICE,
    )
    yield Alert(
        "WirelintUnanswered",
        f"{ratio('unanswered', '5m')} - {ratio('abandoned', '5m')} > {OUTAGE:g}\n"
        f"and\n{total('5m')} >= {ceil(2 / OUTAGE)}",
        "5m",
        "critical",
        "{{ $labels.service }} does not respond",
        "{{ $value | humanizePercentage }} of the exchanges of {{ $labels.service }} in the last five minutes got no"
        " response. What the service itself counts by status code has none of them.",
        _SERVICE,
    )
    yield Alert(
        "WirelintUnansweredQuiet",
        f"{ratio('unanswered', '30m')} - {ratio('abandoned', '30m')} > 0.5\n"
        f"and\n{_within('unanswered', '30m')} - {_within('abandoned', '30m')} >= {QUIET}\n"
        f"and\n{total('5m')} < {ceil(2 / OUTAGE)}",
        "5m",
        "critical",
        "{{ $labels.service }} does not respond",
        "{{ $value | humanizePercentage }} of the few exchanges of {{ $labels.service }} in the last half hour got no"
        " response.",
        _SERVICE,
    )
    yield Alert(
        "WirelintAbandoned",
        f"{ratio('abandoned', '5m')} > {OUTAGE:g}\nand\n{errors('abandoned')} >= {QUIET}",
        "3m",
        "critical",
        "clients of {{ $labels.service }} give up waiting",
        "In {{ $value | humanizePercentage }} of the exchanges of {{ $labels.service }} in the last five minutes the"
        " client left before a response came. The service may hang, or take longer than its clients wait.",
        _SERVICE,
    )
    yield Alert(
        "WirelintHung",
        f"sum by ({KEPT}) (increase(wirelint_hung_requests_total[10m])) >= {QUIET}",
        "0m",
        "warning",
        "requests get no response head in time",
        "{{ $value | humanize }} requests of the last ten minutes have waited for a response head for longer than"
        " wirelint keeps them in memory. A service hangs; the page names it under Health.",
    )
    yield Alert(
        "WirelintTrafficGone",
        f"{total('1h')} > {GONE}\nunless\n{total('5m')} > 0",
        "5m",
        "warning",
        "{{ $labels.service }} gets no requests any more",
        "{{ $labels.service }} had {{ $value | humanize }} exchanges in the last hour, and none in the last five"
        " minutes. Do its clients still reach it, and by way of wirelint?",
        _SERVICE,
    )
    yield Alert(
        "WirelintNewFindings",
        f"count by ({KEPT}, service) (\n"
        f"  max by ({KEPT}, service, rule) (\n"
        "    wirelint_first_finding_timestamp_seconds > time() - 3600\n"
        "    and on (job, instance, service, rule)\n"
        '    wirelint_findings_total{side="server"} > 0\n'
        "    and on (job, instance, rule)\n"
        '    wirelint_rule_info{severity=~"medium|high"}\n'
        "  )\n"
        f"  unless on ({KEPT}, service, rule)\n"
        f"  max_over_time({LAST}[7d] offset 1h)\n"
        f"  and on ({KEPT}, rule)\n"
        f"  max by ({KEPT}, rule) (wirelint_rule_info offset 1d)\n"
        f")\nand on ({KEPT}, service)\nsum by ({KEPT}, service) (wirelint_exchanges_total offset 1d)",
        "0m",
        "warning",
        "{{ $labels.service }} has findings that are new",
        "{{ $value }} rules of severity medium or high found something at {{ $labels.service }} for the first time in a"
        f" week. Was something deployed?{_MOSTLY}",
        f"{_SERVICE}",
    )


def _within(kind: str, window: str) -> str:
    """Return the number of exchanges with errors of ``kind`` within a window."""
    return f"sum_over_time({errors(kind)}[{window}]) / 5"


def _of_auditors() -> Iterator[Alert]:
    yield Alert(
        "WirelintDown",
        "up == 0\nand on (job, instance)\nmax_over_time(wirelint_build_info[1d])",
        "5m",
        "critical",
        "wirelint at {{ $labels.instance }} cannot be scraped",
        "Prometheus has not had the metrics of {{ $labels.instance }} for five minutes: it is down, the network is, or"
        " the scrape fails for a limit or a timeout (see Status, Targets). If it is down, a reverse proxy passes no"
        " traffic on.",
    )
    yield Alert(
        "WirelintRestarting",
        "changes(process_start_time_seconds[15m]) > 2\nand on (job, instance)\nmax_over_time(wirelint_build_info[15m])",
        "0m",
        "warning",
        "wirelint at {{ $labels.instance }} starts again and again",
        "{{ $labels.instance }} started {{ $value }} times in the last 15 minutes. Requests in between were refused. Is"
        " it killed for want of memory, or by a probe?",
    )
    yield Alert(
        "WirelintSlow",
        f"histogram_quantile(0.99, sum by ({KEPT}, instance, le)"
        " (rate(wirelint_event_loop_delay_seconds_bucket[5m]))) > 0.1",
        "10m",
        "warning",
        "wirelint at {{ $labels.instance }} slows the traffic",
        "What {{ $labels.instance }} has to do waits for {{ $value | humanizeDuration }} at the 99th percentile. The"
        " durations that it measures itself do not contain this. Is its CPU throttled?",
    )
    yield Alert(
        "WirelintAbsent",
        "absent(wirelint_build_info)",
        "10m",
        "warning",
        "no wirelint is scraped",
        "There are no metrics of wirelint at all. Is it a target of this Prometheus?",
        "/d/wirelint-auditor",
    )
    yield Alert(
        "WirelintSkipping",
        f'sum by ({KEPT}, service) (increase(wirelint_skipped_total{{service!="",reason!="sampled"}}[15m]))\n/\n'
        f"sum by ({KEPT}, service) (increase(wirelint_exchanges_total[15m]))\n> 0.05",
        "15m",
        "warning",
        "wirelint cannot inspect much of {{ $labels.service }}",
        "{{ $value | humanizePercentage }} of the exchanges of {{ $labels.service }} were not inspected, or not in"
        " full, in the last 15 minutes. What is not inspected counts as unknown, not as fine.",
    )
    # Any client can send a head that is too large, so that alone pages no one.
    yield Alert(
        "WirelintDropping",
        f'sum by ({KEPT}, instance, reason) (increase(wirelint_dropped_total{{reason!="head_too_large"}}[15m])) > 0',
        "5m",
        "warning",
        "wirelint at {{ $labels.instance }} leaves out exchanges",
        "{{ $value | humanize }} exchanges were passed on without an audit in the last 15 minutes"
        " ({{ $labels.reason }}).",
    )
    yield Alert(
        "WirelintOverflow",
        f"sum by ({KEPT}, instance, label) (increase(wirelint_label_overflow_total[15m])) > 0",
        "5m",
        "warning",
        "wirelint at {{ $labels.instance }} folds values of {{ $labels.label }}",
        "There are more values of {{ $labels.label }} than the limit allows; {{ $value | humanize }} exchanges or"
        " findings of the last 15 minutes stand under _other.",
    )
    yield Alert(
        "WirelintRuleFailing",
        f"sum by ({KEPT}, instance, rule) (increase(wirelint_rule_errors_total[15m])) > 0",
        "0m",
        "warning",
        "the rule {{ $labels.rule }} fails",
        "{{ $labels.rule }} ended with an exception {{ $value | humanize }} times in the last 15 minutes. Its findings"
        " are missing; the traffic is not touched. This is a bug in the rule.",
    )
    yield Alert(
        "WirelintFailing",
        f"sum by ({KEPT}, instance, place) (increase(wirelint_faults_total[15m])) > 0",
        "0m",
        "warning",
        "wirelint at {{ $labels.instance }} fails in {{ $labels.place }}",
        "{{ $value | humanize }} exchanges of the last 15 minutes met a fault of wirelint's own in {{ $labels.place }};"
        " they were passed on all the same.",
    )
    yield Alert(
        "WirelintConfigRefused",
        "wirelint_config_last_reload_successful == 0",
        "5m",
        "warning",
        "wirelint at {{ $labels.instance }} refuses its configuration",
        "The configuration that {{ $labels.instance }} read last cannot be used, so the one before is still in force.",
    )
    yield Alert(
        "WirelintWorkersDie",
        f"sum by ({KEPT}, instance) (increase(wirelint_worker_restarts_total[15m])) > 2",
        "0m",
        "warning",
        "workers of wirelint at {{ $labels.instance }} die",
        "{{ $value | humanize }} workers of {{ $labels.instance }} died in the last 15 minutes and were replaced. Each"
        " took the connections with it that it had.",
    )


def alerts(of: Sequence[ServiceBudget] = (ServiceBudget(),), *, actual: bool = False) -> dict[str, list[Alert]]:
    """Return all alerts by group.

    :param of: the budgets, together for all services.
    :param actual: also alert on all actual errors, not only on hidden ones.
    """
    return {"wirelint-services": list(_of_services(of, actual=actual)), "wirelint-auditors": list(_of_auditors())}


def text(
    docs: str = "", grafana: str = "", of: Sequence[ServiceBudget] = (ServiceBudget(),), *, actual: bool = False
) -> str:
    """Return the file.

    :param docs: URL below which runbooks are found; empty for paths in the repository.
    :param grafana: URL of Grafana; empty for paths in it.
    :param of: see ``alerts``.
    :param actual: see ``alerts``.
    """
    lines = [_HEAD, "groups:"]
    for name, members in alerts(of, actual=actual).items():
        lines += [f"  - name: {name}", "    interval: 1m", "    rules:"]
        for alert in members:
            notes = {
                "summary": alert.summary,
                "description": alert.description,
                "runbook_url": f"{docs.rstrip('/')}/{alert.runbook}" if docs else alert.runbook,
                "dashboard": grafana.rstrip("/") + alert.dashboard,
            }
            lines += [f"      - alert: {alert.name}", f"        expr: {block(alert.expression, 10)}"]
            lines += [f"        for: {alert.wait}", "        labels:"]
            lines += mapping({"severity": alert.severity, **alert.labels}, 10)
            lines += ["        annotations:", *mapping(notes, 10)]
    return "\n".join(lines) + "\n"
