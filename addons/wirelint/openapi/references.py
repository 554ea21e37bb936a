"""Follow ``$ref`` within a document. References to other documents are not followed: what they describe is unknown."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import unquote

_LONGEST_CHAIN: Final = 32


class References:
    """The references of one document.

    :param root: the document.

    Attributes:
        unknown: targets that are not there or lie elsewhere, in the order in which they were met.
    """

    def __init__(self, root: dict[str, Any]) -> None:
        self.unknown: dict[str, None] = {}
        self._root = root
        self._found: dict[str, Any] = {}

    def target(self, pointer: str) -> Any:
        """Return what a reference such as ``#/components/schemas/Pet`` points to; None if that is not known."""
        found = self._found.get(pointer, self)
        if found is self:
            found = self._found[pointer] = self._find(pointer)
            if found is None:
                self.unknown[pointer[:200]] = None
        return found

    def _find(self, pointer: str) -> Any:
        if pointer == "#":
            return self._root
        if not pointer.startswith("#/"):
            return None
        value: Any = self._root
        for part in pointer[2:].split("/"):
            key = unquote(part).replace("~1", "/").replace("~0", "~")
            if isinstance(value, dict):
                value = value.get(key)
            elif isinstance(value, list) and key.isdigit() and len(key) < 7:
                value = value[int(key)] if int(key) < len(value) else None
            else:
                return None
        return value

    def followed(self, value: Any) -> dict[str, Any]:
        """Return an object, or the one that its ``$ref`` leads to; an empty one if there is none."""
        for _ in range(_LONGEST_CHAIN):
            if not isinstance(value, dict):
                return {}
            pointer = value.get("$ref")
            if not isinstance(pointer, str):
                return value
            value = self.target(pointer)
        return {}
