"""The benchmark of public documents says which are read, which are refused and why, and what the largest cost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from benchmarks import documents
from benchmarks.processes import BenchmarkError

OPENAPI = {
    "openapi": "3.0.3",
    "paths": {
        "/a": {"get": {"responses": {"200": {"content": {"application/json": {"schema": {"type": "array"}}}}}}},
    },
}


def test_documents_are_read_or_refused_and_the_largest_is_measured(tmp_path: Path) -> None:
    tmp_path.joinpath("good.json").write_text(json.dumps(OPENAPI))
    tmp_path.joinpath("other.yaml").write_text("openapi: 3.1.0\npaths: {}\n")
    tmp_path.joinpath("old.yml").write_text("swagger: '1.2'\npaths: {}\n")
    tmp_path.joinpath("read.me").write_text("nothing")
    found = documents.pile([tmp_path])
    assert [file.name for file, _ in found.read] == ["good.json", "other.yaml"]
    assert [each.name for each in found.refused] == ["old.yml"]
    (large,) = documents.largest(found, 1)
    assert (large.name, large.operations, large.compiled) == (f"{tmp_path.name}/good.json", 1, 1)
    text = documents.table(found, [large])
    assert "2 of 3 public API descriptions are read, with 1 operations" in text
    assert "1 × version … is not supported" in text


def test_folders_without_a_document_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match="no API description"):
        documents.pile([tmp_path])
