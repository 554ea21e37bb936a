"""The dashboard of a service: what is wrong with it, since when, and where. Needs ``grafana-foundation-sdk``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from wirelint.gen import panels
from wirelint.gen.frame import FINDING, JOB, SERVICE, dashboard, grave
from wirelint.gen.overview import FOUND, QUIET, STEP, UNKNOWN, rates, recorded, share
from wirelint.gen.panels import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, YELLOW, instant, query
from wirelint.monitoring.alerting_rules import lies
from wirelint.monitoring.budgets import OBJECTIVE, percent
from wirelint.monitoring.promql import ABANDONED, CALLS, MEANING, counted, matched
from wirelint.monitoring.recording_rules import BUDGET, DURATIONS, EXCHANGES, LEFT, QUANTILES, WINDOWS, quantile
from wirelint.rules import catalogue

_QUIET: Final = "no traffic"
_LIES: Final = ((None, GREEN), (0.001, YELLOW), (0.01, RED))
_STEPS: Final = {
    "reported": ((None, BLUE),),
    "true": ((None, BLUE),),
    "unanswered": ((None, GREEN), (0.001, ORANGE)),
}
_TILES: Final = {
    "reported": "Reported errors",
    "true": "Actual errors",
    "hidden_client": "Client errors as success",
    "hidden_server": "Server errors as success",
    "masked": "Masked errors",
    "blamed": "Blamed errors",
    "unanswered": "No response",
}
_CODES: Final = {
    "4": {"400": YELLOW, "401": PURPLE, "403": BLUE, "404": ORANGE, "422": GREY, "429": RED},
    "5": {"500": RED, "502": PURPLE, "503": ORANGE, "504": BLUE},
}
_FINDINGS: Final = matched("wirelint_findings_total", 'side="server"', FINDING)
_EXAMPLES: Final = "${page}/findings?service=${__data.fields.Service}&rule=${__data.fields.Rule}"


def build() -> Any:
    """Return the dashboard."""
    return dashboard(
        "wirelint-service",
        "What is wrong with the status codes of a service, since when, and on which routes.",
        ("service", "rule", "severity", "page"),
        [
            ("", _numbers()),
            ("Findings", _findings()),
            ("Client errors, 4xx", _codes("4", "masked", "server_error")),
            ("Server errors, 5xx", _codes("5", "blamed", "client_error")),
            ("Protocols and clients", _protocols()),
            ("Durations and upstream", _upstream()),
            ("OpenAPI document", _document()),
            ("Error budget", _budget()),
        ],
    )


def _numbers() -> Iterator[Any]:
    for name, title in _TILES.items():
        yield panels.stat(
            title,
            f"Share of exchanges in the selected time: {MEANING[name]}.",
            instant(share(name)),
            unit="percentunit",
            empty=QUIET,
            decimals=2,
            steps=_STEPS.get(name, _LIES),
            size=(3, 4),
        )
    yield panels.stat(
        "Unknown",
        f"Share of exchanges whose outcome is {MEANING['unknown']}. An outage can look like this.",
        instant(share("unknown")),
        unit="percentunit",
        empty=QUIET,
        decimals=2,
        steps=UNKNOWN,
        size=(3, 4),
    )
    yield panels.series(
        "Actual and reported error rate",
        "Where the lines part, status codes lie.",
        [query(rates("true"), "actual", "A", step=STEP), query(rates("reported"), "reported", "B", step=STEP)],
        unit="percentunit",
        empty=QUIET,
        colors={"actual": RED, "reported": BLUE},
    )
    yield panels.series(
        "Exchanges by verdict",
        "What happened to them, whatever their status.",
        [query(f"sum by (verdict) ({recorded(EXCHANGES)}) / 300", "{{verdict}}", step=STEP)],
        unit="reqps",
        empty=QUIET,
        colors={"ok": GREEN, "client_error": ORANGE, "server_error": RED, "unknown": GREY},
        stacked=True,
    )


def _findings() -> Iterator[Any]:
    yield panels.series(
        "Findings by rule",
        "How often each rule fired, per minute. The dots are exemplars: each leads to its finding on wirelint's page.",
        [
            query(
                f"60 * sum by (rule) ({grave(f'rate({_FINDINGS}[$__rate_interval])')}) > 0",
                "{{rule}}",
                exemplars=True,
            )
        ],
        unit="short",
        empty="No finding in this time",
        stacked=True,
        aside=True,
        size=(12, 10),
    )
    yield panels.timeline(
        "When rules fired",
        "A bar while a rule fired within the last five minutes.",
        query(f"clamp_max(ceil(sum by (service, rule) ({FOUND})), 1)", "{{service}} {{rule}}", step="1m"),
        unit="none",
        empty="No finding in this time",
        value="fired",
        size=(12, 10),
    )
    columns = {
        "service": "Service",
        "rule": "Rule",
        "severity": "Severity",
        "method": "Method",
        "route": "Route",
        "Value #A": "Findings",
        "Value #B": "First seen",
        "Value #C": "Last seen",
    }
    found = grave(counted(_FINDINGS, JOB))
    moment = f'{{{SERVICE},rule=~"$rule"}}'
    keys = "service, rule, severity, method, route"
    routes = f"sum by ({keys}) ({grave(f'{_FINDINGS} > 0')})"

    def of_rule(name: str, way: str) -> str:
        return f"0 * {routes} + on (service, rule) group_left () 1000 * {way} by (service, rule) ({name}{moment})"

    yield panels.table(
        "Rules and routes",
        "What was found where in the selected time. First and last seen are the rule's at that service, since wirelint"
        " was started. A rule leads to the examples on wirelint's page.",
        [
            instant(f"sum by ({keys}) ({found}) > 0", "A", rows=True),
            instant(of_rule("wirelint_first_finding_timestamp_seconds", "min"), "B", rows=True),
            instant(of_rule("wirelint_last_finding_timestamp_seconds", "max"), "C", rows=True),
        ],
        unit="short",
        empty="No finding in this time",
        transformations=[("merge", {}), panels.filtered(*columns), panels.arranged(columns)],
        columns={
            "Rule": [panels.links("Open examples", _EXAMPLES, new=True), ("custom.width", 260)],
            "Severity": [_severities(), panels.cell("color-text"), ("custom.width", 90)],
            "Method": [("custom.width", 90)],
            "Findings": [("unit", "locale"), ("decimals", 0), ("custom.width", 100)],
            "First seen": [("unit", "dateTimeAsIso")],
            "Last seen": [("unit", "dateTimeFromNow")],
        },
        sort="Findings",
    )


def _severities() -> panels.Property:
    colors = {"high": RED, "medium": ORANGE, "low": YELLOW, "info": BLUE}
    options = {name: {"text": name, "color": color, "index": at} for at, (name, color) in enumerate(colors.items())}
    return "mappings", [{"type": "value", "options": options}]


def _codes(first: str, lie: str, verdict: str) -> Iterator[Any]:
    codes = f'{SERVICE},code=~"{first}.."'
    yield panels.series(
        f"{first}xx by code",
        f"Responses with {first}xx per second.",
        [query(f"sum by (code) ({EXCHANGES}{{{codes}}}) / 300 > 0", "{{code}}", step=STEP)],
        unit="reqps",
        empty=f"No {first}xx in this time",
        stacked=True,
        colors=_CODES[first],
    )
    yield panels.series(
        f"{first}xx that are {lie}",
        f"Responses with {first}xx that hide {MEANING[lie].partition(' under')[0]}, per second and by code.",
        [query(f'sum by (code) ({EXCHANGES}{{{codes},verdict="{verdict}"}}) / 300 > 0', "{{code}}", step=STEP)],
        unit="reqps",
        empty="None: good",
        stacked=True,
        colors=_CODES[first],
    )


def _protocols() -> Iterator[Any]:
    failed = 'outcome!~"ok|unknown"'

    def share_of(some: str, everything: str, by: str) -> str:
        everything = f"sum by ({by}) ({everything})"
        return f"(sum by ({by}) ({some}) or 0 * {everything}) / ({everything} > 0)"

    def rate(matchers: str = "") -> str:
        return f"rate({matched(CALLS, matchers, SERVICE)}[$__rate_interval])"

    def calls(matchers: str = "") -> str:
        return counted(matched(CALLS, matchers, SERVICE), JOB)

    yield panels.series(
        "Error rate of GraphQL, RPC and other calls",
        "Calls that failed, by the protocol's own error or by the status. Monitoring by status code misses these.",
        [query(share_of(rate(failed), rate(), "service, protocol"), "{{service}} {{protocol}}")],
        unit="percentunit",
        empty="No such protocol in this time",
        size=(8, 8),
    )
    columns = {
        "service": "Service",
        "protocol": "Protocol",
        "operation": "Operation",
        "Value #A": "Calls",
        "Value #B": "Failed",
    }
    keys = "service, protocol, operation"
    yield panels.table(
        "Calls by operation",
        "Calls of the selected time and the share that failed, by the operation that they name. Names that never"
        " succeeded stand together under _other.",
        [
            instant(f"sum by ({keys}) ({calls()}) > 0", "A", rows=True),
            instant(share_of(calls(failed), calls(), keys), "B", rows=True),
        ],
        unit="short",
        empty="No such protocol in this time",
        transformations=[("merge", {}), panels.filtered(*columns), panels.arranged(columns)],
        columns={
            "Calls": [("unit", "locale"), ("decimals", 0)],
            "Failed": [("unit", "percentunit"), ("decimals", 1)],
        },
        sort="Failed",
        size=(8, 8),
    )
    clients = matched("wirelint_findings_total", 'side="client"', FINDING)
    yield panels.series(
        "Findings about clients",
        "What clients of the service do wrong, per minute. It is not among the findings of the service.",
        [
            query(
                f"60 * sum by (service, rule) ({grave(f'rate({clients}[$__rate_interval])')}) > 0",
                "{{service}} {{rule}}",
            )
        ],
        unit="short",
        empty="None: good",
        stacked=True,
        size=(8, 8),
    )


def _document() -> Iterator[Any]:
    rules = "|".join(rule.id for rule in catalogue() if rule.contract is not None)
    findings = matched("wirelint_findings_total", f'rule=~"{rules}"', SERVICE)
    empty = "No document: see --openapi"
    yield panels.series(
        "Differences from the OpenAPI document",
        "Findings of the family contract, per minute.",
        [query(f"60 * sum by (rule) (rate({findings}[$__rate_interval])) > 0", "{{rule}}")],
        unit="short",
        empty="None, or no document",
        stacked=True,
        aside=True,
        size=(12, 8),
    )
    yield panels.series(
        "Coverage of the OpenAPI document",
        "Share of the documented answers (operation and status) that was seen since wirelint started.",
        [query(f"max by (service) (wirelint_contract_coverage_ratio{{{SERVICE}}})", "{{service}}")],
        unit="percentunit",
        empty=empty,
        size=(6, 8),
    )
    yield panels.series(
        "Clients of deprecated operations",
        "Clients that called an operation that the document calls deprecated, since wirelint started; at most 1,000.",
        [query(f"sum by (service) (wirelint_contract_deprecated_clients{{{SERVICE}}})", "{{service}}")],
        unit="short",
        empty=empty,
        size=(6, 8),
    )


def _upstream() -> Iterator[Any]:
    durations = f"wirelint_exchange_duration_seconds_bucket{{{SERVICE}}}"
    yield panels.heatmap(
        "Durations",
        "How long exchanges took, from the first byte of the request to the end of the response.",
        query(f"sum by (le) ({recorded(DURATIONS)})", "{{le}}", step="5m"),
        unit="s",
        empty=QUIET,
        size=(8, 8),
    )
    yield panels.series(
        "Duration, p50 to p99",
        "The time within which half, 19 of 20 and 99 of 100 exchanges of each five minutes ended, of the slowest of the"
        " chosen services.",
        [
            query(f"max({recorded(quantile(name))})", name, chr(ord("A") + at), step=STEP)
            for at, name in enumerate(QUANTILES)
        ],
        unit="s",
        empty=QUIET,
        colors={"p50": GREEN, "p95": YELLOW, "p99": ORANGE},
        size=(8, 8),
    )
    classes = f"sum by (le, code_class) (rate({durations}[$__rate_interval]))"
    yield panels.series(
        "Duration by class of status, p95",
        "The time within which 19 of 20 exchanges ended.",
        [query(f"histogram_quantile(0.95, {classes})", "{{code_class}}")],
        unit="s",
        empty=_QUIET,
        colors={"2xx": GREEN, "3xx": BLUE, "4xx": ORANGE, "5xx": RED, "none": GREY},
        size=(8, 8),
    )
    failures = matched("wirelint_upstream_failures_total", filters=SERVICE)
    yield panels.series(
        "Upstream failures by kind",
        "Exchanges that failed between proxy and service, per second: no response, or one that broke off.",
        [query(f"sum by (kind) (rate({failures}[$__rate_interval]))", "{{kind}}")],
        unit="reqps",
        empty="None: good",
        stacked=True,
        colors={"connect": RED, "timeout": ORANGE, "reset": PURPLE, "tls": BLUE, "protocol": YELLOW},
        size=(8, 7),
    )
    abandoned = f"sum by (service) (rate({matched(ABANDONED, filters=SERVICE)}[$__rate_interval]))"
    waited = f"sum by (le, service) (rate(wirelint_abandoned_wait_seconds_bucket{{{SERVICE}}}[$__rate_interval]))"
    yield panels.series(
        "Abandoned exchanges",
        "Exchanges per second whose clients left before a response came.",
        [query(abandoned, "{{service}}")],
        unit="reqps",
        empty="None: good",
        stacked=True,
        size=(8, 7),
    )
    yield panels.series(
        "Time until clients left, median",
        "How long half of the clients waited at most that left before a response came.",
        [query(f"histogram_quantile(0.5, {waited})", "{{service}}")],
        unit="s",
        empty="None: good",
        size=(8, 7),
    )


def _budget() -> Iterator[Any]:
    usual = f"{percent(1 - OBJECTIVE)} if the rules were exported without another objective"
    chosen = f"{{{SERVICE}}}"
    allowed = f"{BUDGET}{chosen}"

    yield panels.stat(
        "Budget left, 3 days",
        "What is left of the share of exchanges that may be answered as if there were no error, over the last three"
        f" days; of the worst of the chosen services. The share is {usual}.",
        instant(f"clamp_min(1 - max({lies('3d', chosen)} / {allowed}), 0)"),
        unit="percentunit",
        empty=QUIET,
        decimals=0,
        steps=((None, RED), (0.01, ORANGE), (0.5, GREEN)),
        size=(6, 8),
    )
    yield panels.series(
        "Burn rate of hidden errors",
        "How fast the budget is used up; at 1 it is gone after exactly its period. Alerts fire from 14.4"
        " (1h and 5m), 6 (6h and 30m), 3 (1d and 2h) and 1 (3d and 6h); of the worst of the chosen services.",
        [
            query(f"max({lies(window, chosen)} / {allowed})", window, chr(ord("A") + at))
            for at, window in enumerate(WINDOWS)
        ],
        unit="short",
        empty=QUIET,
        colors=dict(zip(WINDOWS, (GREY, GREEN, RED, YELLOW, ORANGE, PURPLE, BLUE), strict=True)),
        size=(18, 8),
    )
    yield panels.series(
        "Budget left, 30 days",
        "What is left of the budget of 30 days. It falls as the budget is used up, and rises as old errors leave the"
        " 30 days.",
        [query(f"clamp_min(1 - {LEFT}{chosen} / {allowed}, 0)", "{{service}}")],
        unit="percentunit",
        empty=QUIET,
        size=(24, 7),
    )
