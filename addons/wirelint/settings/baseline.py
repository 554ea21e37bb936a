"""The file of findings that were known before: ``--baseline``.

A finding that stands in it is suppressed, so only new findings count. The file is made to be committed and reviewed: it
has one line for each finding, sorted, without its texts.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from wirelint.core.audit import Audit, Suppressed
from wirelint.core.finding import Finding
from wirelint.core.suppression import Suppression

_VERSION: Final = 1
_LARGEST: Final = 32 * 1024 * 1024


class BaselineError(Exception):
    """The file cannot be read, or is not a baseline. Its text is one line that names the file."""


class Entry(msgspec.Struct, frozen=True, order=True):
    """A known finding. ``service`` to ``rule`` are for readers, and for routes that have been learned since."""

    service: str
    route: str
    method: str
    rule: str
    fingerprint: str

    @classmethod
    def of(cls, finding: Finding) -> Entry:
        """Return the entry of a finding."""
        return cls(finding.service, finding.route, finding.method, finding.rule, finding.fingerprint)

    def __str__(self) -> str:
        return f"{self.rule} of {self.service} on {self.method} {self.route}"


class _Content(msgspec.Struct):
    wirelint_baseline: int
    findings: list[Entry]


class Index[T]:
    """What stands for findings, looked up by a finding: by its fingerprint, or by rule, service and method on a route
    that is the same but for words that have become names since.

    :param items: each with its entry.
    """

    def __init__(self, items: Iterable[tuple[Entry, T]]) -> None:
        self._by_fingerprint: dict[str, T] = {}
        self._similar: dict[tuple[str, str, str, int], dict[str, tuple[Entry, T]]] = {}
        for entry, item in items:
            self._by_fingerprint[entry.fingerprint] = item
            self._similar.setdefault(_kind(entry), {})[entry.fingerprint] = (entry, item)

    def find(self, entry: Entry) -> T | None:
        """Return what stands for a finding; None if there is nothing."""
        item = self._by_fingerprint.get(entry.fingerprint)
        if item is not None:
            return item
        similar = self._similar.get(_kind(entry), {}).values()
        return next((item for other, item in similar if same_route(other.route, entry.route)), None)

    def remove(self, entry: Entry) -> None:
        """Remove what an entry brought in."""
        self._by_fingerprint.pop(entry.fingerprint, None)
        self._similar.get(_kind(entry), {}).pop(entry.fingerprint, None)


def _kind(entry: Entry) -> tuple[str, str, str, int]:
    return entry.service, entry.method, entry.rule, entry.route.count("/")


class Baseline:
    """Known findings, and which of them occurred again.

    :param path: the file.
    :param entries: its entries; none to begin a new one.
    """

    def __init__(self, path: Path, entries: list[Entry]) -> None:
        self._path = path
        self._entries = frozenset(entries)
        self._index = Index((entry, entry) for entry in entries)
        self._occurred: set[Entry] = set()
        self._found: dict[str, Entry] = {}

    @classmethod
    def read(cls, path: Path) -> Baseline:
        """Read a file.

        :raises BaselineError: it cannot be read, or is not a baseline.
        """
        try:
            with path.open("rb") as file:
                octets = file.read(_LARGEST + 1)
        except OSError as error:
            raise BaselineError(f"cannot read the baseline {path}: {error.strerror or error}") from error
        try:
            content = msgspec.json.decode(octets, type=_Content) if len(octets) <= _LARGEST else None
        except (msgspec.DecodeError, UnicodeDecodeError):
            content = None
        if content is None or content.wirelint_baseline != _VERSION:
            raise BaselineError(f"{path} is not a baseline of this version of wirelint: move it away to make a new one")
        return cls(path, content.findings)

    def apply(self, audit: Audit) -> Audit:
        """Return an audit whose known findings are suppressed, and note its findings for ``write``."""
        if not audit.findings:
            return audit
        new: list[Finding] = []
        known: list[Suppressed] = []
        for finding in audit.findings:
            own = self._found.setdefault(finding.fingerprint, Entry.of(finding))
            entry = self._index.find(own)
            if entry is None:
                new.append(finding)
                continue
            self._occurred.add(entry)
            suppression = Suppression(rule=finding.rule, reason=f"in the baseline {self._path}")
            known.append(Suppressed(finding, suppression))
        return msgspec.structs.replace(audit, findings=tuple(new), suppressed=(*audit.suppressed, *known))

    def stale(self) -> list[Entry]:
        """Return the entries that did not occur, sorted."""
        return sorted(self._entries - self._occurred)

    def write(self) -> int:
        """Write what was found in place of the file, and return how many entries it has.

        :raises BaselineError: it cannot be written.
        """
        entries = sorted(self._found.values())
        lines = ",\n".join(msgspec.json.encode(entry).decode() for entry in entries)
        text = f'{{"wirelint_baseline":{_VERSION},"findings":[\n{lines}\n]}}\n'
        folder = self._path.resolve().parent
        beside: str | None = None
        try:
            with tempfile.NamedTemporaryFile("w", dir=folder, delete=False, encoding="utf-8", newline="\n") as file:
                beside = file.name
                file.write(text)
            os.chmod(beside, 0o644)  # it is made to be committed: a temporary file is private
            os.replace(beside, self._path)
        except OSError as error:
            if beside is not None:
                with contextlib.suppress(OSError):
                    os.unlink(beside)
            raise BaselineError(f"cannot write the baseline {self._path}: {error.strerror or error}") from error
        return len(entries)


def same_route(one: str, other: str) -> bool:
    """Return whether two routes differ, but only where one has a name in braces, which was a word before."""
    if one == other:
        # Findings of one rule on one route can have different causes, which their fingerprints tell apart.
        return False
    pieces, others = one.split("/"), other.split("/")
    return len(pieces) == len(others) and all(
        a == b or a.startswith("{") or b.startswith("{") for a, b in zip(pieces, others, strict=True)
    )
