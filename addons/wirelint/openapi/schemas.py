"""Turn schemas of OpenAPI into JSON Schema 2020-12 that judges with care.

What documents say in other dialects is translated: ``nullable``, ``exclusiveMinimum: true``, ``type: file``. What is
often wrong in documents is left out, so that a breach is one that the document's author would not dispute:

- ``oneOf`` is ``anyOf``: alternatives overlap more often than they should.
- ``format`` is an annotation, but for Kubernetes' ``int-or-string``. ``not``, ``if``, ``contains``, ``dependent…`` and
  ``unevaluated…`` are left out.
- ``additionalProperties: false`` below ``allOf`` is left out: parts of a whole would each forbid the others.
- Responses need no ``writeOnly`` member, requests no ``readOnly`` one.
- References that lead nowhere allow everything, as do those beyond ``MOST_PARTS``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from wirelint.openapi.references import References

MOST_PARTS: Final = 3_000
"""Most schemas, those within schemas counted, that one check consists of."""

_TYPES: Final = frozenset({"string", "number", "integer", "boolean", "array", "object", "null"})
_COUNTS: Final = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
_NUMBERS: Final = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_LONGEST_ENUM: Final = 2_000
_BRANCHES_THAT_MULTIPLY: Final = 2


class Translation(NamedTuple):
    """A schema that stands alone.

    :param schema: in JSON Schema 2020-12.
    :param names: the names of members that occur in it.
    :param ambiguous: most alternatives of one place that recur below themselves; the work of a check can double or more
        with each level of content. 1 where there is no such place.
    """

    schema: dict[str, Any] | bool
    names: frozenset[str]
    ambiguous: int


class Translator:
    """Translates the schemas of one document.

    :param references: those of the document.
    :param modern: keywords beside ``$ref`` count, as from OpenAPI 3.1 on.
    :param is_pattern: returns whether a regular expression can be used.
    """

    def __init__(self, references: References, *, modern: bool, is_pattern: Callable[[str], bool]) -> None:
        self.references = references
        self.modern = modern
        self.is_pattern = is_pattern

    def translate(self, schema: Any, *, reading: bool) -> Translation:
        """Return a schema with all that it refers to.

        :param reading: it describes a response, else a request.
        """
        return _Whole(self, reading=reading).translate(schema)


class _Whole:
    """One translation: the schema, and what it refers to, nearest first."""

    def __init__(self, translator: Translator, *, reading: bool) -> None:
        self._references = translator.references
        self._modern = translator.modern
        self._is_pattern = translator.is_pattern
        self._hidden = "writeOnly" if reading else "readOnly"
        self._numbers: dict[tuple[str, bool], int] = {}
        self._waiting: deque[tuple[str, bool]] = deque()
        self._parts = 0
        self._names: set[str] = set()
        self._current = -1
        self._below: dict[int, set[int]] = {}
        """The definitions that each definition refers to; -1 is the schema itself."""
        self._forks: list[tuple[int, list[set[int]]]] = []
        """Where alternatives stand: in which definition, and what each refers to."""

    def translate(self, schema: Any) -> Translation:
        whole = self._schema(schema, closed=True)
        definitions: dict[str, Any] = {}
        while self._waiting:
            pointer, closed = self._waiting.popleft()
            self._current = self._numbers[pointer, closed]
            definitions[str(self._current)] = (
                self._schema(self._references.target(pointer), closed=closed) if self._parts <= MOST_PARTS else True
            )
        if definitions and isinstance(whole, dict):
            whole = {**whole, "$defs": definitions}
        return Translation(whole, frozenset(self._names), self._ambiguous())

    def _schema(self, schema: Any, *, closed: bool) -> dict[str, Any] | bool:
        self._parts += 1
        if not isinstance(schema, dict):
            return schema is not False
        pointer = schema.get("$ref")
        found: dict[str, Any] = {}
        if not isinstance(pointer, str) or self._modern:
            found = self._keywords(schema, closed=closed)
        if isinstance(pointer, str):
            number = self._number(pointer, closed=closed)
            if number is not None:
                found["$ref"] = f"#/$defs/{number}"
        if schema.get("nullable") is True or schema.get("x-nullable") is True:
            return _nullable(found)
        return found

    def _number(self, pointer: str, *, closed: bool) -> int | None:
        """Return the number of the definition that a reference leads to; None if there is none."""
        number = self._numbers.get((pointer, closed))
        if number is None:
            if not isinstance(self._references.target(pointer), dict):
                return None
            number = self._numbers[pointer, closed] = len(self._numbers)
            self._waiting.append((pointer, closed))
        self._below.setdefault(self._current, set()).add(number)
        return number

    def _keywords(self, schema: dict[str, Any], *, closed: bool) -> dict[str, Any]:
        found: dict[str, Any] = {}
        kind = schema.get("type")
        kinds = [each for each in (kind if isinstance(kind, list) else [kind]) if each in _TYPES]
        if kinds == ["string"] and schema.get("format") == "int-or-string":  # Kubernetes
            kinds = ["string", "integer"]
            kind = kinds
        if kinds and len(kinds) == (len(kind) if isinstance(kind, list) else 1):
            found["type"] = kinds if len(kinds) > 1 else kinds[0]
        enum = schema.get("enum")
        if isinstance(enum, list) and 0 < len(enum) <= _LONGEST_ENUM:
            found["enum"] = enum
        if self._modern and "const" in schema:
            found["const"] = schema["const"]
        self._bounds(schema, found)
        self._members(schema, found, closed=closed)
        self._items(schema, found)
        for keyword in ("allOf", "anyOf", "oneOf"):
            self._combined(schema, keyword, found, closed=closed)
        return found

    def _bounds(self, schema: dict[str, Any], found: dict[str, Any]) -> None:
        for keyword in _COUNTS:
            value = schema.get(keyword)
            if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
                found[keyword] = value
        for keyword in _NUMBERS:
            value = schema.get(keyword)
            if isinstance(value, int | float) and not isinstance(value, bool):
                found[keyword] = value
        for keyword, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
            if schema.get(keyword) is True and bound in found:
                found[keyword] = found.pop(bound)
        multiple = schema.get("multipleOf")
        if isinstance(multiple, int) and not isinstance(multiple, bool) and multiple > 0:
            found["multipleOf"] = multiple
        if schema.get("uniqueItems") is True:
            found["uniqueItems"] = True
        pattern = schema.get("pattern")
        if isinstance(pattern, str) and self._is_pattern(pattern):
            found["pattern"] = pattern

    def _members(self, schema: dict[str, Any], found: dict[str, Any], *, closed: bool) -> None:
        properties = schema.get("properties")
        properties = properties if isinstance(properties, dict) else {}
        if properties:
            found["properties"] = {name: self._schema(value, closed=True) for name, value in properties.items()}
            self._names.update(properties)
        required = schema.get("required")
        if isinstance(required, list):
            names = [name for name in required if isinstance(name, str) and not self._is_hidden(properties.get(name))]
            self._names.update(names)
            if names:
                found["required"] = list(dict.fromkeys(names))
        patterns = schema.get("patternProperties")
        patterns = patterns if self._modern and isinstance(patterns, dict) else {}
        usable = {pattern: value for pattern, value in patterns.items() if self._is_pattern(pattern)}
        if usable:
            found["patternProperties"] = {
                pattern: self._schema(value, closed=True) for pattern, value in usable.items()
            }
        more = schema.get("additionalProperties")
        if len(usable) == len(patterns) and (isinstance(more, dict) or (more is False and closed)):
            found["additionalProperties"] = self._schema(more, closed=True)

    def _is_hidden(self, schema: Any) -> bool:
        """Return whether a member belongs to messages of the other direction alone."""
        return isinstance(schema, dict) and (
            schema.get(self._hidden) is True or self._references.followed(schema).get(self._hidden) is True
        )

    def _items(self, schema: dict[str, Any], found: dict[str, Any]) -> None:
        first = schema.get("prefixItems")
        if self._modern and isinstance(first, list) and first:
            found["prefixItems"] = [self._schema(each, closed=True) for each in first]
        if isinstance(schema.get("items"), dict):
            found["items"] = self._schema(schema["items"], closed=True)

    def _combined(self, schema: dict[str, Any], keyword: str, found: dict[str, Any], *, closed: bool) -> None:
        parts = schema.get(keyword)
        if not isinstance(parts, list) or not parts:
            return
        alone = keyword != "allOf"
        translated: list[dict[str, Any] | bool] = []
        referred: list[set[int]] = []
        outer = self._below.setdefault(self._current, set())
        for part in parts:
            self._below[self._current] = set()
            translated.append(self._schema(part, closed=closed and alone))
            referred.append(self._below[self._current])
        self._below[self._current] = outer.union(*referred)
        if keyword == "allOf":
            found["allOf"] = translated
            return
        self._forks.append((self._current, referred))
        if "anyOf" in found:  # both keywords
            found.setdefault("allOf", []).append({"anyOf": translated})
        else:
            found["anyOf"] = translated

    def _ambiguous(self) -> int:
        """Return the most alternatives of one place that lead back to it."""
        most = 1
        reach: dict[int, set[int]] = {}
        for current, branches in self._forks:
            leading = sum(1 for branch in branches if any(current in self._reached(each, reach) for each in branch))
            if leading >= _BRANCHES_THAT_MULTIPLY:
                most = max(most, leading)
        return most

    def _reached(self, start: int, known: dict[int, set[int]]) -> set[int]:
        """Return the definitions that one leads to, itself included."""
        if start not in known:
            found: set[int] = set()
            waiting = [start]
            while waiting:
                each = waiting.pop()
                if each not in found:
                    found.add(each)
                    waiting += self._below.get(each, ())
            known[start] = found
        return known[start]


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that allows null, too."""
    kind = schema.get("type")
    plain = not any(keyword in schema for keyword in ("$ref", "allOf", "anyOf", "const"))
    if not plain or (kind is None and "enum" not in schema):
        return {"anyOf": [{"type": "null"}, schema]} if schema else schema
    found = dict(schema)
    if kind is not None:
        kinds = kind if isinstance(kind, list) else [kind]
        found["type"] = kinds if "null" in kinds else [*kinds, "null"]
    if "enum" in found and None not in found["enum"]:
        found["enum"] = [*found["enum"], None]
    return found
