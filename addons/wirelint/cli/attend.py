"""Attend a run of tests: a proxy for their clients that answers which findings came since the last question.

``wirelint.pytest_plugin`` runs it as a process of its own and talks with it by lines of JSON. The first line has the
environment for the tests, or the reason why there is none. Each line on standard input is answered by one. It ends when
standard input does.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Sequence
from typing import Any, Final

import click

from wirelint.cli import Invocation, cli, sentence
from wirelint.cli.command_proxy import proxied
from wirelint.cli.gates import Gate
from wirelint.cli.process import allow_most_files
from wirelint.cli.run import command as run
from wirelint.core.exchange import Exchange
from wirelint.core.finding import Finding
from wirelint.settings.setup import setup
from wirelint.sinks import published
from wirelint.sinks.layout import block

_PATIENCE: Final = 0.5
_MOST: Final = 1000


class _Since:
    """Findings since the last question, each kind once with its number; at most a thousand kinds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: dict[str, tuple[Finding, int]] = {}

    def add(self, finding: Finding) -> None:
        with self._lock:
            if finding.fingerprint in self._found or len(self._found) < _MOST:
                first, count = self._found.get(finding.fingerprint, (finding, 0))
                self._found[finding.fingerprint] = first, count + 1

    def take(self) -> list[dict[str, Any]]:
        """Return them, and start again from none."""
        with self._lock:
            found, self._found = self._found, {}
        return [
            {
                "lines": [f"{' ' * line.indent}{line.text.plain}" for line in block(finding, None, count=count)],
                "level": int(finding.severity),
                "count": count,
                **published.fields(finding),
            }
            for finding, count in found.values()
        ]


def main() -> int:
    """Attend until standard input ends."""
    try:
        context = run.make_context("run", ["pytest"], parent=click.Context(cli, obj=Invocation()))
        gate = Gate(context)
        engine = setup(context).engine()
        _attend(gate, engine.audit, insecure=context.params["ssl_insecure"])
    except click.ClickException as error:
        _say({"error": sentence(error)})
        return 2
    return 0


def _attend(gate: Gate, audit: Any, *, insecure: bool) -> None:
    from wirelint.sources.stats import Stats  # noqa: PLC0415 - loads mitmproxy

    since = _Since()

    def consume(exchange: Exchange) -> Sequence[Finding]:
        findings = gate.admit(audit(exchange)).findings
        for finding in findings:
            since.add(finding)
        return findings

    allow_most_files()
    with proxied(os.environ, consume, Stats(), insecure=insecure) as (running, environment):
        changed = {name: value for name, value in environment.items() if os.environ.get(name) != value}
        _say({"environment": changed})
        while sys.stdin.readline():
            running.settle(_PATIENCE)
            _say({"findings": since.take()})


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
