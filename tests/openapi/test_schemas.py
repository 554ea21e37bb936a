"""Schemas of all dialects judge content with care, say where it breaks them, and quote nothing of it."""

from __future__ import annotations

import time
from typing import Any

import pytest

from wirelint.core.contract import Breach, Check
from wirelint.openapi.checking import Schemas
from wirelint.openapi.references import References
from wirelint.openapi.text import parse


def check(schema: str, *, version: str = "3.0.3", reading: bool = True, components: str = "{}") -> Check | None:
    document = {"openapi": version, "components": {"schemas": parse(components.encode())}}
    return Schemas(document, References(document)).check(parse(schema.encode()), reading=reading)


def breaches(schema: str, value: Any, **more: Any) -> list[tuple[str, str, str]]:
    made = check(schema, **more)
    assert made is not None
    return [(each.where, each.expected, each.found) for each in made(value)]


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        ("{type: integer}", "x", [("", "integer", "string")]),
        ("{type: integer}", 1.0, []),
        ("{properties: {a: {type: string}}}", {"a": None}, [("a", "string", "null")]),
        ("{required: [a, b]}", {"b": 1}, [("a", "a required member", "object")]),
        (
            "{properties: {items: {items: {properties: {price: {type: number}}}}}}",
            {"items": [{"price": 1}, {"price": "1"}]},
            [("items[].price", "number", "string")],
        ),
        ("{additionalProperties: {type: string}}", {"ann@example.org": 1}, [("*", "string", "integer")]),
        ("{enum: [a, b]}", "c", [("", "one of a, b", "string")]),
        ("{properties: {a: {}}, additionalProperties: false}", {"b": 1}, [("", "documented members only", "object")]),
        ("{type: number, minimum: 3, exclusiveMinimum: true}", 3, [("", "more than 3", "integer")]),
        ("{maxLength: 2}", "abc", [("", "at most 2 characters", "string")]),
        ("{pattern: '^a+$'}", "b", [("", "a text that fits its pattern", "string")]),
        ("{minItems: 1}", [], [("", "at least 1 elements", "array")]),
        ("{allOf: [{required: [a]}, {required: [b]}]}", {"a": 1}, [("b", "a required member", "object")]),
    ],
)
def test_a_breach_says_where_and_what_was_expected(
    schema: str, value: Any, expected: list[tuple[str, str, str]]
) -> None:
    assert breaches(schema, value) == expected


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ("{type: string, nullable: true}", None),
        ("{type: string, x-nullable: true}", None),
        ("{type: string, enum: [a], nullable: true}", None),
        ("{allOf: [{type: object}], nullable: true}", None),
        ("{$ref: '#/components/schemas/A', nullable: true}", None),
        ("{type: string, format: date-time}", "yesterday"),
        ("{type: string, format: uuid}", "7"),
        ("{type: string, format: int-or-string}", 7),
        ("{type: file}", b"x".decode()),
        ("{type: date}", "x"),
        ("{oneOf: [{type: integer}, {type: number}]}", 1),
        ("{not: {type: string}}", "x"),
        ("{allOf: [{properties: {a: {}}, additionalProperties: false}, {properties: {b: {}}}]}", {"a": 1, "b": 2}),
        ("{multipleOf: 0.01}", 19.99),
        ("{pattern: '(?=a)b'}", "x"),
        ("{pattern: '['}", "x"),
        ("{$ref: '#/components/schemas/Absent'}", 1),
        ("{$ref: 'other.yaml#/A'}", 1),
        ("{properties: {a: {$ref: '#/components/schemas/Absent'}}}", {"a": 1}),
        ("{required: [secret], properties: {secret: {writeOnly: true}}}", {}),
        ("{required: [secret], properties: {secret: {$ref: '#/components/schemas/Secret'}}}", {}),
        ("{required: true, properties: 1, items: 1, enum: 1, minimum: x, maxLength: -1, allOf: 1}", {}),
    ],
)
def test_what_an_author_would_dispute_is_no_breach(schema: str, value: Any) -> None:
    components = "{A: {type: object}, Secret: {type: string, writeOnly: true}}"
    assert breaches(schema, value, components=components) == []


def test_members_of_the_other_direction_need_not_be_there() -> None:
    schema = "{required: [id, secret], properties: {id: {readOnly: true}, secret: {writeOnly: true}}}"
    assert breaches(schema, {"id": 1}) == breaches(schema, {"secret": 1}, reading=False) == []
    assert breaches(schema, {})[0][0] == "id"
    assert breaches(schema, {}, reading=False)[0][0] == "secret"


def test_keywords_of_openapi_3_1_count() -> None:
    assert breaches("{type: [string, 'null']}", None, version="3.1.0") == []
    assert breaches("{const: 7}", 8, version="3.1.0") == [("", "one of 7", "integer")]
    assert breaches("{prefixItems: [{type: string}]}", [1], version="3.1.0") == [("[]", "string", "integer")]
    components = "{A: {type: object}}"
    schema = "{$ref: '#/components/schemas/A', required: [a]}"
    assert breaches(schema, {}, version="3.1.0", components=components) == [("a", "a required member", "object")]
    assert breaches(schema, {}, components=components) == []


@pytest.mark.parametrize("schema", ["{}", "true", "1", "[]"])
def test_a_schema_that_allows_everything_is_no_check(schema: str) -> None:
    assert check(schema) is None


def test_of_alternatives_the_one_that_was_meant_explains() -> None:
    schema = "{anyOf: [{type: string}, {required: [a], properties: {a: {type: integer}}, type: object}]}"
    assert breaches(schema, {"a": "x"}) == [("a", "integer", "string")]
    assert breaches(schema, 7) == [("", "one of the documented alternatives", "integer")]


def test_recursive_schemas_are_judged_at_every_depth() -> None:
    components = "{Node: {type: object, required: [id], properties: {next: {$ref: '#/components/schemas/Node'}}}}"
    made = check("{$ref: '#/components/schemas/Node'}", components=components)
    assert made is not None
    assert made({"id": 1, "next": {"id": 2, "next": {"id": 3}}}) == ()
    (found,) = made({"id": 1, "next": {"id": 2, "next": {}}})
    assert found.where == "next.next.id"
    deep: dict[str, Any] = {"id": 1}
    for _ in range(2000):
        deep = {"id": 1, "next": deep}
    assert made(deep) == ()


def test_the_simplest_breach_comes_first_and_their_number_is_bounded() -> None:
    properties = ", ".join(f"m{number}: {{type: string}}" for number in range(40))
    made = check(f"{{properties: {{{properties}, deep: {{properties: {{a: {{type: string}}}}}}}}}}")
    assert made is not None
    found = made({"deep": {"a": 1}} | {f"m{number}": 1 for number in range(40)})
    assert found[0] == Breach("m0", "string", "integer", "type")
    assert len(found) == 8


@pytest.mark.parametrize("text", ["ann.miller", "4111111111111111"])
def test_no_value_of_the_content_is_in_a_breach(text: str) -> None:
    schema = "{properties: {a: {type: integer}, b: {enum: [x]}, c: {maxLength: 1}, d: {pattern: z}, e: {minItems: 9}}}"
    value = {"a": text, "b": text, "c": text, "d": text, "e": [text], text: text}
    closed = schema.replace("{properties", "{additionalProperties: {type: integer}, properties", 1)
    found = breaches(closed, value)
    assert len(found) == 6
    assert text not in repr(found)


def test_alternatives_that_recur_cost_bounded_time() -> None:
    branch = "{properties: {a: {$ref: '#/components/schemas/T'}, b: {$ref: '#/components/schemas/T'}}, required: [%s]}"
    components = f"{{T: {{anyOf: [{', '.join(branch % name for name in 'vwxyz')}]}}}}"
    made = check("{$ref: '#/components/schemas/T'}", components=components)
    assert made is not None
    assert made({"a": {}}) != ()
    deep: dict[str, Any] = {}
    for _ in range(40):
        deep = {"a": deep, "b": {}}
    begun = time.process_time()
    assert made(deep) == ()
    assert time.process_time() - begun < 1


def test_patterns_cost_linear_time() -> None:
    made = check("{pattern: '^(a+)+$'}")
    assert made is not None
    begun = time.process_time()
    assert made("a" * 100_000 + "b") != ()
    assert time.process_time() - begun < 1


def test_a_schema_of_endless_parts_is_compiled_in_bounded_time() -> None:
    schemas = {
        f"S{n}": {"type": "object", "properties": {f"p{m}": {"$ref": f"#/components/schemas/S{m}"} for m in range(300)}}
        for n in range(300)
    }
    document = {"openapi": "3.0.0", "components": {"schemas": schemas}}
    made = Schemas(document, References(document)).check({"$ref": "#/components/schemas/S0"}, reading=True)
    assert made is not None
    begun = time.process_time()
    assert made({"p1": 7}) == (Breach("p1", "object", "integer", "type"),)
    assert time.process_time() - begun < 2
