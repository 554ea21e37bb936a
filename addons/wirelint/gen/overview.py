"""The overview: which service lies most? Needs ``grafana-foundation-sdk``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from wirelint.gen import panels
from wirelint.gen.frame import FINDING, SERVICE, dashboard, grave
from wirelint.gen.panels import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, YELLOW, instant, query
from wirelint.gen.promql import MEANING, counted, kind, matched

EXCHANGES: Final = "wirelint_exchanges_total"
_QUIET: Final = "no traffic"
_LIES: Final = ((None, GREEN), (0.001, YELLOW), (0.01, RED))
_LYING: Final = ("hidden_client", "hidden_server", "masked", "blamed")
_RANGE: Final = "$__range"
_FINDINGS: Final = matched("wirelint_findings_total", 'side="server"', FINDING)
_FOUND: Final = grave(counted(_FINDINGS, _RANGE))
_DRILL: Final = "/d/wirelint-service?${datasource:queryparam}&${job:queryparam}&${__url_time_range}"


def share(name: str, by: str = "", window: str = _RANGE, filters: str = SERVICE) -> str:
    """Return the share of exchanges with errors of one kind; 0 if there are none, nothing without traffic."""
    by = f" by ({by})" if by else ""
    everything = f"sum{by} ({counted(matched(EXCHANGES, filters=filters), window)})"
    errors = f"sum{by} ({kind(name, EXCHANGES, filters, window)})"
    return f"({errors} or 0 * {everything}) / ({everything} > 0)"


def rates(name: str, by: str = "", filters: str = SERVICE) -> str:
    """Return the same over time."""
    return share(name, by, "$__rate_interval", filters)


def number(*names: str) -> str:
    """Return how many exchanges of some kinds there were; 0 if none."""
    return " + ".join(f"(sum({kind(name, EXCHANGES, SERVICE, _RANGE)}) or vector(0))" for name in names)


def lied(by: str = "") -> str:
    """Return the share of exchanges whose status is not true."""
    return " + ".join(f"({share(name, by)})" for name in ("hidden", "masked", "blamed"))


def build() -> Any:
    """Return the dashboard."""
    return dashboard(
        "wirelint-overview",
        "What services report by their status codes, and what happened.",
        ("job", "service", "rule", "severity"),
        [("", [*_numbers(), _services()]), ("Reported and actual", [*_over_time(), _matrix(), _alerts()])],
    )


def _numbers() -> Iterator[Any]:
    yield panels.stat(
        "Exchanges",
        "Requests with their responses, per second, over the selected time.",
        instant(f"sum(rate({EXCHANGES}{{{SERVICE}}}[{_RANGE}]))"),
        unit="reqps",
        empty=_QUIET,
        size=(3, 4),
    )
    answered = f"sum({counted(matched(EXCHANGES, 'code!="none"', SERVICE), _RANGE)})"
    yield panels.stat(
        "Answers that lied",
        "Responses whose status is not what happened (hidden, masked or blamed), and of how many.",
        instant(number("hidden", "masked", "blamed"), "A", legend="lied"),
        instant(answered, "B", legend="of"),
        unit="locale",
        empty=_QUIET,
        decimals=0,
        size=(5, 4),
    )
    yield panels.stat(
        "Server errors",
        f"How many were reported ({MEANING['reported']}) and how many happened ({MEANING['true']}).",
        instant(number("reported"), "A", legend="reported"),
        instant(number("true"), "B", legend="happened"),
        unit="locale",
        empty=_QUIET,
        decimals=0,
        size=(5, 4),
    )
    yield panels.stat(
        "Client errors as success",
        f"Exchanges with {MEANING['hidden_client']}.",
        instant(number("hidden_client")),
        unit="locale",
        empty=_QUIET,
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
        empty=_QUIET,
        decimals=2,
        steps=((None, GREEN), (0.001, ORANGE)),
        size=(3, 4),
    )
    yield panels.stat(
        "Services with findings",
        "Services at which a chosen rule fired in the selected time.",
        instant(f"count(sum by (service) ({_FOUND}) > 0) or vector(0)"),
        unit="none",
        empty="0",
        steps=((None, GREEN), (1, ORANGE)),
        size=(3, 4),
    )
    yield panels.stat(
        "Firing alerts",
        "Alerts of wirelint's rules that fire now; 0 as well where the rules are not loaded.",
        instant('count(ALERTS{alertname=~"Wirelint.+",alertstate="firing"}) or vector(0)'),
        unit="none",
        empty="0",
        steps=((None, GREEN), (1, RED)),
        size=(2, 4),
    )


def _services() -> Any:
    traffic = counted(matched(EXCHANGES, filters=SERVICE), _RANGE)

    def codes(matcher: str) -> str:
        some = counted(matched(EXCHANGES, matcher, SERVICE), _RANGE)
        return f"(sum by (service) ({some}) or 0 * sum by (service) ({traffic})) / (sum by (service) ({traffic}) > 0)"

    columns = {
        "service": "Service",
        "Value #A": "Exchanges/s",
        "Value #B": "Reported",
        "Value #C": "Actual",
        "Value #D": "Lied",
        "Value #J": "No response",
        "Value #E": "4xx",
        "Value #F": "5xx",
        "rule": "Top rule",
        "Trend #H": "Findings/min",
        "Value #I": "Last seen",
    }
    percent = [("unit", "percentunit"), ("decimals", 2), _wide(80)]
    return panels.table(
        "Services",
        "Each service over the selected time, the one that lies most first. A service leads to its own dashboard.",
        [
            instant(f"sum by (service) (rate({EXCHANGES}{{{SERVICE}}}[{_RANGE}]))", "A", rows=True),
            instant(share("reported", "service"), "B", rows=True),
            instant(share("true", "service"), "C", rows=True),
            instant(lied("service"), "D", rows=True),
            instant(codes('code=~"4.."'), "E", rows=True),
            instant(codes('code=~"5.."'), "F", rows=True),
            instant(f"topk by (service) (1, sum by (service, rule) ({_FOUND}) > 0)", "G", rows=True),
            query(f"60 * sum by (service) ({grave(f'rate({_FINDINGS}[$__rate_interval])')})", "", "H"),
            instant(
                f'1000 * max by (service) (wirelint_last_finding_timestamp_seconds{{{SERVICE},rule=~"$rule"}})',
                "I",
                rows=True,
            ),
            instant(share("unanswered", "service"), "J", rows=True),
        ],
        unit="short",
        empty="No service has been seen: is wirelint scraped, and does traffic pass through it?",
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
        [query(rates("true"), "actual", "A"), query(rates("reported"), "reported", "B")],
        unit="percentunit",
        empty=_QUIET,
        colors={"actual": RED, "reported": BLUE},
    )
    yield panels.series(
        "Lies by kind",
        "; ".join(f"{name}: {MEANING[name]}" for name in _LYING) + ".",
        [query(rates(name), name, chr(ord("A") + at)) for at, name in enumerate(_LYING)],
        unit="percentunit",
        empty=_QUIET,
        colors={"hidden_client": YELLOW, "hidden_server": RED, "masked": ORANGE, "blamed": PURPLE},
        stacked=True,
    )


def _matrix() -> Any:
    traffic = counted(matched(EXCHANGES, filters=SERVICE), _RANGE)
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
        empty=_QUIET,
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
        "What wirelint's alerting rules say now.",
        [
            instant(
                'count by (alertname, severity, service, rule) (ALERTS{alertname=~"Wirelint.+",alertstate="firing"})',
                rows=True,
            )
        ],
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
