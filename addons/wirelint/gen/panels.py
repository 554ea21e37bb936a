"""Build panels of dashboards with Grafana's SDK. Needs ``grafana-foundation-sdk``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NotRequired, TypedDict, Unpack

from grafana_foundation_sdk.builders import (
    dashboard as build,
)
from grafana_foundation_sdk.builders import (
    heatmap as heatmaps,
)
from grafana_foundation_sdk.builders import (
    prometheus as queries,
)
from grafana_foundation_sdk.builders import (
    stat as stats,
)
from grafana_foundation_sdk.builders import (
    statetimeline as timelines,
)
from grafana_foundation_sdk.builders import (
    table as tables,
)
from grafana_foundation_sdk.builders import (
    timeseries,
)
from grafana_foundation_sdk.builders.common import (
    ReduceDataOptions,
    StackingConfig,
    TableSortByFieldState,
    VizLegendOptions,
    VizTooltipOptions,
)
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models import prometheus as query_models
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode

SOURCE: Final = common.DataSourceRef(type_val="prometheus", uid="${datasource}")

GREEN: Final = "#56A64B"
YELLOW: Final = "#F2CC0C"
ORANGE: Final = "#FF9830"
RED: Final = "#E02F44"
BLUE: Final = "#5794F2"
PURPLE: Final = "#B877D9"
GREY: Final = "#8E8E8E"

Steps = Sequence[tuple[float | None, str]]
Property = tuple[str, object]


def query(
    expression: str, legend: str = "", ref: str = "A", *, exemplars: bool = False, step: str = ""
) -> queries.Dataquery:
    """Return a query over the time range of the dashboard.

    :param step: the least time between two values.
    """
    made = queries.Dataquery().datasource(SOURCE).expr(expression).legend_format(legend or "__auto").ref_id(ref)
    made = made.range().exemplar(exemplars)
    return made.interval(step) if step else made


def instant(expression: str, ref: str = "A", *, rows: bool = False, legend: str = "") -> queries.Dataquery:
    """Return a query for the end of the time range; ``rows`` for tables: one row per series."""
    made = queries.Dataquery().datasource(SOURCE).expr(expression).instant().ref_id(ref)
    made = made.legend_format(legend) if legend else made
    return made.format(query_models.PromQueryFormat.TABLE) if rows else made


class PanelFrame(TypedDict):
    """The common settings of panels: unit, text without data, size in the grid."""

    unit: str
    empty: str
    size: NotRequired[tuple[int, int]]


class Rows(PanelFrame):
    """The further settings of tables: ``columns`` has overrides by the displayed name of the column."""

    transformations: Sequence[tuple[str, Mapping[str, object]]]
    columns: Mapping[str, Sequence[Property]]
    sort: NotRequired[str]


def _common(panel: Any, title: str, text: str, frame: PanelFrame, size: tuple[int, int]) -> Any:
    width, height = frame.get("size", size)
    panel = panel.title(title).description(text).unit(frame["unit"]).no_value(frame["empty"]).datasource(SOURCE)
    return panel.span(width).height(height)


def _thresholds(steps: Steps) -> build.ThresholdsConfig:
    made = [models.Threshold(value=value, color=color) for value, color in steps]
    return build.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(made)


def stat(
    title: str,
    text: str,
    *targets: queries.Dataquery,
    steps: Steps = ((None, BLUE),),
    decimals: int | None = None,
    **frame: Unpack[PanelFrame],
) -> Any:
    """Return a tile with a number, or several that their legends name."""
    panel = _common(stats.Panel(), title, text, frame, (4, 4)).thresholds(_thresholds(steps))
    for target in targets:
        panel = panel.with_target(target)
    panel = panel.reduce_options(ReduceDataOptions().calcs(["lastNotNull"])).color_mode(common.BigValueColorMode.VALUE)
    panel = panel.graph_mode(common.BigValueGraphMode.NONE)
    return panel if decimals is None else panel.decimals(decimals)


def series(  # noqa: PLR0913 - what a graph may differ in, by name
    title: str,
    text: str,
    targets: Iterable[queries.Dataquery],
    *,
    colors: Mapping[str, str] | None = None,
    stacked: bool = False,
    aside: bool = False,
    **frame: Unpack[PanelFrame],
) -> Any:
    """Return a graph with lines over time, or stacked areas.

    :param colors: by name of the line.
    :param aside: put the legend beside the graph, for many long names.
    """
    panel = _common(timeseries.Panel(), title, text, frame, (12, 8)).min(0).line_width(1)
    panel = panel.fill_opacity(30 if stacked else 8).show_points(common.VisibilityMode.AUTO)
    tooltip = VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING)
    place = common.LegendPlacement.RIGHT if aside else common.LegendPlacement.BOTTOM
    legend = VizLegendOptions().display_mode(common.LegendDisplayMode.LIST).placement(place)
    panel = panel.tooltip(tooltip).legend(legend.show_legend(True))
    if stacked:
        panel = panel.stacking(StackingConfig().mode(common.StackingMode.NORMAL))
    for target in targets:
        panel = panel.with_target(target)
    for name, color in (colors or {}).items():
        fixed = models.FieldColor(mode=models.FieldColorModeId.FIXED, fixed_color=color)
        panel = panel.override_by_name(name, [models.DynamicConfigValue(id_val="color", value=fixed)])
    return panel


def table(title: str, text: str, targets: Iterable[queries.Dataquery], **rows: Unpack[Rows]) -> Any:
    """Return a table."""
    panel = _common(tables.Panel(), title, text, rows, (24, 9)).show_header(True)
    for target in targets:
        panel = panel.with_target(target)
    for name, options in rows["transformations"]:
        panel = panel.with_transformation(models.DataTransformerConfig(id_val=name, options=dict(options)))
    # Otherwise the text for an empty panel appears in every empty cell.
    panel = panel.override_by_regexp(".+", [models.DynamicConfigValue(id_val="noValue", value="-")])
    for name, properties in rows["columns"].items():
        changed = [models.DynamicConfigValue(id_val=key, value=value) for key, value in properties]
        panel = panel.override_by_name(name, changed)
    if "sort" in rows:
        panel = panel.sort_by([TableSortByFieldState().display_name(rows["sort"]).desc(True)])
    return panel


def timeline(title: str, text: str, target: queries.Dataquery, *, value: str, **frame: Unpack[PanelFrame]) -> Any:
    """Return a timeline with a bar per series while it is 1; ``value`` is its text."""
    shown = models.ValueMap(options={"1": models.ValueMappingResult(text=value, color=ORANGE, index=0)})
    panel = _common(timelines.Panel(), title, text, frame, (12, 8)).with_target(target).mappings([shown])
    return (
        panel.show_value(common.VisibilityMode.NEVER).merge_values(True).row_height(0.8).fill_opacity(80).per_page(15)
    )


def heatmap(title: str, text: str, target: queries.Dataquery, **frame: Unpack[PanelFrame]) -> Any:
    """Return a heatmap of durations in seconds over time."""
    color = heatmaps.HeatmapColorOptions().mode(HeatmapColorMode.SCHEME).scheme("Oranges").steps(64)
    panel = _common(heatmaps.Panel(), title, text, frame, (12, 8))
    panel = panel.with_target(target.format(query_models.PromQueryFormat.HEATMAP)).calculate(False)
    return panel.color(color).y_axis(heatmaps.YAxisConfig().unit("s"))


def filtered(*names: str) -> tuple[str, Mapping[str, object]]:
    """Return the transformation that keeps these columns."""
    return "filterFieldsByName", {"include": {"names": list(names)}}


def joined(name: str) -> tuple[str, Mapping[str, object]]:
    """Return the transformation that joins rows of all queries by column ``name``."""
    return "joinByField", {"byField": name, "mode": "outer"}


def arranged(names: Mapping[str, str]) -> tuple[str, Mapping[str, object]]:
    """Return the transformation that names and orders columns."""
    order = {name: index for index, name in enumerate(names)}
    return "organize", {"excludeByName": {}, "indexByName": order, "renameByName": dict(names)}


def links(title: str, url: str, *, new: bool = False) -> Property:
    """Return the override that adds a link to a column."""
    return "links", [{"title": title, "url": url, "targetBlank": new}]


def cell(kind: str, **options: object) -> Property:
    """Return the override for the display of a column: ``gauge``, ``color-background``, ``sparkline`` …"""
    return "custom.cellOptions", {"type": kind, **options}


def steps(values: Steps) -> Property:
    """Return the override for thresholds of a column."""
    return "thresholds", {"mode": "absolute", "steps": [{"value": value, "color": color} for value, color in values]}
