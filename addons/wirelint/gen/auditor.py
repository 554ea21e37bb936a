"""The dashboard of wirelint itself: does it see all, and what does it cost? Needs ``grafana-foundation-sdk``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from wirelint.gen import panels
from wirelint.gen.frame import JOB, SERVICE, dashboard
from wirelint.gen.panels import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, YELLOW, instant, query

_ABSENT: Final = "wirelint is not scraped"
_GOOD: Final = "None: good"
_BAD: Final = ((None, GREEN), (1, RED))


def build() -> Any:
    """The dashboard."""
    return dashboard(
        "wirelint-auditor",
        "Whether wirelint inspects all that passes through it, and what it costs.",
        ("job", "service", "rule"),
        [
            ("", _numbers()),
            ("What is inspected", _inspected()),
            ("What it costs", _cost()),
            ("Limits and faults", _faults()),
        ],
    )


def _rises(title: str, text: str, metric: str, filters: str = JOB) -> Any:
    return panels.stat(
        title,
        text,
        instant(f"sum(increase({metric}{{{filters}}}[$__range]))"),
        unit="short",
        empty=_ABSENT,
        decimals=0,
        steps=_BAD,
    )


def _numbers() -> Iterator[Any]:
    yield panels.stat(
        "Proxies",
        "Processes of wirelint that are scraped.",
        instant(f"count(wirelint_build_info{{{JOB}}})"),
        unit="none",
        empty=_ABSENT,
        steps=((None, RED), (1, GREEN)),
    )
    yield panels.stat(
        "Audited",
        "Exchanges that were audited, of those that were recorded, since wirelint was started.",
        instant(
            f"sum(wirelint_audited_exchanges_total{{{JOB}}}) / (sum(wirelint_captured_exchanges_total{{{JOB}}}) > 0)"
        ),
        unit="percentunit",
        empty="no traffic",
        decimals=2,
        steps=((None, RED), (0.95, YELLOW), (0.999, GREEN)),
    )
    yield _rises("Dropped", "Exchanges passed on without an audit in the selected time.", "wirelint_dropped_total")
    yield _rises(
        "Folded labels",
        "Values of labels that found no room in the selected time and stand under _other.",
        "wirelint_label_overflow_total",
    )
    yield _rises(
        "Rule errors",
        "Exceptions in rules in the selected time. The traffic is never touched by them.",
        "wirelint_rule_errors_total",
        f'{JOB},rule=~"$rule"',
    )
    yield _rises(
        "Other faults", "Faults of wirelint's own outside rules, in the selected time.", "wirelint_faults_total"
    )


def _inspected() -> Iterator[Any]:
    rate = "$__rate_interval"
    yield panels.series(
        "Exchanges recorded and audited",
        "Per second. Audits follow behind; where they stay behind for long, the queue grows.",
        [
            query(f"sum(rate(wirelint_captured_exchanges_total{{{JOB}}}[{rate}]))", "recorded", "A"),
            query(f"sum(rate(wirelint_audited_exchanges_total{{{JOB}}}[{rate}]))", "audited", "B"),
        ],
        unit="reqps",
        empty=_ABSENT,
        colors={"recorded": GREY, "audited": GREEN},
        size=(8, 7),
    )
    yield panels.series(
        "Not inspected, by reason",
        "Exchanges per second of which the content was not inspected, or not in full. They count as unknown.",
        [query(f"sum by (reason) (rate(wirelint_skipped_total{{{SERVICE}}}[{rate}]))", "{{reason}}")],
        unit="reqps",
        empty=_GOOD,
        stacked=True,
        size=(8, 7),
    )
    yield panels.series(
        "Accepted findings, by rule",
        "Findings per minute that are not shown because the settings accept them.",
        [
            query(
                f'60 * sum by (rule) (rate(wirelint_suppressed_findings_total{{{SERVICE},rule=~"$rule"}}[{rate}])) > 0',
                "{{rule}}",
            )
        ],
        unit="short",
        empty="No finding was accepted",
        stacked=True,
        size=(8, 7),
    )
    yield panels.series(
        "Dropped, by reason",
        "Exchanges per second that were not audited at all.",
        [query(f"sum by (reason) (rate(wirelint_dropped_total{{{JOB}}}[{rate}])) > 0", "{{reason}}")],
        unit="reqps",
        empty=_GOOD,
        stacked=True,
        colors={"queue_full": RED, "in_flight_full": ORANGE, "overload": PURPLE, "lost": YELLOW, "stopped": GREY},
        size=(8, 7),
    )
    yield panels.series(
        "Streamed bodies and requests that hang",
        "Bodies passed on piece by piece, and requests without the head of a response in time, per second.",
        [
            query(f"sum(rate(wirelint_streamed_bodies_total{{{JOB}}}[{rate}]))", "streamed", "A"),
            query(f"sum(rate(wirelint_hung_requests_total{{{JOB}}}[{rate}]))", "hung", "B"),
        ],
        unit="ops",
        empty=_ABSENT,
        colors={"streamed": BLUE, "hung": RED},
        size=(8, 7),
    )
    yield panels.series(
        "In flight and waiting",
        "Exchanges going on now, and those recorded that wait for their audit.",
        [
            query(f"sum by (instance) (wirelint_in_flight_exchanges{{{JOB}}})", "in flight {{instance}}", "A"),
            query(f"sum by (instance) (wirelint_queue_depth{{{JOB}}})", "waiting {{instance}}", "B"),
        ],
        unit="none",
        empty=_ABSENT,
        size=(8, 7),
    )


def _cost() -> Iterator[Any]:
    rate = "$__rate_interval"
    audits = f"sum by (le) (rate(wirelint_audit_duration_seconds_bucket{{{JOB}}}[{rate}]))"
    yield panels.series(
        "Audit time",
        "Time that an audit takes on the event loop: median and 99th percentile.",
        [
            query(f"histogram_quantile(0.5, {audits})", "p50", "A"),
            query(f"histogram_quantile(0.99, {audits})", "p99", "B"),
        ],
        unit="s",
        empty="no traffic",
        colors={"p50": GREEN, "p99": ORANGE},
    )
    yield panels.series(
        "Event loop lag",
        "By how much the event loop was late; the peak is the most ever. All traffic waits for as long.",
        [
            query(f"max by (instance) (wirelint_event_loop_lag_seconds{{{JOB}}})", "{{instance}}", "A"),
            query(f"max by (instance) (wirelint_event_loop_lag_peak_seconds{{{JOB}}})", "peak {{instance}}", "B"),
        ],
        unit="s",
        empty=_ABSENT,
    )
    yield panels.series(
        "Memory",
        "Resident memory of the process, and what is held of bodies.",
        [
            query(f"sum by (instance) (process_resident_memory_bytes{{{JOB}}})", "resident {{instance}}", "A"),
            query(f"sum by (instance) (wirelint_held_body_bytes{{{JOB}}})", "bodies {{instance}}", "B"),
        ],
        unit="bytes",
        empty=_ABSENT,
        size=(8, 7),
    )
    yield panels.series(
        "Processor time",
        "Cores in use. One is all that a process of Python can use for traffic.",
        [query(f"sum by (instance) (rate(process_cpu_seconds_total{{{JOB}}}[{rate}]))", "{{instance}}")],
        unit="none",
        empty=_ABSENT,
        size=(8, 7),
    )
    yield panels.series(
        "Scrape time",
        "How long Prometheus waited for the metrics.",
        [query(f"max by (instance) (scrape_duration_seconds{{{JOB}}})", "{{instance}}")],
        unit="s",
        empty=_ABSENT,
        size=(8, 7),
    )


def _faults() -> Iterator[Any]:
    rate = "$__rate_interval"
    yield panels.series(
        "Time series in use",
        "Of those that the limit allows, 10,000 by default. Near it labels are folded to _other.",
        [query(f"sum by (instance) (wirelint_series{{{JOB}}})", "{{instance}}")],
        unit="short",
        empty=_ABSENT,
        size=(8, 7),
    )
    yield panels.series(
        "Folded labels",
        "Values that found no room, per second, by label.",
        [query(f"sum by (label) (rate(wirelint_label_overflow_total{{{JOB}}}[{rate}])) > 0", "{{label}}")],
        unit="ops",
        empty=_GOOD,
        stacked=True,
        size=(8, 7),
    )
    yield panels.series(
        "Errors of rules, and faults elsewhere",
        "Exceptions of wirelint's own per second, by rule and by place.",
        [
            query(
                f'sum by (rule) (rate(wirelint_rule_errors_total{{{JOB},rule=~"$rule"}}[{rate}])) > 0', "{{rule}}", "A"
            ),
            query(f"sum by (place) (rate(wirelint_faults_total{{{JOB}}}[{rate}])) > 0", "{{place}}", "B"),
        ],
        unit="ops",
        empty=_GOOD,
        stacked=True,
        size=(8, 7),
    )
    yield panels.series(
        "Remembered",
        "What is kept of earlier exchanges for rules that look at several of them, by memory. Each has its limit.",
        [query(f"sum by (memory) (wirelint_remembered{{{JOB}}}) > 0", "{{memory}}")],
        unit="short",
        empty="Nothing is remembered",
        size=(8, 7),
    )
    yield panels.timeline(
        "Audits given up",
        "A bar wherever exchanges passed without an audit because the event loop was late again and again.",
        query(f"max by (instance) (wirelint_overloaded{{{JOB}}}) > 0", "{{instance}}"),
        unit="none",
        empty="Never: good",
        value="overloaded",
        size=(8, 7),
    )
    yield panels.series(
        "Log of findings",
        "Lines that were written to it per second, and those that were not, by reason.",
        [
            query(f"sum(rate(wirelint_log_lines_total{{{JOB}}}[{rate}]))", "written", "A"),
            query(f"sum by (reason) (rate(wirelint_log_lost_total{{{JOB}}}[{rate}])) > 0", "lost, {{reason}}", "B"),
        ],
        unit="ops",
        empty="No log is written",
        colors={"written": GREEN},
        size=(8, 7),
    )
    columns = {
        "instance": "Instance",
        "version": "wirelint",
        "mitmproxy": "mitmproxy",
        "python": "Python",
        "Value #B": "Configuration",
        "Value #C": "In force",
    }
    reload = "wirelint_config_last_reload"
    words = {"1": ("accepted", GREEN), "0": ("refused", RED)}
    options = {
        key: {"text": text, "color": color, "index": at} for at, (key, (text, color)) in enumerate(words.items())
    }
    yield panels.table(
        "Versions and configuration",
        "What runs where; whether the configuration was accepted when it was last read, and since when the one that is"
        " in force has been.",
        [
            instant(f"wirelint_build_info{{{JOB}}}", "A", rows=True),
            instant(f"max by (instance) ({reload}_successful{{{JOB}}})", "B", rows=True),
            instant(f"1000 * max by (instance) ({reload}_success_timestamp_seconds{{{JOB}}})", "C", rows=True),
        ],
        unit="none",
        empty=_ABSENT,
        transformations=[panels.joined("instance"), panels.filtered(*columns), panels.arranged(columns)],
        columns={
            "Configuration": [("mappings", [{"type": "value", "options": options}]), panels.cell("color-text")],
            "In force": [("unit", "dateTimeFromNow")],
        },
        size=(24, 5),
    )
