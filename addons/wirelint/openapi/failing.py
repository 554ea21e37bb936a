"""Find successes that are documented to fail: ``success: false`` in the schema or the example of a 200."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from wirelint.openapi.references import References

_FLAGS: Final = frozenset({"success", "succeeded", "successful", "issuccess", "is_success", "ok"})
_MOST_EXAMPLES: Final = 20
_DEEPEST: Final = 4


def is_failure(response: dict[str, Any], references: References) -> bool:
    """Return whether a documented response is one that says by its content that the request failed.

    :param response: the object of OpenAPI 3 or Swagger 2.0.
    """
    described = [response]
    content = response.get("content")
    if isinstance(content, dict):
        described += [references.followed(value) for value in content.values()]
    return any(
        any(_fails(example) for example in _examples(each, references))
        or _is_schema_of_failure(each.get("schema"), references, _DEEPEST, set())
        for each in described
    )


def _examples(described: dict[str, Any], references: References) -> Iterator[Any]:
    yield described.get("example")
    examples = described.get("examples")
    if isinstance(examples, dict):
        for value in list(examples.values())[:_MOST_EXAMPLES]:
            yield value  # Swagger 2.0
            yield references.followed(value).get("value")


def _is_schema_of_failure(schema: Any, references: References, depth: int, seen: set[tuple[int, int]]) -> bool:
    found = references.followed(schema)
    if (id(found), depth) in seen:  # alternatives that lead back to each other would multiply with each level
        return False
    seen.add((id(found), depth))
    if _fails(found.get("example")):
        return True
    properties = found.get("properties")
    for name, value in properties.items() if isinstance(properties, dict) else ():
        if name.lower() in _FLAGS and _is_always_false(references.followed(value)):
            return True
    parts = [part for key in ("oneOf", "anyOf", "allOf") if isinstance(found.get(key), list) for part in found[key]]
    return depth > 0 and any(
        _is_schema_of_failure(part, references, depth - 1, seen) for part in parts[:_MOST_EXAMPLES]
    )


def _is_always_false(schema: dict[str, Any]) -> bool:
    return schema.get("enum") == [False] or schema.get("const") is False or schema.get("example") is False


def _fails(example: Any) -> bool:
    return isinstance(example, dict) and any(
        name.lower() in _FLAGS and value is False for name, value in example.items() if isinstance(name, str)
    )
