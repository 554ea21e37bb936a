"""The promise of a service, as an API description (OpenAPI) makes it: operations, their answers, their content.

These are plain values; ``wirelint.openapi`` makes them of documents. Checks of content come with them as functions, so
that nothing here depends on a library that checks schemas.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec

from wirelint.core.paths import PathTemplates

_MOST_FOUND: Final = 4096
_LONGEST_KEPT: Final = 256
_ALIKE: Final[Mapping[int, tuple[int, ...]]] = {
    400: (422,),
    404: (410,),
    410: (404,),
    422: (400,),
    502: (503, 504),
    503: (502, 504),
    504: (503, 502),
}
"""Statuses that services send for the same thing, by status."""


AnswerKey = tuple[str, str, str]
"""Method, documented path and documented status of an answer."""


class Breach(msgspec.Struct, frozen=True):
    """One way in which content breaks its schema; no value of the content is in it.

    :param where: the member, such as ``items[].price``; empty for the content as a whole.
    :param expected: what the schema asks for, in words.
    :param found: what stands there instead, in words: a type, never a value.
    :param keyword: the keyword of JSON Schema that is broken.
    """

    where: str
    expected: str
    found: str
    keyword: str


Check = Callable[[Any], tuple[Breach, ...]]
"""Return how parsed content breaks its schema, the simplest breach first; nothing where it keeps it."""


class Parameter(msgspec.Struct, frozen=True):
    """A parameter that a request must have.

    :param place: ``query`` or ``header``.
    :param name: as written for the query, in lower case for a field.
    """

    place: str
    name: str


class DocumentedContent(msgspec.Struct, frozen=True, eq=False):
    """What is documented of the content of a message: schemas by media range (``application/json``, ``text/*``).

    :param required: whether there must be content.
    """

    media: Mapping[str, Check | None] = {}
    required: bool = False

    def range_of(self, essence: str) -> str | None:
        """Return the documented range that a media type falls into, the most specific one; None if there is none."""
        if essence in self.media:
            return essence
        for wide in (f"{essence.partition('/')[0]}/*", "*/*", "*"):
            if wide in self.media:
                return wide
        return None

    def check(self, essence: str) -> Check | None:
        """Return the check of content of a media type; None if nothing is documented of it."""
        found = self.range_of(essence)
        return None if found is None else self.media[found]


NO_CONTENT: Final = DocumentedContent()


class DocumentedOperation(msgspec.Struct, frozen=True, eq=False):
    """One method of one path.

    :param template: the path as documented, behind the server's base path.
    :param answers: documented answers by ``200``, ``4XX`` and ``default``.
    :param required: parameters that a request must have.
    :param secured: whether a request must carry a credential.
    :param credentials: request fields and cookies (lower case) and query parameters that carry it, if they are named.
    :param failures: the successes among ``answers`` whose documented content says that the request failed.
    """

    method: str
    template: str
    answers: Mapping[str, DocumentedContent] = {}
    request: DocumentedContent = NO_CONTENT
    required: tuple[Parameter, ...] = ()
    secured: bool = False
    credentials: frozenset[str] = frozenset()
    deprecated: bool = False
    failures: frozenset[str] = frozenset()

    def answer(self, status: int) -> str | None:
        """Return the key of the documented answer for a status: itself, its range or ``default``; None without one."""
        exact = str(status)
        if exact in self.answers:
            return exact
        return next((key for key in (f"{status // 100}XX", "default") if key in self.answers), None)


class Located(msgspec.Struct, frozen=True, eq=False):
    """What a document says of a method and a path.

    :param template: the documented path.
    :param operation: None if the path is documented and the method is not.
    :param methods: the documented methods of the path.
    """

    template: str
    operation: DocumentedOperation | None
    methods: frozenset[str]


class Contract:
    """A document's operations.

    :param operations: all of them, with the server's base paths left out of their templates.
    :param bases: the base paths of the servers, such as ``/api/v3``; empty for none.
    :param named: whether the operator said which service the document describes.
    """

    def __init__(
        self, operations: Iterable[DocumentedOperation], bases: Iterable[str] = ("",), *, named: bool = True
    ) -> None:
        self.operations = tuple(operations)
        self.named = named
        self.statuses = frozenset(key for operation in self.operations for key in operation.answers)
        self._bases = sorted({base.rstrip("/") for base in bases}, key=len, reverse=True)
        self._templates = PathTemplates()
        self._methods: list[tuple[str, dict[str, DocumentedOperation]]] = []
        numbers: dict[str, int] = {}
        for operation in self.operations:
            number = numbers.get(operation.template)
            if number is None:
                number = numbers[operation.template] = self._templates.add(operation.template)
                self._methods.append((operation.template, {}))
            self._methods[number][1].setdefault(operation.method, operation)
        self._found: dict[tuple[str, str], Located | None] = {}
        self._located: dict[tuple[str, int, str], Located] = {}
        """Operations that were found: by base path, number of the template, and method."""

    @functools.cached_property
    def answers(self) -> dict[AnswerKey, DocumentedOperation]:
        """Return all documented answers with their operations, in the order of the document."""
        return {
            (operation.method, operation.template, status): operation
            for operation in self.operations
            for status in operation.answers
        }

    def locate(self, method: str, path: str) -> Located | None:
        """Return what is documented of a request; None if its path is not documented."""
        key = (method, path)
        found = self._found.get(key, _UNKNOWN)
        if found is _UNKNOWN:
            found = self._locate(method, path)
            if len(self._found) >= _MOST_FOUND:
                self._found.clear()
            if len(path) <= _LONGEST_KEPT:
                self._found[key] = found
        return found  # type: ignore[return-value]  # it is not _UNKNOWN

    def template(self, method: str, path: str) -> str | None:
        """Return the documented template of a request, base path included; None if its path is not documented."""
        found = self.locate(method, path)
        return None if found is None else found.template

    def offered(self, method: str, path: str, status: int) -> int:
        """Return the status to suggest: the one given, or one for the same thing that the operation documents instead.

        :param path: a path, or a documented template.
        """
        found = self.locate(method, path)
        if found is None or found.operation is None or str(status) in found.operation.answers:
            return status
        answers = found.operation.answers
        return next((each for each in _ALIKE.get(status, ()) if str(each) in answers), status)

    def _locate(self, method: str, path: str) -> Located | None:
        for base in self._bases:
            if base and not (path.startswith(base) and path[len(base) : len(base) + 1] in ("", "/")):
                continue
            found = self._below(method, path[len(base) :], base)
            if found is not None:
                return found
        # A proxy may have cut the base path off.
        return None if "" in self._bases else self._below(method, path, "")

    def _below(self, method: str, path: str, base: str) -> Located | None:
        numbers = self._templates.find(path)
        if not numbers:
            return None
        for number in numbers:
            located = self._located.get((base, number, method))
            if located is not None:
                return located
            template, operations = self._methods[number]
            operation = operations.get(method)
            if operation is not None:
                located = Located(base + template, operation, frozenset(operations))
                self._located[base, number, method] = located
                return located
        methods = frozenset([name for number in numbers for name in self._methods[number][1]])
        return Located(base + self._methods[numbers[0]][0], None, methods)


_UNKNOWN: Final = object()
