"""Print each new kind of finding once."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterable
from typing import Final

from rich.text import Text

from wirelint.core.audit import Audit
from wirelint.core.finding import Finding
from wirelint.core.masking import target_of
from wirelint.sinks.layout import Line, brief
from wirelint.sinks.text import printable

_WAITING: Final = 1000
_LAST_WORDS: Final = 2.0

LayOut = Callable[[Finding, str], Iterable[Line]]
"""Returns the lines of a finding, given the masked target of its request; the target is empty if it is not known."""


class Terminal:
    """Shows each fingerprint once, up to ``fingerprints`` of them.

    A thread writes the lines: a stopped terminal must not stop the traffic. If too many wait, further ones are dropped,
    and ``unshown`` counts them, as well as fingerprints past the limit.

    Attributes:
        lay_out: see ``LayOut``; called by the thread alone.

    :param write: shows one line; called by the thread alone.
    :param fingerprints: most to remember.
    :param quiet: show sentences, but no findings.
    """

    def __init__(self, write: Callable[[Line], None], *, fingerprints: int = 10_000, quiet: bool = False) -> None:
        self.unshown = 0
        self.lay_out: LayOut = lambda finding, _target: brief(finding)
        self._write = write
        self._most = fingerprints
        self._quiet = quiet
        self._seen: set[str] = set()
        self._waiting: queue.Queue[tuple[Finding, str] | str | None] = queue.Queue(_WAITING)
        self._thread = threading.Thread(target=self._run, name="wirelint-terminal", daemon=True)
        self._thread.start()

    def accept(self, audit: Audit) -> None:
        """Show new findings. Never waits."""
        if self._quiet:
            return
        for finding in audit.findings:
            if finding.fingerprint in self._seen:
                continue
            if len(self._seen) >= self._most:
                self.unshown += 1
                continue
            self._seen.add(finding.fingerprint)
            # Of several exchanges, another one may be at fault.
            exchange = audit.exchange
            self._put((finding, target_of(exchange) if finding.exchange_id == exchange.id else ""))

    def announce(self, text: str) -> None:
        """Show a sentence about a service. Never waits."""
        self._put(text)

    def close(self) -> None:
        """Show waiting lines, but do not wait long."""
        with contextlib.suppress(queue.Full):
            self._waiting.put(None, timeout=_LAST_WORDS)
            self._thread.join(_LAST_WORDS)

    def _put(self, shown: tuple[Finding, str] | str) -> None:
        try:
            self._waiting.put_nowait(shown)
        except queue.Full:
            self.unshown += 1

    def _run(self) -> None:
        broken = False
        while (shown := self._waiting.get()) is not None:
            if broken:
                continue
            lines = [Line(Text(printable(shown), "bold"))] if isinstance(shown, str) else self.lay_out(*shown)
            try:
                for line in lines:
                    self._write(line)
            except (OSError, ValueError):  # the reader is gone
                broken = True
