"""The benchmark of documents measures what it says."""

from __future__ import annotations

import pytest
from benchmarks import document

from wirelint.core.knowledge import Knowledge, attach
from wirelint.evidence.contract import answer, differs
from wirelint.openapi.read import read_octets


def test_the_exchanges_keep_their_document() -> None:
    (exchange,) = document.exchanges(1, 1)
    attach(exchange, Knowledge(contract=read_octets(document.DOCUMENT)))
    assert not differs(exchange)
    found = answer(exchange)
    assert found is not None
    check = found.content.check("application/json")
    assert check is not None
    assert check([{"id": "x"}]) != ()


def test_it_prints_three_figures(capsys: pytest.CaptureFixture[str]) -> None:
    document.main(["--turns", "2"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "audit without a document",
        "audit with a document",
        "matching and checks alone",
    ]
