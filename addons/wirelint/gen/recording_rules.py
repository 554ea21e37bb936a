"""Recording rules: what share of each service's exchanges is an error, and a lie, over seven windows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from wirelint.gen.promql import KINDS, MEANING, OTHERS, matched
from wirelint.gen.yaml import block

WINDOWS: Final = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")

EXCHANGES: Final = "service_code_verdict_protocol:wirelint_exchanges:increase5m"
FINDINGS: Final = "service_rule_side:wirelint_findings:increase5m"
_OTHERS: Final = {
    "protocol": "service:wirelint_protocol_errors:increase5m",
    "abandoned": "service:wirelint_abandoned:increase5m",
}
LAST: Final = "service_rule:wirelint_last_finding_timestamp_seconds:max"
"""When a rule last fired at a service, over all proxies: a week of it is few series, however many proxies there are."""

_HEAD: Final = """\
# Written by make gen. Recording rules for wirelint; load them with rule_files of prometheus.yml.
#
# Everything builds on how far each counter rose in the last five minutes, taken once a minute. So each exchange is in
# five of the values, and sums over them give shares and counts of any window. A counter that is born at 1 counts from
# nothing, unless Prometheus itself was not looking when it was born.
#
# Kinds of errors:
"""

_NEWBORN: Final = """\
    {metric}
  unless
    {metric} offset 5m
  and on (job, instance)
    (up offset 5m or process_start_time_seconds > time() - 300)"""


def _increase(metric: str, by: str) -> str:
    newborn = _NEWBORN.format(metric=metric)
    return f"sum by (job, {by}) (\n  (\n{_deeper(newborn)}\n  )\n  or\n  increase({metric}[5m])\n)"


def _deeper(text: str) -> str:
    return "\n".join("  " + line for line in text.splitlines())


def total(window: str) -> str:
    """Return the name of the rule for exchanges of a service within the window."""
    return f"service:wirelint_exchanges:increase{window}"


def ratio(kind: str, window: str) -> str:
    """Return the name of the rule for the share of exchanges with errors of ``kind``."""
    return f"service:wirelint_{kind}_errors:ratio{window}"


def _total(window: str) -> str:
    if window == "5m":
        return f"sum by (job, service) ({EXCHANGES})"
    return f"sum_over_time({total('5m')}[{window}]) / 5"


def _ratio(kind: str, window: str) -> str:
    errors = _OTHERS[kind] if kind in OTHERS else matched(EXCHANGES, KINDS[kind])
    if window == "5m":
        everything = EXCHANGES
    else:
        errors = f"sum_over_time({errors}[{window}])"
        everything = f"sum_over_time({EXCHANGES}[{window}])"
    # A service without such errors has none of the series: the ratio must be 0, not missing.
    return (
        f"(\n  sum by (job, service) ({errors})\n  or\n  0 * sum by (job, service) ({everything})\n)\n"
        f"/\n(sum by (job, service) ({everything}) > 0)"
    )


def rules() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Return groups, each with the names and expressions of its rules, in order."""
    yield (
        "wirelint-increases",
        [
            (EXCHANGES, _increase("wirelint_exchanges_total", "service, code, verdict, protocol")),
            *((_OTHERS[kind], _increase(selector, "service")) for kind, selector in OTHERS.items()),
            (FINDINGS, _increase("wirelint_findings_total", "service, rule, side")),
            (LAST, "max by (job, service, rule) (wirelint_last_finding_timestamp_seconds)"),
            *((total(window), _total(window)) for window in WINDOWS),
        ],
    )
    # Prometheus evaluates each group at its own times. Values that are subtracted must be from the same time.
    for window in WINDOWS:
        yield f"wirelint-errors-{window}", [(ratio(kind, window), _ratio(kind, window)) for kind in MEANING]


def text() -> str:
    """Return the file."""
    lines = [_HEAD + "".join(f"#   {kind}: {MEANING[kind]}\n" for kind in MEANING), "groups:"]
    for name, members in rules():
        lines += [f"  - name: {name}", "    interval: 1m", "    rules:"]
        for record, expression in members:
            lines += [f"      - record: {record}", f"        expr: {block(expression, 10)}"]
    return "\n".join(lines) + "\n"
