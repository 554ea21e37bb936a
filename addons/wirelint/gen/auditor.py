"""The dashboard of wirelint itself: completeness and cost of the audit. Needs ``grafana-foundation-sdk``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from wirelint.gen import panels
from wirelint.gen.auditor_process import ABSENT, GOOD, cost, faults
from wirelint.gen.frame import PROCESS, SERVICE, dashboard
from wirelint.gen.panels import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, YELLOW, instant, query

_SERVICE: Final = f'{SERVICE},instance=~"$instance"'
_BAD: Final = ((None, GREEN), (1, RED))


def build() -> Any:
    """Return the dashboard."""
    return dashboard(
        "wirelint-auditor",
        "Whether wirelint inspects all that passes through it, and what it costs.",
        ("instance", "service", "rule"),
        [
            ("", _numbers()),
            ("What is inspected", _inspected()),
            ("What it costs", cost()),
            ("Limits and faults", faults()),
        ],
    )


def _rises(title: str, text: str, metric: str, filters: str = PROCESS) -> Any:
    return panels.stat(
        title,
        text,
        instant(f"sum(increase({metric}{{{filters}}}[$__range]))"),
        unit="short",
        empty=ABSENT,
        decimals=0,
        steps=_BAD,
    )


def _numbers() -> Iterator[Any]:
    yield panels.stat(
        "Proxies",
        "Processes of wirelint that are scraped.",
        instant(f"count(wirelint_build_info{{{PROCESS}}})"),
        unit="none",
        empty=ABSENT,
        steps=((None, RED), (1, GREEN)),
    )
    yield panels.stat(
        "Audited",
        "Exchanges that were audited, of those that were recorded, since wirelint was started.",
        instant(
            f"sum(wirelint_audited_exchanges_total{{{PROCESS}}})"
            f" / (sum(wirelint_captured_exchanges_total{{{PROCESS}}}) > 0)"
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
        f'{PROCESS},rule=~"$rule"',
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
            query(f"sum(rate(wirelint_captured_exchanges_total{{{PROCESS}}}[{rate}]))", "recorded", "A"),
            query(f"sum(rate(wirelint_audited_exchanges_total{{{PROCESS}}}[{rate}]))", "audited", "B"),
        ],
        unit="reqps",
        empty=ABSENT,
        colors={"recorded": GREY, "audited": GREEN},
        size=(8, 7),
    )
    yield panels.series(
        "Not inspected, by reason",
        "Exchanges per second of which the content was not inspected, or not in full. They count as unknown.",
        [query(f"sum by (reason) (rate(wirelint_skipped_total{{{_SERVICE}}}[{rate}]))", "{{reason}}")],
        unit="reqps",
        empty=GOOD,
        stacked=True,
        size=(8, 7),
    )
    accepted = f'wirelint_suppressed_findings_total{{{_SERVICE},rule=~"$rule"}}'
    yield panels.series(
        "Accepted findings, by rule",
        "Findings per minute that are not shown because the settings accept them.",
        [query(f"60 * sum by (rule) (rate({accepted}[{rate}])) > 0", "{{rule}}")],
        unit="short",
        empty="No finding was accepted",
        stacked=True,
        size=(8, 7),
    )
    yield panels.series(
        "Dropped, by reason",
        "Exchanges per second that were not audited at all.",
        [query(f"sum by (reason) (rate(wirelint_dropped_total{{{PROCESS}}}[{rate}])) > 0", "{{reason}}")],
        unit="reqps",
        empty=GOOD,
        stacked=True,
        colors={
            "queue_full": RED,
            "in_flight_full": ORANGE,
            "head_too_large": BLUE,
            "overload": PURPLE,
            "lost": YELLOW,
            "stopped": GREY,
        },
        size=(8, 7),
    )
    yield panels.series(
        "Streamed bodies and requests that hang",
        "Bodies passed on piece by piece, and requests without the head of a response in time, per second.",
        [
            query(f"sum(rate(wirelint_streamed_bodies_total{{{PROCESS}}}[{rate}]))", "streamed", "A"),
            query(f"sum(rate(wirelint_hung_requests_total{{{PROCESS}}}[{rate}]))", "hung", "B"),
        ],
        unit="ops",
        empty=ABSENT,
        colors={"streamed": BLUE, "hung": RED},
        size=(8, 7),
    )
    yield panels.series(
        "In flight and waiting",
        "Exchanges going on now, and those recorded that wait for their audit.",
        [
            query(f"sum by (instance) (wirelint_in_flight_exchanges{{{PROCESS}}})", "in flight {{instance}}", "A"),
            query(f"sum by (instance) (wirelint_queue_depth{{{PROCESS}}})", "waiting {{instance}}", "B"),
        ],
        unit="none",
        empty=ABSENT,
        size=(8, 7),
    )
