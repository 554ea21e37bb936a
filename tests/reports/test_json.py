"""The JSON document."""

from __future__ import annotations

import json

from lab.audits import audit, finding
from lab.reports import report
from wirelint.core.exchange import FailureKind
from wirelint.core.origin import Origin
from wirelint.sinks import published
from wirelint.sources import Skipped


def test_all_there_is_to_say() -> None:
    first, second = (finding(origin=Origin("a.har", number)) for number in (1, 2))
    document = json.loads(
        report(
            "json",
            audit(first),
            audit(second, failure=FailureKind.RESET, skipped="truncated", faults=("other",)),
            audit(suppressed=(first,)),
            files=("a.har", "b\udcff.har"),
            skipped=[Skipped(3, "not HTTP"), Skipped(4, "not HTTP")],
            failures=[("b\udcff.har", "b\udcff.har: empty")],
        )
    )
    assert list(document) == ["version", "files", "rules", "findings", "suppressed", "skipped", "failed", "totals"]
    assert document["findings"] == [published.fields(first), published.fields(second)]
    (accepted,) = document["suppressed"]
    assert accepted == published.fields(first) | {"reason": "known since the start", "until": None}
    assert document["rules"][0]["id"] == "made-up"
    assert document["files"] == ["a.har", "b?.har"]
    assert document["skipped"] == [{"file": "a.har", "why": "not HTTP", "first_index": 3, "count": 2}]
    assert document["failed"] == [{"file": "b?.har", "why": "b?.har: empty"}]
    assert document["totals"] == {
        "exchanges": 3,
        "services": 1,
        "findings": {"high": 0, "medium": 2, "low": 0, "info": 0},
        "suppressed": 1,
        "bodies_unseen": {"truncated": 1},
        "rule_faults": {"other": 1},
    }


def test_nothing_at_all() -> None:
    assert json.loads(report("json"))["findings"] == []


def test_reasons_are_bounded() -> None:
    skipped = [Skipped(number, f"not a flow: {number} bytes") for number in range(2000)]
    document = json.loads(report("json", skipped=skipped))
    assert len(document["skipped"]) == 501
    assert document["skipped"][-1] == {"file": "a.har", "why": "other reasons", "first_index": 500, "count": 1500}
