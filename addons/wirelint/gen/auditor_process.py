"""Rows of the auditor's dashboard about its process: what it costs, its limits and faults, and what runs where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from wirelint.gen import panels
from wirelint.gen.frame import PROCESS
from wirelint.gen.panels import GREEN, ORANGE, RED, instant, query

ABSENT: Final = "wirelint is not scraped"
GOOD: Final = "None: good"

_OURS: Final = f"on (job, instance) group_left () max by (job, instance) (wirelint_build_info{{{PROCESS}}})"
"""Leaves out other processes that the same job scrapes."""


def cost() -> Iterator[Any]:
    """Yield panels for time, memory and processes."""
    rate = "$__rate_interval"
    audits = f"sum by (le) (rate(wirelint_audit_duration_seconds_bucket{{{PROCESS}}}[{rate}]))"
    delays = f"sum by (instance, le) (rate(wirelint_event_loop_delay_seconds_bucket{{{PROCESS}}}[{rate}]))"
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
        size=(8, 7),
    )
    yield panels.series(
        "Event loop lag",
        "By how much the event loop was late: 99th percentile, and the most ever. All traffic waits for as long.",
        [
            query(f"histogram_quantile(0.99, {delays})", "p99 {{instance}}", "A"),
            query(f"max by (instance) (wirelint_event_loop_lag_peak_seconds{{{PROCESS}}})", "peak {{instance}}", "B"),
        ],
        unit="s",
        empty=ABSENT,
        size=(8, 7),
    )
    yield panels.series(
        "Workers",
        "Processes that carry the traffic, where --workers asks for several, and how many a minute took the place of"
        " dead ones. Each that dies takes its connections with it.",
        [
            query(f"sum by (instance) (wirelint_workers{{{PROCESS}}})", "{{instance}}", "A"),
            query(
                f"60 * sum by (instance) (rate(wirelint_worker_restarts_total{{{PROCESS}}}[{rate}])) > 0",
                "replaced {{instance}}",
                "B",
            ),
        ],
        unit="none",
        empty="One process does all",
        size=(8, 7),
    )
    yield panels.series(
        "Memory",
        "Resident memory of the process, and what is held of bodies.",
        [
            query(
                f"sum by (instance) (process_resident_memory_bytes{{{PROCESS}}} * {_OURS})",
                "resident {{instance}}",
                "A",
            ),
            query(f"sum by (instance) (wirelint_held_body_bytes{{{PROCESS}}})", "bodies {{instance}}", "B"),
        ],
        unit="bytes",
        empty=ABSENT,
        size=(8, 7),
    )
    yield panels.series(
        "Processor time",
        "Cores in use. One is all that a process of Python can use for traffic.",
        [query(f"sum by (instance) (rate(process_cpu_seconds_total{{{PROCESS}}}[{rate}]) * {_OURS})", "{{instance}}")],
        unit="none",
        empty=ABSENT,
        size=(8, 7),
    )
    yield panels.series(
        "Scrape time",
        "How long Prometheus waited for the metrics.",
        [query(f"max by (instance) (scrape_duration_seconds{{{PROCESS}}} * {_OURS})", "{{instance}}")],
        unit="s",
        empty=ABSENT,
        size=(8, 7),
    )


def faults() -> Iterator[Any]:
    """Yield panels for limits, faults, and the running versions."""
    rate = "$__rate_interval"
    yield panels.series(
        "Time series in use",
        "Of those that the limit allows, 10,000 by default. Near it labels are folded to _other.",
        [query(f"sum by (instance) (wirelint_series{{{PROCESS}}})", "{{instance}}")],
        unit="short",
        empty=ABSENT,
        size=(8, 7),
    )
    yield panels.series(
        "Folded labels",
        "Values that found no room, per second, by label.",
        [query(f"sum by (label) (rate(wirelint_label_overflow_total{{{PROCESS}}}[{rate}])) > 0", "{{label}}")],
        unit="ops",
        empty=GOOD,
        stacked=True,
        size=(8, 7),
    )
    yield panels.series(
        "Errors of rules, and faults elsewhere",
        "Exceptions of wirelint's own per second, by rule and by place.",
        [
            query(
                f'sum by (rule) (rate(wirelint_rule_errors_total{{{PROCESS},rule=~"$rule"}}[{rate}])) > 0',
                "{{rule}}",
                "A",
            ),
            query(f"sum by (place) (rate(wirelint_faults_total{{{PROCESS}}}[{rate}])) > 0", "{{place}}", "B"),
        ],
        unit="ops",
        empty=GOOD,
        stacked=True,
        size=(8, 7),
    )
    yield panels.series(
        "Remembered",
        "What is kept of earlier exchanges for rules that look at several of them, by memory. Each has its limit.",
        [query(f"sum by (memory) (wirelint_remembered{{{PROCESS}}}) > 0", "{{memory}}")],
        unit="short",
        empty="Nothing is remembered",
        size=(8, 7),
    )
    yield panels.timeline(
        "Audits given up",
        "A bar wherever exchanges passed without an audit because the event loop was late again and again.",
        query(f"max by (instance) (wirelint_overloaded{{{PROCESS}}}) > 0", "{{instance}}"),
        unit="none",
        empty="Never: good",
        value="overloaded",
        size=(8, 7),
    )
    yield panels.series(
        "Log of findings",
        "Lines that were written to it per second, and those that were not, by reason.",
        [
            query(f"sum(rate(wirelint_log_lines_total{{{PROCESS}}}[{rate}]))", "written", "A"),
            query(f"sum by (reason) (rate(wirelint_log_lost_total{{{PROCESS}}}[{rate}])) > 0", "lost, {{reason}}", "B"),
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
            instant(f"wirelint_build_info{{{PROCESS}}}", "A", rows=True),
            instant(f"max by (instance) ({reload}_successful{{{PROCESS}}})", "B", rows=True),
            instant(f"1000 * max by (instance) ({reload}_success_timestamp_seconds{{{PROCESS}}})", "C", rows=True),
        ],
        unit="none",
        empty=ABSENT,
        transformations=[panels.joined("instance"), panels.filtered(*columns), panels.arranged(columns)],
        columns={
            "Configuration": [("mappings", [{"type": "value", "options": options}]), panels.cell("color-text")],
            "In force": [("unit", "dateTimeFromNow")],
        },
        size=(24, 5),
    )
