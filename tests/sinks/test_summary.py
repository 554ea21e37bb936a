"""The summary when a proxy stops."""

from __future__ import annotations

import io

from rich.text import Text

from wirelint.core import wire
from wirelint.core.engine import Engine
from wirelint.rules import catalogue
from wirelint.settings.selection import select
from wirelint.sinks import summary
from wirelint.sinks.console import Printer
from wirelint.sinks.journal import Journal
from wirelint.sources.stats import Stats

PAIR = "GET {path} HTTP/1.1\nHost: a\n\nHTTP/1.1 {status} X\n\n"


def journal(*exchanges: tuple[str, str, int]) -> Journal:
    """Return a journal of exchanges, each given by service, path and status."""
    kept = Journal(fingerprints=12)
    engine = Engine(select(catalogue(), ["unauthorized-without-challenge"]))
    for service, path, status in exchanges:
        for exchange in wire.exchanges(PAIR.format(path=path, status=status), service=service):
            kept.accept(engine.audit(exchange))
    return kept


def plain(rows: list[summary.Row]) -> list[list[str]]:
    return [[cell.plain if isinstance(cell, Text) else cell for cell in row] for row in rows]


def test_services_by_how_busy_they_are() -> None:
    rows = plain(summary.services(journal(("a", "/", 200), ("b", "/", 500), ("b", "/me", 401), ("b", "/", 200))))
    assert rows[1:] == [
        ["b", "3", "0", "1", "1", "0", "1"],
        ["a", "1", "0", "0", "0", "0", "0"],
        ["all", "4", "0", "1", "1", "0", "1"],
    ]


def test_many_services() -> None:
    rows = plain(summary.services(journal(*((f"s{number:02}", "/", 200) for number in range(30)))))
    assert len(rows) == 1 + 20 + 1 + 1
    assert rows[-2][0] == "and 10 more"


def test_findings_by_how_often_they_came() -> None:
    kept = journal(("a", "/me", 401), ("a", "/you", 401), ("a", "/you", 401))
    assert [line.plain for line in summary.findings(kept, 80)] == [
        "times  severity  finding",
        "    2  high      a GET /you  401  unauthorized-without-challenge",
        "    1  high      a GET /me  401  unauthorized-without-challenge",
    ]
    assert summary.findings(journal(("a", "/", 200)), 80) == []


def test_findings_that_are_not_listed_are_counted() -> None:
    words = ("carts", "files", "groups", "hosts", "jobs", "keys", "labels", "nodes", "orders", "pages", "tags", "zones")
    lines = summary.findings(journal(*(("a", f"/{word}", 401) for word in words)), 80)
    assert len(lines) == 1 + 10 + 1
    assert lines[-1].plain.strip() == "and 2 more"


def test_nothing_is_wider_than_it_may_be() -> None:
    long = "/catalogue/warehouses/shelves/compartments/articles/reviews/authors"
    kept = journal(("a-service-with-quite-a-long-name-in-front-of-it", long, 401), ("b", "/me", 401))
    for line in summary.findings(kept, 80):
        assert line.cell_len <= 80
    where, rule = (line.plain for line in summary.findings(kept, 80)[1:3])
    assert where.endswith("…  401")
    assert rule.strip() == "unauthorized-without-challenge"
    out = io.StringIO()
    Printer(out).table(summary.services(kept), right=frozenset(range(1, 7)), width=80)
    assert max(map(len, out.getvalue().splitlines())) <= 80
    assert "a-service-with-quite…" in out.getvalue()


def test_an_overview() -> None:
    kept = journal(("a", "/me", 401), ("b", "/", 200), ("a", "/me", 401))
    assert summary.overview(kept, 42) == (
        "wirelint: 3 exchanges of 2 services in 42 s, 0 lied; 1 kind of findings (1 high)"
    )
    assert " in 5 min, " in summary.overview(kept, 301)
    assert " in 3 h 20 min, " in summary.overview(kept, 12_000)


def test_losses() -> None:
    stats = Stats()
    assert list(summary.losses(stats)) == []
    stats.dropped["queue_full"] = 2
    stats.skipped["killed"] = 1
    stats.faults["audit"] = 1
    stats.hung, stats.unsampled = 3, 4
    assert list(summary.losses(stats, unshown=1)) == [
        "2 exchanges not audited: queue full",
        "1 exchange passed over: killed",
        "4 exchanges not in the sample",
        "3 requests had no response head in time",
        "1 fault of wirelint's own: audit",
        "1 finding not shown above",
    ]
