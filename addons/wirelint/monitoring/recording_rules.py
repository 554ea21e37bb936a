"""Recording rules: how many exchanges of each service are errors, and of which kind, over seven windows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from wirelint.monitoring.budgets import ServiceBudget
from wirelint.monitoring.promql import KINDS, LIES, MEANING, OTHERS, matched
from wirelint.monitoring.yaml import block

WINDOWS: Final = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")

KEPT: Final = "cluster, namespace, job"
"""Labels of the scrape that every recorded series keeps, where they exist: alerts are routed and inhibited by them."""

EXCHANGES: Final = "service_code_verdict_protocol:wirelint_exchanges:increase5m"
FINDINGS: Final = "service_rule_side_severity:wirelint_findings:increase5m"
"""Series only while a rule fires, so most rules have none."""
DURATIONS: Final = "service_le:wirelint_exchange_duration_seconds_bucket:increase5m"
STARTS: Final = "job:wirelint_starts:increase1m"
LAST: Final = "service_rule:wirelint_last_finding_timestamp_seconds:max"
"""When a rule last fired at a service, over all proxies: a week of it is few series, however many proxies there are."""

LEFT: Final = "service:wirelint_hidden_server_errors:ratio30d"
"""The share of hidden errors in 30 days, of one value each half hour: all that there are would be 43,200 a service."""

BUDGET: Final = "service:wirelint_hidden_server_errors:budget"
"""The share of exchanges that may be hidden errors. It depends on the objectives, so dashboards read it."""

_HEAD: Final = """\
# Written by make gen. Recording rules for wirelint; load them with rule_files of prometheus.yml.
#
# Everything builds on how far each counter rose in the last five minutes, taken once a minute. So each exchange is in
# five of the values, and in one if every fifth value is taken. Sums over them give shares and counts of any window. A
# counter that is born at 1 counts from nothing, unless Prometheus itself was not looking when it was born.
#
# Kinds of errors:
"""

_NEWBORN: Final = """\
    {metric}
  unless
    {metric} offset 5m
  and on (job, instance)
    (up offset 5m or process_start_time_seconds > time() - 300)"""

# A process counts when it is first seen, also if its pod is new. If Prometheus was away, processes that it finds again
# have started long ago.
_STARTS: Final = f"""\
count by ({KEPT}) (
  process_start_time_seconds > time() - 600
  and on (job, instance)
  wirelint_build_info
  unless
  process_start_time_seconds == process_start_time_seconds offset 1m
)"""


def _rises(metric: str) -> str:
    newborn = _NEWBORN.format(metric=metric)
    return f"(\n  (\n{_deeper(newborn)}\n  )\n  or\n  increase({metric}[5m])\n)"


def _increase(metric: str, by: str) -> str:
    return f"sum by ({KEPT}, {by}) {_rises(metric)}"


def _deeper(text: str) -> str:
    return "\n".join("  " + line for line in text.splitlines())


def total(window: str) -> str:
    """Return the name of the rule for exchanges of a service within the window."""
    return f"service:wirelint_exchanges:increase{window}"


def errors(kind: str) -> str:
    """Return the name of the rule for exchanges with errors of ``kind`` within five minutes."""
    return f"service:wirelint_{_named(kind)}:increase5m"


def ratio(kind: str, window: str) -> str:
    """Return the name of the rule for the share of exchanges with errors of ``kind``."""
    return f"service:wirelint_{_named(kind)}:ratio{window}"


def _named(kind: str) -> str:
    return kind if kind in {"lied", "unknown"} else f"{kind}_errors"


def quantile(name: str) -> str:
    """Return the name of the rule for a quantile of the time that exchanges of a service took within five minutes."""
    return f"service:wirelint_exchange_duration_seconds:{name}"


QUANTILES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def _total(window: str) -> str:
    if window == "5m":
        return f"sum by ({KEPT}, service) ({EXCHANGES})"
    return f"sum_over_time({total('5m')}[{window}]) / 5"


def _errors(kind: str) -> str:
    if kind == "lied":
        return " + ".join(errors(lie) for lie in LIES)
    if kind in OTHERS:
        counted = _increase(OTHERS[kind], "service")
    else:
        counted = f"sum by ({KEPT}, service) ({matched(EXCHANGES, KINDS[kind])})"
    # A service without such errors has no such series: the number must be 0, not missing.
    return f"{counted}\nor\n0 * {total('5m')}"


def _ratio(kind: str, window: str) -> str:
    some, all_ = errors(kind), total("5m")
    if window != "5m":
        some, all_ = f"sum_over_time({some}[{window}])", f"sum_over_time({all_}[{window}])"
    return f"{some} / ({all_} > 0)"


def _findings() -> str:
    severity = f"on ({KEPT}, instance, rule) group_left (severity) wirelint_rule_info"
    rises = _rises("wirelint_findings_total")
    return f"sum by ({KEPT}, service, rule, side, severity) (\n  {_inner(rises)} * {severity}\n) > 0"


def _inner(text: str) -> str:
    return text.replace("\n", "\n  ")


def _budget(of: ServiceBudget) -> str:
    # For as long as there is anything that it is the budget of.
    some = f"{ratio('hidden_server', '3d')}{of.selector} or {LEFT}{of.selector}"
    return f"0 * ({some}) + {round(1 - of.objective, 9):g}"


def rules(of: Sequence[ServiceBudget] = (ServiceBudget(),)) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Return groups, each with the names and expressions of its rules, in order.

    :param of: the budgets, together for all services.
    """
    yield (
        "wirelint-increases",
        [
            (EXCHANGES, _increase("wirelint_exchanges_total", "service, code, verdict, protocol")),
            *((total(window), _total(window)) for window in WINDOWS),
            *((errors(kind), _errors(kind)) for kind in MEANING),
            (FINDINGS, _findings()),
            (LAST, f"max by ({KEPT}, service, rule) (wirelint_last_finding_timestamp_seconds)"),
            (DURATIONS, _increase("wirelint_exchange_duration_seconds_bucket", "service, le")),
            *((quantile(name), f"histogram_quantile({level}, {DURATIONS})") for name, level in QUANTILES.items()),
            (STARTS, _STARTS),
        ],
    )
    # Prometheus evaluates each group at its own times. Values that are subtracted must be from the same time.
    for window in WINDOWS:
        yield f"wirelint-errors-{window}", [(ratio(kind, window), _ratio(kind, window)) for kind in MEANING]
    all_ = total("1d")
    bad = f"{ratio('hidden_server', '1d')} * {all_}"
    yield (
        "wirelint-budget",
        [
            (LEFT, f"sum_over_time(({bad})[30d:30m])\n/\n(sum_over_time({all_}[30d:30m]) > 0)"),
            (BUDGET, "\nor\n".join(_budget(each) for each in of)),
        ],
    )


def text(of: Sequence[ServiceBudget] = (ServiceBudget(),)) -> str:
    """Return the file.

    :param of: see ``rules``.
    """
    lines = [_HEAD + "".join(f"#   {kind}: {MEANING[kind]}\n" for kind in MEANING), "groups:"]
    for name, members in rules(of):
        lines += [f"  - name: {name}", "    interval: 1m", "    rules:"]
        for record, expression in members:
            lines += [f"      - record: {record}", f"        expr: {block(expression, 10)}"]
    return "\n".join(lines) + "\n"
