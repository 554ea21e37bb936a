"""Print each new kind of finding once: on one line, or as a block where lines are short."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from rich.text import Text

from wirelint.core.audit import Audit
from wirelint.core.finding import Finding
from wirelint.sinks.request_line import request_line
from wirelint.sinks.text import block, printable, service, severity, status, story

_WAITING: Final = 1000
_LAST_WORDS: Final = 2.0
_INDENT: Final = 8
_RULE_WIDTH: Final = 34


class Occurrence(NamedTuple):
    """A finding, its request line (None if an earlier exchange is at fault), and when it was, in Unix seconds."""

    finding: Finding
    request: str | None = None
    at: float | None = None

    @property
    def clock(self) -> str:
        """Return the time of day here; empty if it is unknown."""
        return "" if self.at is None else time.strftime("%H:%M:%S", time.localtime(self.at))


Layout = Callable[[Occurrence], Iterable[tuple[int, Text]]]
"""Makes the lines for a finding, each with its indentation."""


def as_line(found: Occurrence) -> Iterator[tuple[int, Text]]:
    """Yield a finding on one line, and each exchange of its story on another."""
    yield 0, line(found.finding, found.request)
    for step in story(found.finding):
        yield _INDENT, step


def as_line_with_time(found: Occurrence) -> Iterator[tuple[int, Text]]:
    """Yield a finding as ``as_line`` does, with the time in front."""
    first, *rest = as_line(found)
    yield 0, Text(f"{found.clock:8}  ", "dim") + first[1]
    yield from rest


def as_block(found: Occurrence) -> Iterator[tuple[int, Text]]:
    """Yield a finding as ``wirelint audit`` shows it."""
    yield from block(found.finding, request=found.request, after=found.clock)


class Terminal:
    """Shows each fingerprint once, up to ``fingerprints`` of them.

    A thread writes the lines: a stopped terminal must not stop the traffic. If too many wait, further ones are dropped,
    and ``unshown`` counts them, as well as fingerprints past the limit.

    :param write: shows one line with an indentation; called by the thread alone.
    :param layout: makes the lines of a finding.
    :param fingerprints: most to remember.
    """

    def __init__(
        self, write: Callable[[Text, int], None], layout: Layout = as_line, *, fingerprints: int = 10_000
    ) -> None:
        self.unshown = 0
        self._write = write
        self._layout = layout
        self._most = fingerprints
        self._seen: set[str] = set()
        self._waiting: queue.Queue[Occurrence | str | None] = queue.Queue(_WAITING)
        self._thread = threading.Thread(target=self._run, name="wirelint-terminal", daemon=True)
        self._thread.start()

    def accept(self, audit: Audit) -> None:
        """Show new findings. Never waits."""
        for finding in audit.findings:
            if finding.fingerprint in self._seen:
                continue
            if len(self._seen) >= self._most:
                self.unshown += 1
                continue
            self._seen.add(finding.fingerprint)
            exchange = audit.exchange
            is_own = finding.exchange_id == exchange.id
            found = Occurrence(finding, request_line(exchange.request) if is_own else None, exchange.timestamp)
            try:
                self._waiting.put_nowait(found)
            except queue.Full:
                self.unshown += 1

    def announce(self, text: str) -> None:
        """Show a sentence about a service. Never waits."""
        try:
            self._waiting.put_nowait(text)
        except queue.Full:
            self.unshown += 1

    def close(self) -> None:
        """Show waiting lines, but do not wait long."""
        with contextlib.suppress(queue.Full):
            self._waiting.put(None, timeout=_LAST_WORDS)
            self._thread.join(_LAST_WORDS)

    def _run(self) -> None:
        broken = False
        while (shown := self._waiting.get()) is not None:
            if not broken:
                try:
                    if isinstance(shown, str):
                        self._write(Text(printable(shown), "bold"), 0)
                        continue
                    for indent, text in self._layout(shown):
                        self._write(text, indent)
                except (OSError, ValueError):  # the reader is gone
                    broken = True


def line(finding: Finding, request: str | None = None) -> Text:
    """Return a finding on one line: severity, rule, place, status, reason."""
    text = severity(finding.severity, 6)
    text.append(f"  {finding.rule:<{_RULE_WIDTH}}", "bold")
    text.append(f"  {service(finding)} {request or f'{finding.method} {finding.route}'}  ")
    text.append(status(finding), "bold")
    text.append(f"  {finding.message}")
    return text
