"""What `make oncall` makes of the alerts that it saw, and of the rules that it hurries."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from benchmarks.oncall import FAULTS, Fault, Seen, hurried, independent, judged, table, waits

from tools import require_tool
from wirelint.monitoring import alerting_rules, recording_rules

SHORT, LONG = 32.0, 75.0


def seen(name: str, service: str, fired: float | None = 10.0, severity: str = "warning") -> Seen:
    return Seen(service, f"Wirelint{name}", severity, 5.0, fired)


def right() -> list[Seen]:
    """Return one alert for each fault that needs one."""
    return [Seen(fault.service, min(fault.alerts), "critical", 5.0, 10.0) for fault in FAULTS if fault.alerts]


def wrong(alerts: list[Seen], minutes: float = LONG) -> list[str]:
    return [row.what for row in judged(FAULTS, alerts, minutes) if not row.right]


def test_every_alert_in_its_place_is_right() -> None:
    assert wrong(right()) == []


@pytest.mark.parametrize("missing", [fault for fault in FAULTS if fault.alerts], ids=lambda fault: fault.service)
def test_a_silent_fault_is_wrong(missing: Fault) -> None:
    assert wrong([each for each in right() if each.subject != missing.service]) == [missing.what]


@pytest.mark.parametrize(
    ("stray", "row"),
    [
        (seen("Unanswered", "tidy"), "none: 2 % honest 404"),
        (seen("HiddenErrorBudgetBurn", "login"), "wrong passwords under 200"),
        (seen("HiddenClientErrors", "rpc"), "callers' mistakes in JSON-RPC"),
        (seen("NewFindings", "liar"), "the first minutes of every service"),
        (seen("Slow", "wirelint"), "anything else"),
    ],
)
def test_an_alert_out_of_place_is_wrong(stray: Seen, row: str) -> None:
    assert wrong([*right(), stray]) == [row]
    assert wrong([*right(), stray._replace(fired=None)]) == [], "it was only pending"


def test_pending_is_right_only_for_an_alert_that_waits_for_longer_than_the_run() -> None:
    assert waits()["WirelintHiddenClientErrors"] == 60
    alerts = [each._replace(fired=None) if each.subject == "login" else each for each in right()]
    assert wrong(alerts, SHORT) == []
    assert wrong(alerts, LONG) == ["wrong passwords under 200"]


def test_the_table_says_how_long_it_took() -> None:
    (liar,) = (fault for fault in FAULTS if fault.service == "liar")
    rows = judged([liar], [seen("HiddenErrorBudgetBurn", "liar", 10.0, "critical")], SHORT)
    assert f"| {liar.what} | page: HiddenErrorBudgetBurn after 4 min | yes |" in table(rows)
    assert f"| {liar.what} | silent | **no** |" in table(judged([liar], [], SHORT))


def alert(fingerprint: str, service: str, *by: str) -> dict[str, Any]:
    labels = {"alertname": "WirelintErrorGap", "service": service, "job": "wirelint"}
    return {"fingerprint": fingerprint, "labels": labels, "status": {"inhibitedBy": list(by)}}


def test_a_service_may_silence_itself_alone() -> None:
    assert independent([alert("a", "one"), alert("b", "one", "a"), alert("c", "two")]).right
    crossed = independent([alert("a", "one"), alert("b", "two", "a")])
    assert not crossed.right
    assert crossed.said == "one silences WirelintErrorGap of two"
    assert not independent([]).right, "nothing reached Alertmanager"


def test_hurried_rules_are_shorter_and_valid(tmp_path: Path) -> None:
    for name, text in (("rules.yml", recording_rules.text()), ("alerts.yml", alerting_rules.text())):
        (tmp_path / name).write_text(hurried(text, 15))
        done = subprocess.run(
            [require_tool("promtool"), "check", "rules", tmp_path / name], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert hurried("a[5m] offset 1h > time() - 300", 15) == "a[20000ms] offset 240000ms > time() - 20"
    assert hurried("x[30d:30m]\ninterval: 1m\nfor: 0m", 60) == "x[43200000ms:30000ms]\ninterval: 1000ms\nfor: 0ms"
    assert hurried('a:ratio5m{code=~"[123].."} in the last 1h', 15) == 'a:ratio5m{code=~"[123].."} in the last 1h'
