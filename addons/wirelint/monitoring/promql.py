"""Expressions that dashboards and rules share: kinds of errors, and increases of counters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

KINDS: Final[Mapping[str, str]] = {
    "reported": 'code=~"5..|none"',
    "true": 'verdict="server_error"',
    "hidden": 'protocol="http",code=~"[123]..",verdict=~"client_error|server_error"',
    "hidden_client": 'protocol="http",code=~"[123]..",verdict="client_error"',
    "hidden_server": 'protocol="http",code=~"[123]..",verdict="server_error"',
    "unanswered": 'code="none"',
    "masked": 'code=~"4..",verdict="server_error"',
    "blamed": 'code=~"5..",verdict="client_error"',
    "unknown": 'verdict="unknown"',
}
"""Kinds of exchanges by their matchers. ``wirelint.sinks.outcomes`` counts the same for the page.

An exchange without a response failed in plain sight of its client, so it is reported.
"""

CALLS: Final = "wirelint_calls_total"
LIES: Final = ("hidden", "masked", "blamed")
"""The kinds that are lies; an exchange is of one of them at most."""

ABANDONED: Final = "wirelint_abandoned_wait_seconds_count"
OTHERS: Final[Mapping[str, str]] = {
    "protocol": f'{CALLS}{{outcome=~"client_error|server_error|error"}}',
    "abandoned": ABANDONED,
}
"""Kinds that have counters of their own, because no status and no verdict tells them apart."""

MEANING: Final[Mapping[str, str]] = {
    "reported": "5xx, or no response",
    "true": "the service failed, whatever the status",
    "hidden": "an error under 1xx, 2xx or 3xx",
    "hidden_client": "the client's error under 1xx, 2xx or 3xx",
    "hidden_server": "the service's error under 1xx, 2xx or 3xx",
    "protocol": "an error under 1xx, 2xx or 3xx that its protocol (GraphQL, JSON-RPC …) reports in the content",
    "unanswered": "no response: the service failed, or the client left before one came",
    "abandoned": "no response, and the client left while it waited for one",
    "masked": "the service's error under 4xx",
    "blamed": "the client's error under 5xx",
    "lied": "hidden, masked or blamed: the status is not what happened",
    "unknown": "not known: content that could not be inspected, or a client that left",
}


def matched(metric: str, matchers: str = "", filters: str = "") -> str:
    """Return the series of ``metric`` that ``matchers`` select, narrowed by ``filters``."""
    both = ",".join(filter(None, (filters, matchers)))
    return f"{metric}{{{both}}}" if both else metric


def counted(selector: str, filters: str) -> str:
    """Return the increase of each counter within the dashboard's time range; a new counter starts from nothing.

    ``increase`` needs two samples and starts at the first, so it misses the first event of a new counter. All events of
    a counter that did not exist at the start of the range are in the range, unless Prometheus itself was not looking.

    :param filters: matchers of the processes.
    """
    looked = f"up{{{filters}}} offset $__range or process_start_time_seconds{{{filters}}} > time() - $__range_s"
    born = f"({selector} unless {selector} offset $__range and on (job, instance) ({looked}))"
    return f"{born} or increase({selector}[$__range])"
