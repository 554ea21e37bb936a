"""Common parts of the dashboards: variables, links, annotations, settings. Needs ``grafana-foundation-sdk``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as models

from wirelint.gen.panels import BLUE, PURPLE, SOURCE

UIDS: Final = {
    "wirelint-overview": "Wirelint: which service lies most",
    "wirelint-service": "Wirelint: service",
    "wirelint-auditor": "Wirelint: auditor",
}
"""Titles of the dashboards by UID; both are stable."""

PAGE: Final = "http://localhost:9464"
"""The default of the variable ``page``: the address of wirelint's page."""

JOB: Final = 'job=~"$job"'
SERVICE: Final = f'{JOB},service=~"$service"'
FINDING: Final = f'{SERVICE},rule=~"$rule"'

_VARIABLES: Final = {
    "job": ("Job", "label_values(wirelint_build_info, job)"),
    "service": ("Service", f"label_values(wirelint_exchanges_total{{{JOB}}}, service)"),
    "rule": ("Rule", f"label_values(wirelint_rule_info{{{JOB}}}, rule)"),
    "severity": ("Severity", f"label_values(wirelint_rule_info{{{JOB}}}, severity)"),
}
_GRAVE: Final = f'on (job, instance, rule) group_left (severity) wirelint_rule_info{{{JOB},severity=~"$severity"}}'
_EVERYTHING: Final = models.VariableOption(selected=True, text="All", value="$__all")


def grave(findings: str) -> str:
    """Return findings with the severity of their rule as a label, those of the chosen severities alone.

    :param findings: an expression with a series for each job, instance and rule, or more.
    """
    return f"({findings}) * {_GRAVE}"


def dashboard(uid: str, text: str, variables: Iterable[str], parts: Iterable[tuple[str, Iterable[Any]]]) -> Any:
    """Return a dashboard.

    :param text: its description.
    :param variables: the variables of its queries, in addition to ``datasource``.
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
    for name in variables:
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
    return (
        build.QueryVariable(name)
        .label(label)
        .datasource(SOURCE)
        .query(query)
        .definition(query)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".+")
        .current(_EVERYTHING)
    )


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
    expression = f"changes(process_start_time_seconds{{{JOB}}}[$__rate_interval]) > 0"
    return made.expr(expression).title_format("wirelint started").text_format("{{instance}}").step("1m")
