"""``wirelint export alerts``: what Prometheus' own tool reads, with the objectives that were asked for."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.cli import Shell
from lab.prom import DASHBOARDS
from tools import require_tool
from wirelint.monitoring.recording_rules import BUDGET

SERIES = (
    'wirelint_exchanges_total{{job="w",instance="a",service="{}",direction="inbound",method="GET",code="{}",'
    'verdict="{}",protocol="http"}}'
)


def promtool(*words: str | Path) -> str:
    done = subprocess.run(
        [require_tool("promtool"), *map(str, words)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def series(service: str, code: str, verdict: str, rate: int) -> dict[str, str]:
    return {"series": SERIES.format(service, code, verdict), "values": f"0+{rate}x110"}


def test_without_options_it_writes_what_is_in_the_repository(wirelint: Shell, tmp_path: Path) -> None:
    assert wirelint("export", "alerts", str(tmp_path))[0] == 0
    for name in ("prometheus/rules.yml", "prometheus/alerts.yml", "alertmanager.yml"):
        assert (tmp_path / Path(name).name).read_text() == (DASHBOARDS / name).read_text()


def test_services_have_budgets_of_their_own(wirelint: Shell, tmp_path: Path) -> None:
    code, _, said = wirelint(
        *("export", "alerts", str(tmp_path), "--actual", "--objective", "99", "--objective-of", "shop=99.5"),
        *("--docs", "https://docs.example/wirelint", "--grafana", "https://grafana.example/"),
    )
    assert code == 0, said
    promtool("check", "rules", "--lint=all", "--lint-fatal", tmp_path / "rules.yml", tmp_path / "alerts.yml")
    groups = yaml.safe_load((tmp_path / "alerts.yml").read_text())["groups"]
    notes = [rule["annotations"] for group in groups for rule in group["rules"]]
    assert all(each["runbook_url"].startswith("https://docs.example/wirelint/dashboards/README.md#") for each in notes)
    assert all(each["dashboard"].startswith("https://grafana.example/d/wirelint-") for each in notes)
    headings = set(re.findall(r"^### (\w+)$", (DASHBOARDS / "README.md").read_text(), re.MULTILINE))
    assert {rule["alert"] for group in groups for rule in group["rules"]} <= headings

    def fired(alert: str, *which: dict[str, str]) -> dict[str, Any]:
        # Only the labels are compared: annotations are those of the other tests.
        return {
            "expr": f'count by (service, long, objective) (ALERTS{{alertname="{alert}",alertstate="firing"}})',
            "eval_time": "100m",
            "exp_samples": [
                {"labels": "{" + ",".join(f'{name}="{value}"' for name, value in each.items()) + "}", "value": 1}
                for each in which
            ],
        }

    case = {
        "interval": "1m",
        "input_series": [
            *(series("shop", "200", verdict, rate) for verdict, rate in (("ok", 98), ("server_error", 2))),
            *(series("cart", "200", verdict, rate) for verdict, rate in (("ok", 98), ("server_error", 2))),
            *(
                series("pay", code, verdict, rate)
                for code, verdict, rate in (("200", "ok", 92), ("503", "server_error", 8))
            ),
        ],
        "promql_expr_test": [
            fired("WirelintHiddenErrorBudgetBurn"),
            fired("WirelintHiddenErrorBudgetSlowBurn", {"service": "shop", "long": "1d", "objective": "99.5%"}),
            fired("WirelintErrorBudgetBurn", {"service": "pay", "long": "6h"}),
            {
                "expr": f"round(1000 * max by (service) ({BUDGET}))",
                "eval_time": "100m",
                "exp_samples": [
                    {"labels": f'{{service="{service}"}}', "value": share}
                    for service, share in (("shop", 5), ("cart", 10), ("pay", 10))
                ],
            },
        ],
    }
    order = [
        group["name"]
        for name in ("rules", "alerts")
        for group in yaml.safe_load((tmp_path / f"{name}.yml").read_text())["groups"]
    ]
    (tmp_path / "test.yml").write_text(
        yaml.safe_dump(
            {
                "rule_files": ["rules.yml", "alerts.yml"],
                "evaluation_interval": "1m",
                "group_eval_order": order,
                "tests": [case],
            }
        )
    )
    promtool("test", "rules", tmp_path / "test.yml")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--objective-of", "shop"), "'shop' is not SERVICE=PERCENT"),
        (("--objective-of", "shop=high"), "'high' is not a number"),
        (("--objective-of", "shop=50"), "50 is not between 95 and 99.999"),
        (("--objective", "100"), "100 is not between 95 and 99.999"),
    ],
)
def test_what_is_no_objective(wirelint: Shell, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    code, _, error = wirelint("export", "alerts", str(tmp_path), *words)
    assert code == 2
    assert said in error


def test_queries_of_the_examples_for_sloth_and_pyrra(tmp_path: Path) -> None:
    sloth = yaml.safe_load((DASHBOARDS / "slo/sloth.yml").read_text())
    events = sloth["slos"][0]["sli"]["events"]
    pyrra = yaml.safe_load((DASHBOARDS / "slo/pyrra.yml").read_text())["spec"]
    ratio = pyrra["indicator"]["ratio"]
    queries = [query.replace("{{.window}}", "5m") for query in events.values()]
    queries += [
        f"sum by ({', '.join(ratio['grouping'])}) (increase({ratio[part]['metric']}[{pyrra['window']}]))"
        for part in ("errors", "total")
    ]
    rules = [{"record": f"job:query{number}:sum", "expr": query} for number, query in enumerate(queries)]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "examples", "rules": rules}]}))
    promtool("check", "rules", tmp_path / "rules.yml")
    hidden = 'protocol="http",code=~"[123]..",verdict="server_error"'
    assert hidden in events["error_query"]
    assert hidden in ratio["errors"]["metric"]
