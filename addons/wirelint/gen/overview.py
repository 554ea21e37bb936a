"""The overview: which service lies most? Needs ``grafana-foundation-sdk``.

All of it reads recorded series, so that its cost depends on the number of services and not on that of processes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from wirelint.gen import panels
from wirelint.gen.frame import FINDING, SERVICE, dashboard
from wirelint.gen.panels import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, YELLOW, instant, query
from wirelint.monitoring.promql import MEANING, matched
from wirelint.monitoring.recording_rules import EXCHANGES, FINDINGS, LAST, errors, quantile, total

STEP: Final = "3m"
"""The least time between two values of a graph: recorded values are of five minutes each."""

QUIET: Final = "no traffic, or the recording rules are not loaded"
UNKNOWN: Final = ((None, GREEN), (0.01, YELLOW), (0.05, RED))
"""Colours of the share of unknown outcomes: an outage can look like this."""

FOUND: Final = matched(FINDINGS, 'side="server",severity=~"$severity"', FINDING)
_GRAVE: Final = matched(FINDINGS, 'side="server",severity=~"$severity",severity!="info"', FINDING)
_LIES: Final = ((None, GREEN), (0.001, YELLOW), (0.01, RED))
_LYING: Final = ("hidden_client", "hidden_server", "masked", "blamed")
_DRILL: Final = (
    "/d/wirelint-service?${datasource:queryparam}&${cluster:queryparam}&${namespace:queryparam}&${job:queryparam}"
    "&${__url_time_range}"
)


def within(series: str) -> str:
    """Return the sum of a recorded increase over the selected time: every fifth value has each exchange once."""
    return f"sum_over_time({series}[$__range:5m])"


def recorded(name: str) -> str:
    """Return a recorded series of the chosen services."""
    return matched(name, filters=SERVICE)


def share(kind: str, by: str = "") -> str:
    """Return the share of exchanges of one kind in the selected time; nothing without traffic."""
    by = f" by ({by})" if by else ""
    return f"sum{by} ({within(recorded(errors(kind)))}) / (sum{by} ({within(recorded(total('5m')))}) > 0)"


def rates(kind: str) -> str:
    """Return the same over time."""
    return f"sum({recorded(errors(kind))}) / (sum({recorded(total('5m'))}) > 0)"


def number(kind: str) -> str:
    """Return how many exchanges of one kind there were in the selected time."""
    return f"sum({within(recorded(errors(kind)))})"


def _pace(kind: str) -> str:
    return f"sum({recorded(errors(kind))}) / 300"


def build() -> Any:
    """Return the dashboard."""
    return dashboard(
        "wirelint-overview",
        "What services report by their status codes, and what happened.",
        ("service", "rule", "severity"),
        [("", [*_numbers(), _services()]), ("Reported and actual", [*_over_time(), _matrix(), _alerts()])],
    )


_ALERTS: Final = (
    'ALERTS{alertname=~"Wirelint.+",alertstate="firing",cluster=~"$cluster|",namespace=~"$namespace|",job=~"$job|",'
    'service=~"$service|",rule=~"$rule|"}'
)
"""Firing alerts; those about wirelint itself have no service, and those about one without wirelint not even a job."""


def _numbers() -> Iterator[Any]:
    yield panels.stat(
        "Exchanges",
        "Requests with their responses, per second, over the selected time.",
        instant(f"sum({within(recorded(total('5m')))}) / $__range_s"),
        unit="reqps",
        empty=QUIET,
        size=(3, 4),
    )
    answered = f"sum({within(recorded(total('5m')))}) - {number('unanswered')}"
    yield panels.stat(
        "Answers that lied",
        "Responses whose status is not what happened (hidden, masked or blamed), and of how many.",
        instant(number("lied"), "A", legend="lied"),
        instant(answered, "B", legend="of"),
        unit="locale",
        empty=QUIET,
        decimals=0,
        size=(4, 4),
    )
    yield panels.stat(
        "Server errors",
        f"How many were reported ({MEANING['reported']}) and how many happened ({MEANING['true']}).",
        instant(number("reported"), "A", legend="reported"),
        instant(number("true"), "B", legend="happened"),
        unit="locale",
        empty=QUIET,
        decimals=0,
        size=(4, 4),
    )
    yield panels.stat(
        "Client errors as success",
        f"Exchanges with {MEANING['hidden_client']}.",
        instant(number("hidden_client")),
        unit="locale",
        empty=QUIET,
        decimals=0,
        steps=((None, GREEN), (1, YELLOW)),
        size=(3, 4),
    )
    yield panels.stat(
        "No response",
        "Exchanges without any response: the service failed, or the client left before one came. They count as"
        " reported, because their clients saw them fail.",
        instant(share("unanswered")),
        unit="percentunit",
        empty=QUIET,
        decimals=2,
        steps=((None, GREEN), (0.001, ORANGE)),
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
        size=(2, 4),
    )
    yield panels.stat(
        "Services with findings",
        "Services at which a chosen rule of severity low or higher fired in the selected time.",
        instant(f"count(count by (service) ({within(_GRAVE)})) or vector(0)"),
        unit="none",
        empty="0",
        steps=((None, GREEN), (1, ORANGE)),
        size=(3, 4),
    )
    yield panels.stat(
        "Firing alerts",
        "Alerts that fire now, about the chosen services and about wirelint itself; 0 as well where the rules are not"
        " loaded.",
        instant(f"count({_ALERTS}) or vector(0)"),
        unit="none",
        empty="0",
        steps=((None, GREEN), (1, RED)),
        size=(2, 4),
    )


def _services() -> Any:
    def codes(matcher: str) -> str:
        some = f"sum by (service) ({within(matched(EXCHANGES, matcher, SERVICE))})"
        return f"{some} / (sum by (service) ({within(recorded(total('5m')))}) > 0)"

    columns = {
        "service": "Service",
        "Value #A": "Exchanges/s",
        "Value #B": "Reported",
        "Value #C": "Actual",
        "Value #D": "Lied",
        "Value #J": "No response",
        "Value #K": "Unknown",
        "Value #E": "4xx",
        "Value #F": "5xx",
        "Value #L": "p50",
        "Value #M": "p99",
        "rule": "Top rule",
        "Trend #H": "Findings/min",
        "Value #I": "Last seen",
    }
    percent = [("unit", "percentunit"), ("decimals", 2), _wide(80)]
    return panels.table(
        "Services",
        "Each service over the selected time, the one that lies most first. p50 and p99 are times that exchanges of the"
        " last five minutes took. A service leads to its own dashboard.",
        [
            instant(f"sum by (service) ({within(recorded(total('5m')))}) / $__range_s", "A", rows=True),
            instant(share("reported", "service"), "B", rows=True),
            instant(share("true", "service"), "C", rows=True),
            instant(share("lied", "service"), "D", rows=True),
            instant(codes('code=~"4.."'), "E", rows=True),
            instant(codes('code=~"5.."'), "F", rows=True),
            instant(f"topk by (service) (1, sum by (service, rule) ({within(FOUND)}))", "G", rows=True),
            query(f"sum by (service) ({FOUND}) / 5", "", "H", step="5m"),
            instant(f"1000 * max by (service) ({matched(LAST, filters=FINDING)})", "I", rows=True),
            instant(share("unanswered", "service"), "J", rows=True),
            instant(share("unknown", "service"), "K", rows=True),
            instant(f"max by (service) ({recorded(quantile('p50'))})", "L", rows=True),
            instant(f"max by (service) ({recorded(quantile('p99'))})", "M", rows=True),
        ],
        unit="short",
        empty="No service has been seen: is wirelint scraped, are the recording rules loaded, and is there traffic?",
        transformations=[
            ("timeSeriesTable", {"H": {"stat": "lastNotNull"}}),
            panels.joined("service"),
            panels.filtered(*columns),
            panels.arranged(columns),
        ],
        columns={
            "Service": [
                panels.links("Open ${__value.text}", f"{_DRILL}&var-service=${{__value.raw}}"),
                ("custom.minWidth", 110),
            ],
            "Exchanges/s": [("unit", "short"), ("decimals", 2), _wide(105)],
            "Reported": percent,
            "Actual": percent,
            "Lied": [
                *percent,
                ("min", 0),
                ("max", 0.1),
                panels.cell("gauge", mode="basic"),
                panels.steps(_LIES),
                ("color", {"mode": "thresholds"}),
                _wide(150),
            ],
            "No response": [*percent, _wide(105)],
            "Unknown": [*percent, panels.cell("color-text"), panels.steps(UNKNOWN)],
            "p50": [("unit", "s"), ("decimals", 2), _wide(80)],
            "p99": [("unit", "s"), ("decimals", 2), _wide(80)],
            "4xx": percent,
            "5xx": percent,
            "Top rule": [_wide(230)],
            "Findings/min": [panels.cell("sparkline"), ("unit", "short"), ("decimals", 1), _wide(150)],
            "Last seen": [("unit", "dateTimeFromNow"), _wide(125)],
        },
        sort="Lied",
    )


def _wide(pixels: int) -> panels.Property:
    return "custom.width", pixels


def _over_time() -> Iterator[Any]:
    yield panels.series(
        "Actual and reported error rate",
        "Where the lines part, status codes lie.",
        [query(rates("true"), "actual", "A", step=STEP), query(rates("reported"), "reported", "B", step=STEP)],
        unit="percentunit",
        empty=QUIET,
        colors={"actual": RED, "reported": BLUE},
    )
    yield panels.series(
        "Lies by kind",
        "Responses per second; " + "; ".join(f"{name}: {MEANING[name]}" for name in _LYING) + ".",
        [query(_pace(name), name, chr(ord("A") + at), step=STEP) for at, name in enumerate(_LYING)],
        unit="reqps",
        empty=QUIET,
        colors={"hidden_client": YELLOW, "hidden_server": RED, "masked": ORANGE, "blamed": PURPLE},
        stacked=True,
    )
    slow = f"max by (service) ({recorded(quantile('p99'))})"
    yield panels.series(
        "Latency",
        "How long exchanges of each five minutes took: the time within which 99 of 100 ended, of the five slowest"
        " services, and the median of the slowest.",
        [
            query(f"topk(5, {slow})", "p99 {{service}}", "A", step=STEP),
            query(f"max({recorded(quantile('p50'))})", "p50", "B", step=STEP),
        ],
        unit="s",
        empty=QUIET,
    )
    yield panels.series(
        "No response and unknown outcomes",
        "Exchanges per second without a response, and those whose outcome is not known.",
        [
            query(_pace("unanswered"), "no response", "A", step=STEP),
            query(_pace("unknown"), "unknown", "B", step=STEP),
        ],
        unit="reqps",
        empty=QUIET,
        colors={"no response": ORANGE, "unknown": GREY},
    )


def _matrix() -> Any:
    traffic = f"sum by (code, verdict) ({within(matched(EXCHANGES, filters=SERVICE))})"
    by_code = f'label_replace({traffic}, "status", "$1", "code", "(.+)")'
    by_class = f'label_replace({by_code}, "status", "${{1}}xx", "code", "([1-5])..")'
    number = [("unit", "locale"), ("decimals", 0), ("custom.minWidth", 90)]
    corner = r"status\verdict"
    verdicts = ("ok", "client_error", "server_error", "unknown")
    return panels.table(
        "Status against verdict",
        "Exchanges of the selected time, by class of status (rows; none is no response) and by what happened"
        " (columns). In an honest system 2xx and 3xx are ok, 4xx client_error and 5xx server_error.",
        [instant(f"sum by (status, verdict) ({by_class}) > 0", rows=True)],
        unit="short",
        empty=QUIET,
        transformations=[
            ("groupingToMatrix", {"columnField": "verdict", "rowField": "status", "valueField": "Value"}),
            ("sortBy", {"sort": [{"field": corner}]}),
            panels.arranged({corner: "Status", **{name: name for name in verdicts}}),
        ],
        columns={
            "Status": [_wide(90)],
            "ok": [*number, panels.cell("color-text"), ("color", {"mode": "fixed", "fixedColor": GREEN})],
            "client_error": [*number, panels.cell("color-text"), ("color", {"mode": "fixed", "fixedColor": ORANGE})],
            "server_error": [*number, panels.cell("color-text"), ("color", {"mode": "fixed", "fixedColor": RED})],
            "unknown": [*number, panels.cell("color-text"), ("color", {"mode": "fixed", "fixedColor": GREY})],
        },
        size=(12, 8),
    )


def _alerts() -> Any:
    columns = {"alertname": "Alert", "severity": "Severity", "service": "Service", "rule": "Rule", "Value": "Firing"}
    return panels.table(
        "Firing alerts",
        "Alerts that fire now, about the chosen services and about wirelint itself.",
        [instant(f"count by (alertname, severity, service, rule) ({_ALERTS})", rows=True)],
        unit="short",
        empty="Nothing fires (or the rules are not loaded)",
        transformations=[panels.filtered(*columns), panels.arranged(columns)],
        columns={
            "Alert": [_wide(250)],
            "Severity": [_wide(90)],
            "Service": [
                panels.links("Open ${__value.text}", f"{_DRILL}&var-service=${{__value.raw}}"),
                ("custom.minWidth", 100),
            ],
            "Rule": [("custom.minWidth", 100)],
            "Firing": [_wide(70)],
        },
        size=(12, 8),
    )
