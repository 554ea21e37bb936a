"""The demo's services behind the proxy, and behind Envoy: each fault is found under its name, the rest left alone."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from lab.proxy import Audited, Finding, Receiver
from support import listening
from wirelint.core.finding import Severity
from wirelint.core.route import route
from wirelint.demo import Demo
from wirelint.demo.clients import ScenarioAnswer, walk
from wirelint.demo.flow import Scenario
from wirelint.demo.scenarios import ABOUT, SCENARIOS, expected_rules

REAL = {"medium", "high"}


class Walked:
    """All scenarios played once through the proxy, and what came of it."""

    def __init__(self, proxy: Audited | Receiver, answers: list[ScenarioAnswer]) -> None:
        self.proxy = proxy
        self.answers = answers
        self.findings = proxy.findings()

    def of(self, scenario: Scenario) -> list[Finding]:
        """Return findings at the scenario's method, route and status."""
        path = next(shape(route(path_of(answer))) for answer in self.answers if answer.scenario is scenario)
        return [
            each
            for each in self.findings
            if (each["service"], each["method"], shape(each["route"]), each["status"])
            == (scenario.service, scenario.method, path, scenario.status)
        ]


def shape(label: str) -> str:
    """Return a route with one name for all placeholders: a position is named by what came there first."""
    return re.sub(r"\{\w+\}", "{}", label)


def path_of(answer: ScenarioAnswer) -> str:
    return answer.scenario.path.partition("?")[0].replace("{n}", "42").replace("{id}", "43")


@pytest.fixture(scope="module", params=["proxy", "envoy"])
def walked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walked]:
    folder = tmp_path_factory.mktemp("demo")
    with Demo() as demo:
        if request.param == "proxy":
            with Audited(demo.services, folder) as proxy:
                yield walk_through(proxy, {name: proxy.url(name) for name in ABOUT})
        else:
            from lab.envoy_process import Envoy  # noqa: PLC0415 - needs the extra

            ports = {name: urlsplit(url).port or 80 for name, url in demo.services.items()}
            with Receiver(folder) as receiver, Envoy(ports, receiver.receiving, folder / "envoy") as envoy:
                yield walk_through(receiver, {name: envoy.url(name) for name in ABOUT})


def walk_through(auditor: Audited | Receiver, urls: Mapping[str, str]) -> Walked:
    answers = walk(urls)
    auditor.settle(len(answers))
    return Walked(auditor, answers)


def test_clients_get_what_services_say(walked: Walked) -> None:
    for answer in walked.answers:
        assert answer.status == answer.scenario.status, answer.scenario.name
        assert answer.complete == answer.scenario.complete, answer.scenario.name
        if answer.scenario.complete and "{id}" not in answer.scenario.answer:
            assert answer.content == answer.expected, answer.scenario.name


@pytest.mark.parametrize("scenario", [s for s in SCENARIOS if s.rule], ids=lambda s: s.name)
def test_faults_are_found(walked: Walked, scenario: Scenario) -> None:
    rules = {each["rule"] for each in walked.of(scenario)}
    assert scenario.rule in rules


def test_nothing_else_is_found(walked: Walked) -> None:
    """Where several scenarios share a route and a status, each may have what the others are there to show."""
    allowed: dict[tuple[str, str, str, int], set[str]] = {}
    for answer in walked.answers:
        shown = answer.scenario
        key = (shown.service, shown.method, shape(route(path_of(answer))), shown.status)
        allowed.setdefault(key, set()).update({*shown.also, *([shown.rule] if shown.rule else [])})
    others = []
    for each in walked.findings:
        key = (each["service"], each["method"], shape(each["route"]), each["status"])
        if each["severity"] in REAL and each["rule"] not in allowed.get(key, set()):
            others.append((*key, each["rule"], each["evidence"]))
    assert others == []


def test_the_tidy_service_is_left_alone(walked: Walked) -> None:
    assert [
        (each["rule"], each["route"], each["evidence"]) for each in walked.findings if each["service"] == "tidy"
    ] == []


def test_findings_are_counted(walked: Walked) -> None:
    shown: Counter[tuple[str, str]] = Counter()
    for each in walked.findings:
        shown[each["service"], each["rule"]] += each["count"]
    counted = walked.proxy.totals("wirelint_findings_total", "service", "rule")
    assert counted == shown
    for service in ABOUT:
        assert expected_rules(service) <= {rule for name, rule in counted if name == service}


def test_exchanges_are_counted_by_what_happened(walked: Walked) -> None:
    outcomes = walked.proxy.outcomes()
    by_status = Counter((answer.scenario.service, str(answer.scenario.status)) for answer in walked.answers)
    counted: Counter[tuple[str, str]] = Counter()
    for (service, code, _), count in outcomes.items():
        counted[service, code] += count
    assert counted == by_status
    # What is right as it is, is what it says.
    for (service, code, verdict), count in outcomes.items():
        if service == "tidy" and count:
            assert verdict == {"4": "client_error", "5": "server_error"}.get(code[0], "ok"), (code, verdict)
    # And some of what goes wrong is not.
    assert outcomes["shop", "200", "client_error"] > 0
    assert outcomes["gateway", "200", "server_error"] > 0
    assert outcomes["admin", "500", "client_error"] > 0
    assert not any(walked.proxy.samples("wirelint_rule_errors_total").values())
    assert not any(walked.proxy.samples("wirelint_dropped_total").values())


def test_the_terminal_tells_each_kind_once(walked: Walked) -> None:
    lines = walked.proxy.output().splitlines()
    for scenario in SCENARIOS:
        if scenario.rule is not None:
            assert any(scenario.rule in line for line in lines), scenario.rule


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_told(tmp_path: Path, number: signal.Signals) -> None:
    with Demo(["shop"]) as demo, Audited(demo.services, tmp_path) as proxy:
        walk({"shop": proxy.url("shop")})
        proxy._popen.send_signal(number)
        assert proxy.wait() == 0
        assert not listening(proxy.ports["shop"])
        assert not listening(proxy.metrics_port)
        said = proxy.output()
        assert "Traceback" not in said
        assert str(Severity.HIGH) in said


def test_envoy_carries_the_demo() -> None:
    from lab.envoy_process import require_envoy  # noqa: PLC0415 - needs the extra

    require_envoy()
    words = ["demo", "--envoy", "--duration", "2", "--metrics-port", "0", "--no-browser"]
    command = [sys.executable, "-m", "wirelint", *words]
    run = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
    assert "through Envoy" in run.stderr
    assert "← access logs of Envoy (gRPC)" in run.stderr
    assert re.search(r"^all +[1-9]", run.stderr, re.MULTILINE)
    assert re.search(r"^[\d:]{8}  (high|medium) ", run.stdout, re.MULTILINE)
