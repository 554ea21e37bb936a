"""Common parts of the dashboards: variables, links, annotations, settings. Needs ``grafana-foundation-sdk``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as models

from wirelint.gen.panels import BLUE, PURPLE, SOURCE
from wirelint.monitoring.recording_rules import STARTS

UIDS: Final = {
    "wirelint-overview": "Wirelint: which service lies most",
    "wirelint-service": "Wirelint: service",
    "wirelint-auditor": "Wirelint: auditor",
}
"""Titles of the dashboards by UID; both are stable."""

PAGE: Final = "http://localhost:9464"
"""The default of the variable ``page``: the address of wirelint's page."""

JOB: Final = 'cluster=~"$cluster",namespace=~"$namespace",job=~"$job"'
PROCESS: Final = f'{JOB},instance=~"$instance"'
SERVICE: Final = f'{JOB},service=~"$service"'
FINDING: Final = f'{SERVICE},rule=~"$rule"'

SCOPE: Final = ("cluster", "namespace", "job")
"""The variables that all dashboards have, each narrowed by those before it."""

_OURS: Final = "wirelint_build_info"
_VARIABLES: Final = {
    "cluster": ("Cluster", f"label_values({_OURS}, cluster)"),
    "namespace": ("Namespace", f'label_values({_OURS}{{cluster=~"$cluster"}}, namespace)'),
    "job": ("Job", f'label_values({_OURS}{{cluster=~"$cluster",namespace=~"$namespace"}}, job)'),
    "instance": ("Instance", f"label_values({_OURS}{{{JOB}}}, instance)"),
    "service": ("Service", f"label_values(wirelint_exchanges_total{{{JOB}}}, service)"),
    "rule": ("Rule", f"label_values(wirelint_rule_info{{{JOB}}}, rule)"),
    "severity": ("Severity", f"label_values(wirelint_rule_info{{{JOB}}}, severity)"),
}
_ALL: Final = {"cluster": ".*", "namespace": ".*"}
"""The matchers of All. Many installations have neither of these labels.

``job`` has none: Grafana lists the jobs of wirelint, because a pattern would match every scraped process.
"""
_GRAVE: Final = (
    "on (cluster, namespace, job, instance, rule) group_left (severity)"
    f' wirelint_rule_info{{{JOB},severity=~"$severity"}}'
)
_EVERYTHING: Final = models.VariableOption(selected=True, text="All", value="$__all")


def grave(findings: str) -> str:
    """Return findings with the severity of their rule as a label, those of the chosen severities alone.

    :param findings: an expression with a series for each job, instance and rule, or more.
    """
    return f"({findings}) * {_GRAVE}"


def dashboard(uid: str, text: str, variables: Iterable[str], parts: Iterable[tuple[str, Iterable[Any]]]) -> Any:
    """Return a dashboard.

    :param text: its description.
    :param variables: the variables of its queries, in addition to ``datasource`` and those of ``SCOPE``.
    :param parts: headings, each with its panels in reading order; the first one may be empty.
    """
    made = (
        build.Dashboard(UIDS[uid])
        .uid(uid)
        .description(text)
        .tags(["wirelint"])
        .readonly()
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .refresh("30s")
        .time("now-1h", "now")
        .timezone("browser")
        .with_variable(build.DatasourceVariable("datasource").label("Data source").type("prometheus"))
    )
    for name in (*SCOPE, *variables):
        made = made.with_variable(_page() if name == "page" else _variable(name))
    for title, panels in parts:
        if title:
            made = made.with_row(build.Row(title))
        for panel in panels:
            made = made.with_panel(panel)
    for other, name in UIDS.items():
        if other != uid:
            made = made.link(_to(other, name))
    whole = made.annotation(_deployments()).annotation(_starts()).build()
    for each in whole.links or []:
        vars(each)["placement"] = None  # by default, the SDK puts links into a menu
    for number, panel in enumerate(whole.panels or [], start=1):
        panel.id_val = number
    return whole


def _variable(name: str) -> build.QueryVariable:
    label, query = _VARIABLES[name]
    made = (
        build.QueryVariable(name)
        .label(label)
        .datasource(SOURCE)
        .query(query)
        .definition(query)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .current(_EVERYTHING)
    )
    return made if name == "job" else made.all_value(_ALL.get(name, ".+"))


def _page() -> build.TextBoxVariable:
    chosen = models.VariableOption(selected=True, text=PAGE, value=PAGE)
    text = "Where the page of wirelint is that links to examples lead to"
    return build.TextBoxVariable("page").label("Page").description(text).default_value(PAGE).current(chosen)


def _to(uid: str, title: str) -> build.DashboardLink:
    made = build.DashboardLink(title).type(models.DashboardLinkType.LINK).url(f"/d/{uid}").icon("dashboard")
    return made.include_vars(True).keep_time(True)


def _deployments() -> build.AnnotationQuery:
    grafana = common.DataSourceRef(type_val="grafana", uid="-- Grafana --")
    target: Any = build.AnnotationTarget().limit(100).match_any(False).tags(["deploy"]).type("tags")
    made = build.AnnotationQuery().name("Deployments").datasource(grafana).enable(True).icon_color(PURPLE)
    return made.target(target).type("tags")


def _starts() -> build.AnnotationQuery:
    made = build.AnnotationQuery().name("Starts of wirelint").datasource(SOURCE).enable(True).icon_color(BLUE)
    expression = f"sum by (namespace, job) (sum_over_time({STARTS}{{{JOB}}}[$__interval])) > 0"
    return made.expr(expression).title_format("wirelint started").text_format("{{namespace}} {{job}}").step("1m")
