"""Expressions that dashboards and rules have in common: what counts as an error, and how often something happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

KINDS: Final[Mapping[str, str]] = {
    "reported": 'code=~"5.."',
    "true": 'verdict="server_error"',
    "hidden": 'code!~"[45]..",verdict=~"client_error|server_error"',
    "unanswered": 'code="none",verdict=~"client_error|server_error"',
    "masked": 'code=~"4..",verdict="server_error"',
    "blamed": 'code=~"5..",verdict="client_error"',
}
"""Kinds of errors by the matchers that select their exchanges.

Where no response came, no status told of the error, so it is hidden; but nobody lied either. Hidden less unanswered is
what was answered with another status than an error's. A caller that left by itself had no error: its verdict is
``unknown``.
"""

MEANING: Final[Mapping[str, str]] = {
    "reported": "5xx",
    "true": "failed on the side of the service, whatever the status",
    "hidden": "an error that no 4xx or 5xx tells of",
    "unanswered": "a hidden error without any response",
    "masked": "a failure of the service under a 4xx",
    "blamed": "a fault of the caller under a 5xx",
}


def matched(metric: str, matchers: str = "", filters: str = "") -> str:
    """The series of ``metric`` that ``matchers`` select, narrowed by ``filters``."""
    both = ",".join(filter(None, (filters, matchers)))
    return f"{metric}{{{both}}}" if both else metric


def counted(selector: str, window: str) -> str:
    """How far each counter rose within the window, one that was born within it from nothing.

    ``increase`` needs two samples and takes the first for the beginning, so it overlooks the first event of a counter
    that appears with it. A counter that was not there when the window began has all of its events in the window.
    """
    return f"({selector} unless {selector} offset {window}) or increase({selector}[{window}])"


def kind(name: str, metric: str, filters: str, window: str) -> str:
    """Exchanges with errors of one kind within the window, series by series."""
    return counted(matched(metric, KINDS[name], filters), window)
