"""Findings for people to read: those of one fingerprint together, the gravest first."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Final

from rich.text import Text

from wirelint.core.finding import Finding
from wirelint.core.origin import Origin
from wirelint.core.verdict import of_status
from wirelint.sinks.text import place, service, severity, status, story

_MOST_PLACES: Final = 5


@dataclasses.dataclass(slots=True)
class Group:
    """Findings of one fingerprint: the first and gravest of them, how many there are, and where the first few stand."""

    finding: Finding
    count: int = 0
    places: list[Origin] = dataclasses.field(default_factory=list)


class Groups:
    """Collects findings by fingerprint."""

    def __init__(self) -> None:
        self._groups: dict[str, Group] = {}

    def add(self, finding: Finding) -> None:
        """Take note of a finding."""
        group = self._groups.get(finding.fingerprint)
        if group is None:
            group = self._groups[finding.fingerprint] = Group(finding)
        elif finding.severity > group.finding.severity:
            group.finding = finding
        group.count += 1
        if finding.origin is not None and len(group.places) < _MOST_PLACES:
            group.places.append(finding.origin)

    def __len__(self) -> int:
        return len(self._groups)

    def __iter__(self) -> Iterator[Group]:
        """By severity, confidence and count; then by service, route, method, rule and fingerprint."""

        def rank(group: Group) -> tuple[object, ...]:
            f = group.finding
            return -f.severity, -f.confidence, -group.count, f.service, f.route, f.method, f.rule, f.fingerprint

        return iter(sorted(self._groups.values(), key=rank))


def lines(group: Group) -> Iterator[tuple[int, Text]]:
    """A group as lines, each with its indentation; they may be wrapped."""
    finding = group.finding
    head = severity(finding.severity)
    head.append(f"  {finding.rule}", "bold")
    if group.count > 1:
        head.append(f"  ×{group.count:,}", "bold")
    yield 0, head
    request = Text(f"{finding.method} {service(finding)} {finding.route}  ")
    request.append(status(finding), "bold")
    if finding.status is not None and finding.verdict is not of_status(finding.status):
        request.append(f"  really {finding.verdict.replace('_', ' ')}", "magenta")
    yield 2, request
    yield 2, Text(finding.message)
    if finding.evidence:
        yield 2, Text(f"│ {finding.evidence}", "dim")
    for step in story(finding):
        yield 2, step
    if group.places:
        yield 2, Text(f"in {_places(group)}", "dim")
    yield 2, Text(f"wirelint explain {finding.rule}", "blue")
    yield 0, Text("")


def _places(group: Group) -> str:
    shown = []
    last = None
    for origin in group.places:
        shown.append(f"#{origin.index}" if origin.file == last else place(origin))
        last = origin.file
    more = group.count - len(shown)
    text = ", ".join(shown)
    return f"{text} and {more:,} more" if more > 0 else text
