"""Expressions that dashboards and rules have in common: what counts as an error, and how often something happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "reported": ('code=~"5.."', 'code="none",verdict="server_error"'),
    "true": ('verdict="server_error"',),
    "hidden": ('code=~"[123]..",verdict=~"client_error|server_error"',),
    "masked": ('code=~"4..",verdict="server_error"',),
    "blamed": ('code=~"5..",verdict="client_error"',),
}
"""Kinds of errors by the matchers that select their exchanges, of which one at most matches each.

Where no response came there is no status that could lie, and the caller saw that it failed: that is reported as well.
"""

MEANING: Final[Mapping[str, str]] = {
    "reported": "5xx, or no response at all",
    "true": "failed on the side of the service, whatever the status",
    "hidden": "an error under a 1xx, 2xx or 3xx",
    "masked": "a failure of the service under a 4xx",
    "blamed": "a fault of the caller under a 5xx",
}


def matched(metric: str, *matchers: str, filters: str = "", suffix: str = "") -> str:
    """The series of ``metric`` that any one of ``matchers`` selects, all narrowed by ``filters``.

    :param suffix: goes after each selector, such as ``[5m]`` or `` offset 5m``.
    """
    return " or ".join(
        f"{metric}{{{','.join(filter(None, (filters, each)))}}}{suffix}" if filters or each else f"{metric}{suffix}"
        for each in matchers or ("",)
    )


def counted(selector: str, window: str) -> str:
    """How far each counter rose within the window, one that was born within it from nothing.

    ``increase`` needs two samples and takes the first for the beginning, so it overlooks the first event of a counter
    that appears with it. A counter that was not there when the window began has all of its events in the window.
    """
    return f"({selector} unless {selector} offset {window}) or increase({selector}[{window}])"


def kind(name: str, metric: str, filters: str, window: str) -> str:
    """Exchanges with errors of one kind within the window, series by series."""
    return " or ".join(counted(matched(metric, each, filters=filters), window) for each in KINDS[name])
