"""Print one line for each new kind of finding, and its story if it has one."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Final

from rich.text import Text

from wirelint.core.audit import Audit
from wirelint.core.finding import Finding
from wirelint.sinks.text import printable, service, severity, status, story

_WAITING: Final = 1000
_LAST_WORDS: Final = 2.0
_INDENT: Final = 8
_RULE_WIDTH: Final = 34


class Terminal:
    """Shows each fingerprint once, up to ``fingerprints`` of them.

    A thread writes the lines: a stopped terminal must not stop the traffic. If too many wait, further ones are dropped,
    and ``unshown`` counts them, as well as fingerprints past the limit.

    :param write: shows one line; called by the thread alone.
    :param fingerprints: most to remember.
    """

    def __init__(self, write: Callable[[Text], None], *, fingerprints: int = 10_000) -> None:
        self.unshown = 0
        self._write = write
        self._most = fingerprints
        self._seen: set[str] = set()
        self._waiting: queue.Queue[Finding | str | None] = queue.Queue(_WAITING)
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
            try:
                self._waiting.put_nowait(finding)
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
                        self._write(Text(printable(shown), "bold"))
                        continue
                    self._write(line(shown))
                    for step in story(shown):
                        self._write(Text(" " * _INDENT) + step)
                except (OSError, ValueError):  # the reader is gone
                    broken = True


def line(finding: Finding) -> Text:
    """Return a finding on one line: severity, rule, place, status, reason."""
    text = severity(finding.severity, 6)
    text.append(f"  {finding.rule:<{_RULE_WIDTH}}", "bold")
    text.append(f"  {service(finding)} {finding.method} {finding.route}  ")
    text.append(status(finding), "bold")
    text.append(f"  {finding.message}")
    return text
