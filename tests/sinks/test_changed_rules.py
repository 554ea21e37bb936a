"""Counts while the rules change: what was counted stays, and new rules begin at zero."""

from __future__ import annotations

from lab.audits import audit, finding, plan, rule
from lab.prom import value
from wirelint.core.finding import Severity
from wirelint.sinks.metrics.budget import Limits
from wirelint.sinks.metrics.registry import Metrics

OLD, NEW = rule("old"), rule("new", Severity.HIGH)


def metrics(limits: Limits | None = None) -> Metrics:
    made = Metrics([OLD], limits=limits)
    made.accept(audit(finding("old"), plan=plan(OLD)))
    return made


def test_new_rules_are_there_with_all_their_series_at_zero() -> None:
    counted = metrics()
    counted.change_rules([NEW])
    zero = {"service": "shop", "rule": "new", "side": "server", "method": "", "route": ""}
    assert value(counted, "findings_total", **zero) == 0
    assert value(counted, "rule_errors_total", rule="new") == 0
    info = {line for line in counted.render()[1].decode().splitlines() if line.startswith("wirelint_rule_info{")}
    assert len(info) == 1
    assert 'rule="new"' in info.pop()


def test_what_was_counted_of_old_ones_stays() -> None:
    counted = metrics()
    counted.change_rules([NEW])
    labels = {"service": "shop", "rule": "old", "side": "server"}
    assert value(counted, "findings_total", **labels, method="GET", route="/orders/{id}") == 1
    assert value(counted, "opportunities_total", rule="old", service="shop") == 1
    counted.change_rules([OLD, NEW])
    counted.accept(audit(finding("old"), plan=plan(OLD, NEW)))
    assert value(counted, "findings_total", **labels, method="GET", route="/orders/{id}") == 2


def test_changing_back_and_forth_takes_no_room() -> None:
    counted = metrics()
    counted.change_rules([OLD, NEW])
    before = value(counted, "series")
    for _ in range(10):
        counted.change_rules([OLD])
        counted.change_rules([OLD, NEW])
    assert value(counted, "series") == before


def test_a_service_seen_later_has_the_rules_that_run_by_then() -> None:
    counted = metrics()
    counted.change_rules([NEW])
    counted.skip("stock", "sampled")
    zero = {"side": "server", "method": "", "route": ""}
    assert value(counted, "findings_total", service="stock", rule="new", **zero) == 0
    assert value(counted, "skipped_total", service="stock", reason="sampled") == 1


def test_zeros_stop_where_room_does() -> None:
    counted = metrics(Limits(series=200))
    for number in range(40):
        counted.change_rules([rule(f"rule-{step}") for step in range(number * 5, number * 5 + 5)])
    zeros = [labels for labels in counted._counts.snapshot().findings if labels[3] == ""]
    assert len(zeros) < 100


def test_services_left_out_of_the_sample_are_bounded_too() -> None:
    counted = metrics(Limits(services=3))
    for number in range(50):
        counted.skip(f"host-{number}", "sampled")
    assert value(counted, "skipped_total", service="_other", reason="sampled") == 48
