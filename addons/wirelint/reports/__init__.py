"""Reports of an audit of files: one format per module, found by its name, never listed.

``reports/sarif.py`` is the format ``sarif``: its ``REPORT`` is a subclass of ``Report``. A format does not import
another one; shared parts are in ``reports.common``. Only requested formats are imported.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from typing import TextIO

import msgspec

from wirelint.core.audit import Audit
from wirelint.core.finding import Severity
from wirelint.core.rule import Rule
from wirelint.core.state import State
from wirelint.sources import Skipped


class Run(msgspec.Struct, frozen=True):
    """The input of an audit of files.

    :param rules: the rules in force for some exchange.
    :param files: the files as named by the user.
    :param fail_on: the minimum severity that makes the run fail, None if none does.
    :param past: the memories of the engine; None if unknown.
    """

    rules: tuple[Rule, ...]
    files: tuple[str, ...]
    fail_on: Severity | None = None
    past: State | None = None


class Report:
    """Writes one format while files are audited. A subclass overrides the methods that it needs.

    :param run: the input of the audit.
    :param stream: where to write: text in UTF-8, octets to its ``buffer``.
    """

    def __init__(self, run: Run, stream: TextIO) -> None:
        self.run = run
        self.stream = stream

    def accept(self, audit: Audit) -> None:
        """Take one audited exchange, with or without findings."""

    def skip(self, file: str, record: Skipped) -> None:
        """Take a record that could not be audited."""

    def fail(self, file: str, why: str) -> None:
        """Take a file that could not be read, or has no exchange.

        :param why: one line that names the file.
        """

    def finish(self) -> None:
        """Write the rest. Called once, after the last file."""


@functools.cache
def formats() -> tuple[str, ...]:
    """Return the names of all formats."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg))


def load(name: str) -> type[Report]:
    """Return the class of a format.

    :param name: one of ``formats``.
    """
    found: type[Report] = importlib.import_module(f"{__name__}.{name}").REPORT
    return found
