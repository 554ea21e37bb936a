"""Check content by the schemas of a document with jsonschema-rs: compiled at first use, and bounded.

Regular expressions run in linear time; those that cannot are left out. Where alternatives recur below themselves, only
content that is shallow enough is judged. A breach says what was expected and where, and quotes nothing of the content.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Sequence
from typing import Any, Final

import jsonschema_rs

from wirelint.core.contract import Breach, Check
from wirelint.openapi.references import References
from wirelint.openapi.schemas import Translation, Translator

_MOST_BREACHES: Final = 32
_MOST_SHOWN: Final = 8
_MOST_STEPS: Final = 1_000_000
_DEEPEST: Final = 64
_LONGEST_PATTERN: Final = 1_000
_LONGEST_LIST: Final = 6
_PATTERNS: Final = jsonschema_rs.RegexOptions(size_limit=1024 * 1024)


class Schemas:
    """The checks of one document, each schema's once.

    :param document: the document.
    :param references: its references.
    """

    def __init__(self, document: dict[str, Any], references: References) -> None:
        modern = str(document.get("openapi", "")).startswith(("3.1", "3.2"))
        self._translator = Translator(references, modern=modern, is_pattern=_is_pattern)
        self._checks: dict[tuple[object, bool], _LazyCheck] = {}

    def check(self, schema: Any, *, reading: bool) -> Check | None:
        """Return the check of a schema; None if it allows everything.

        :param reading: it describes a response, else a request.
        """
        if not isinstance(schema, dict) or not schema:
            return None
        pointer = schema.get("$ref")
        # The document is kept, so that ids stay those of its parts.
        key = (pointer if isinstance(pointer, str) and len(schema) == 1 else id(schema), reading)
        check = self._checks.get(key)
        if check is None:
            check = self._checks[key] = _LazyCheck(self._translator, schema, reading=reading)
        return check


class _LazyCheck:
    """Compiles a schema when the first content comes."""

    __slots__ = ("_ambiguous", "_names", "_reading", "_schema", "_translator", "_validator")

    def __init__(self, translator: Translator, schema: dict[str, Any], *, reading: bool) -> None:
        self._translator = translator
        self._schema = schema
        self._reading = reading
        self._validator: jsonschema_rs.Draft202012Validator | None = None
        self._names: frozenset[str] = frozenset()
        self._ambiguous = 0

    def __call__(self, value: Any) -> tuple[Breach, ...]:
        if not self._ambiguous:
            self._compile()
        validator = self._validator
        if validator is None or (self._ambiguous > 1 and not _is_bounded(value, self._ambiguous)):
            return ()
        try:
            if validator.is_valid(value):
                return ()
            errors = list(itertools.islice(validator.iter_errors(value), _MOST_BREACHES))
        except ValueError:  # content too deep, or of numbers beyond all bounds
            return ()
        found = dict.fromkeys(_breach(nearest, self._names) for nearest in map(_nearest, errors))
        return tuple(sorted(found, key=_simplicity)[:_MOST_SHOWN])

    def _compile(self) -> None:
        found: Translation = self._translator.translate(self._schema, reading=self._reading)
        self._names, self._ambiguous = found.names, found.ambiguous
        if found.schema in ({}, True):
            return
        try:
            self._validator = jsonschema_rs.Draft202012Validator(
                found.schema, validate_formats=False, pattern_options=_PATTERNS, offline=True
            )
        except (ValueError, jsonschema_rs.ReferencingError):  # no valid schema: nothing can be said of the content
            return


@functools.lru_cache(maxsize=4096)
def _is_pattern(pattern: str) -> bool:
    """Return whether a regular expression can be run in linear time."""
    if len(pattern) > _LONGEST_PATTERN:
        return False
    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=_PATTERNS, offline=True)
    except ValueError:
        return False
    return True


def _is_bounded(value: Any, branches: int) -> bool:
    """Return whether content can be checked in few steps, though each level multiplies them."""
    level: list[Any] = [value]
    steps = factor = 1
    for _ in range(_DEEPEST):
        level = [inner for each in level for inner in _within(each)]
        if not level:
            return True
        factor *= branches
        steps += factor * len(level)
        if steps > _MOST_STEPS:
            return False
    return False


def _within(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _nearest(error: jsonschema_rs.ValidationError) -> jsonschema_rs.ValidationError:
    """Return what is wrong with the alternative that content comes nearest to, or the error itself."""
    for _ in range(_DEEPEST):
        if error.kind.name not in ("anyOf", "oneOf"):
            return error
        branches: Sequence[Sequence[jsonschema_rs.ValidationError]] = [each for each in error.kind.context if each]  # type: ignore[attr-defined]  # both have it
        # An alternative that is of another type altogether is not the one that was meant.
        meant = [each for each in branches if not _is_of_other_type(each, error)]
        if not meant or (len(meant) > 1 and len({len(each) for each in meant}) == 1):
            return error
        error = min(meant, key=len)[0]
    return error


def _is_of_other_type(branch: Sequence[jsonschema_rs.ValidationError], error: jsonschema_rs.ValidationError) -> bool:
    depth = len(error.instance_path)
    return any(each.kind.name == "type" and len(each.instance_path) == depth for each in branch)


def _breach(error: jsonschema_rs.ValidationError, names: frozenset[str]) -> Breach:
    kind = error.kind
    where = ""
    path: list[str | int] = list(error.instance_path)
    if kind.name == "required":
        path.append(str(kind.value))
    for part in path:
        if isinstance(part, int):
            where += "[]"
        else:
            where += f"{'.' if where else ''}{part if part in names else '*'}"
    return Breach(where, _expected(error), _type_name(error.instance), kind.name)


def _expected(error: jsonschema_rs.ValidationError) -> str:
    name, value = error.kind.name, error.kind.value
    match name:
        case "type":
            return " or ".join([value] if isinstance(value, str) else map(str, value))
        case "enum" | "const":
            options = value if name == "enum" and isinstance(value, list) else [value]
            shown = ", ".join(str(each)[:40] for each in options[:_LONGEST_LIST])
            return f"one of {shown}{', …' if len(options) > _LONGEST_LIST else ''}"
        case _:
            return _EXPECTED.get(name, f"what {name} allows").format(value)


_EXPECTED: Final = {
    "additionalProperties": "documented members only",
    "anyOf": "one of the documented alternatives",
    "exclusiveMaximum": "less than {}",
    "exclusiveMinimum": "more than {}",
    "maxItems": "at most {} elements",
    "maxLength": "at most {} characters",
    "maxProperties": "at most {} members",
    "maximum": "at most {}",
    "minItems": "at least {} elements",
    "minLength": "at least {} characters",
    "minProperties": "at least {} members",
    "minimum": "at least {}",
    "multipleOf": "a multiple of {}",
    "pattern": "a text that fits its pattern",
    "required": "a required member",
    "uniqueItems": "elements that differ",
}
"""What a keyword asks for, by its name; ``{}`` is its value."""

_TYPES: Final[tuple[tuple[type, str], ...]] = (
    (bool, "boolean"),
    (int, "integer"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
    (type(None), "null"),
)


def _type_name(value: Any) -> str:
    return next((name for kind, name in _TYPES if isinstance(value, kind)), "number")


def _simplicity(breach: Breach) -> tuple[int, int, str]:
    return (breach.where.count(".") + breach.where.count("["), len(breach.where), breach.where)
