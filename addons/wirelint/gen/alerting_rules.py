"""Alerting rules: a service that lies, and an auditor that does not do its work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil
from types import MappingProxyType
from typing import Final, NamedTuple

from wirelint.gen.recording_rules import LAST, ratio, total
from wirelint.gen.yaml import block, mapping

OBJECTIVE: Final = 0.999
"""The target share of exchanges without a hidden error."""

GAP: Final = 0.01
"""How much of its exchanges a service may fail in without a 5xx."""

OUTAGE: Final = 0.05
"""The share of exchanges without a response at which a service counts as down."""

_RULES: Final = "docs/rules.md#{{ $labels.rule }}"
_SERVICE: Final = "/d/wirelint-service?var-service={{ $labels.service }}"
_HEAD: Final = "# Written by make gen. Alerts for wirelint; they need rules.yml beside them.\n"


class Burn(NamedTuple):
    """A burn rate of the budget: ``rate`` times the pace that uses it up exactly in its period."""

    long: str
    short: str
    rate: float
    wait: str
    severity: str

    @property
    def threshold(self) -> float:
        """Return the share of hidden errors at which the budget burns too fast."""
        return round(self.rate * (1 - OBJECTIVE), 9)

    @property
    def traffic(self) -> int:
        """Return the minimum exchanges in the long window: with these, one error is at most half of the threshold."""
        return ceil(2 / self.threshold)


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
    dashboard: str = "/d/wirelint-auditor"
    runbook: str = ""
    labels: Mapping[str, str] = MappingProxyType({})

    @property
    def runbook_url(self) -> str:
        """Return the path of the runbook in the repository; by default, the section with the alert's name."""
        return self.runbook or f"dashboards/README.md#{self.name.lower()}"


def lies(window: str, selector: str = "") -> str:
    """Return the share of exchanges that were answered as if there were no error.

    :param selector: matchers in braces.
    """
    return f"{ratio('hidden', window)}{selector}"


def _burn(burn: Burn) -> Alert:
    most = f"> {burn.threshold:g}"
    return Alert(
        "WirelintHiddenErrorBudgetBurn",
        f"{lies(burn.long)} {most}\nand\n{lies(burn.short)} {most}\nand\n{total(burn.long)} >= {burn.traffic}",
        burn.wait,
        burn.severity,
        "{{ $labels.service }} answers errors with success",
        f"{{{{ $value | humanizePercentage }}}} of the exchanges of {{{{ $labels.service }}}} in the last {burn.long}"
        f" were errors answered with neither 4xx nor 5xx, where {1 - OBJECTIVE:.1%} is allowed. Monitoring by status"
        " code sees none of them.",
        _SERVICE,
        labels={"long": burn.long, "short": burn.short},
    )


def _of_services() -> Iterator[Alert]:
    yield from map(_burn, BURNS)
    yield Alert(
        "WirelintErrorGap",
        f"{ratio('hidden_server', '1h')} + {ratio('masked', '1h')} - {ratio('blamed', '1h')} > {GAP:g}\n"
        f"and\n{total('1h')} >= {ceil(2 / GAP)}",
        "15m",
        "warning",
        "{{ $labels.service }} fails more often than it reports",
        "Over the last hour {{ $labels.service }} failed in {{ $value | humanizePercentage }} of all exchanges without"
        " saying so by a 5xx, less those in which a 5xx blamed it for a client's error.",
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
        "WirelintNewFinding",
        "max by (job, service, rule) (\n"
        "  wirelint_first_finding_timestamp_seconds > time() - 3600\n"
        "  and on (job, instance, service, rule)\n"
        '  wirelint_findings_total{side="server"} > 0\n'
        "  and on (job, instance, rule)\n"
        '  wirelint_rule_info{severity=~"medium|high"}\n'
        ")\nunless on (job, service, rule)\n"
        f"max_over_time({LAST}[7d] offset 1h)",
        "0m",
        "warning",
        "{{ $labels.rule }} is new at {{ $labels.service }}",
        "wirelint found {{ $labels.rule }} at {{ $labels.service }} for the first time in a week, since"
        " {{ $value | humanizeTimestamp }}. Was something deployed?",
        f"{_SERVICE}&var-rule={{{{ $labels.rule }}}}",
        _RULES,
    )


def _of_auditors() -> Iterator[Alert]:
    yield Alert(
        "WirelintDown",
        "up == 0\nand on (job, instance)\nmax_over_time(wirelint_build_info[1d])",
        "5m",
        "critical",
        "wirelint at {{ $labels.instance }} cannot be scraped",
        "Prometheus has not reached {{ $labels.instance }} for five minutes. A reverse proxy that is down passes no"
        " traffic on.",
    )
    yield Alert(
        "WirelintAbsent",
        "absent(wirelint_build_info)",
        "10m",
        "warning",
        "no wirelint is scraped",
        "There are no metrics of wirelint at all. Is it a target of this Prometheus?",
    )
    yield Alert(
        "WirelintSkipping",
        'sum by (job, service) (increase(wirelint_skipped_total{service!="",reason!="sampled"}[15m]))\n/\n'
        "sum by (job, service) (increase(wirelint_exchanges_total[15m]))\n> 0.05",
        "15m",
        "warning",
        "wirelint cannot inspect much of {{ $labels.service }}",
        "{{ $value | humanizePercentage }} of the exchanges of {{ $labels.service }} were not inspected, or not in"
        " full, in the last 15 minutes. What is not inspected counts as unknown, not as fine.",
    )
    # Any client can send a head that is too large, so that alone pages no one.
    yield Alert(
        "WirelintDropping",
        'sum by (job, instance, reason) (increase(wirelint_dropped_total{reason!="head_too_large"}[15m])) > 0',
        "5m",
        "warning",
        "wirelint at {{ $labels.instance }} leaves out exchanges",
        "{{ $value | humanize }} exchanges were passed on without an audit in the last 15 minutes"
        " ({{ $labels.reason }}).",
    )
    yield Alert(
        "WirelintOverflow",
        "sum by (job, instance, label) (increase(wirelint_label_overflow_total[15m])) > 0",
        "5m",
        "warning",
        "wirelint at {{ $labels.instance }} folds values of {{ $labels.label }}",
        "There are more values of {{ $labels.label }} than the limit allows; {{ $value | humanize }} exchanges or"
        " findings of the last 15 minutes stand under _other.",
    )
    yield Alert(
        "WirelintRuleFailing",
        "sum by (job, instance, rule) (increase(wirelint_rule_errors_total[15m])) > 0",
        "0m",
        "warning",
        "the rule {{ $labels.rule }} fails",
        "{{ $labels.rule }} ended with an exception {{ $value | humanize }} times in the last 15 minutes. Its findings"
        " are missing; the traffic is not touched. This is a bug in the rule.",
    )
    yield Alert(
        "WirelintFailing",
        "sum by (job, instance, place) (increase(wirelint_faults_total[15m])) > 0",
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
        "sum by (job, instance) (increase(wirelint_worker_restarts_total[15m])) > 2",
        "0m",
        "warning",
        "workers of wirelint at {{ $labels.instance }} die",
        "{{ $value | humanize }} workers of {{ $labels.instance }} died in the last 15 minutes and were replaced. Each"
        " took the connections with it that it had.",
    )


def alerts() -> dict[str, list[Alert]]:
    """Return all alerts by group."""
    return {"wirelint-services": list(_of_services()), "wirelint-auditors": list(_of_auditors())}


def text() -> str:
    """Return the file."""
    lines = [_HEAD, "groups:"]
    for name, members in alerts().items():
        lines += [f"  - name: {name}", "    interval: 1m", "    rules:"]
        for alert in members:
            notes = {
                "summary": alert.summary,
                "description": alert.description,
                "runbook_url": alert.runbook_url,
                "dashboard": alert.dashboard,
            }
            lines += [f"      - alert: {alert.name}", f"        expr: {block(alert.expression, 10)}"]
            lines += [f"        for: {alert.wait}", "        labels:"]
            lines += mapping({"severity": alert.severity, **alert.labels}, 10)
            lines += ["        annotations:", *mapping(notes, 10)]
    return "\n".join(lines) + "\n"
