"""Successes that are documented to fail."""

from __future__ import annotations

import pytest

from wirelint.openapi.failing import is_failure
from wirelint.openapi.references import References
from wirelint.openapi.text import parse

ROOT = {"components": {"schemas": {"Failure": {"properties": {"success": {"enum": [False]}}}}}}


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ("content: {application/json: {example: {success: false}}}", True),
        ("content: {application/json: {examples: {a: {value: {ok: false}}}}}", True),
        ("content: {application/json: {schema: {properties: {isSuccess: {const: false}}}}}", True),
        (
            "content: {application/json: {schema: {oneOf: [{type: array}, {$ref: '#/components/schemas/Failure'}]}}}",
            True,
        ),
        ("schema: {example: {success: false}}", True),
        ("examples: {application/json: {success: false}}", True),
        ("content: {application/json: {example: {success: true}}}", False),
        ("content: {application/json: {schema: {properties: {success: {type: boolean}}}}}", False),
        ("content: {application/json: {schema: {properties: {success: {enum: [true, false]}}}}}", False),
        ("content: 1\nexamples: 1\nschema: 1", False),
        ("schema: {allOf: [{$ref: '#/components/schemas/Loop'}]}", False),
    ],
)
def test_success_that_is_always_false_is_a_failure(response: str, expected: bool) -> None:
    assert is_failure(parse(response.encode()), References(ROOT)) is expected


def test_alternatives_that_lead_back_do_not_multiply() -> None:
    lookups = 0

    class Counted(References):
        def target(self, pointer: str) -> object:
            nonlocal lookups
            lookups += 1
            return super().target(pointer)

    recursive = {"oneOf": [{"$ref": "#/components/schemas/A"}] * 20}
    references = Counted({"components": {"schemas": {"A": recursive}}})
    assert not is_failure({"content": {"application/json": {"schema": recursive}}}, references)
    assert lookups < 200
