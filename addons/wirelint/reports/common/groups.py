"""Group findings by fingerprint, the most severe first."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Final

from wirelint.core.finding import Finding
from wirelint.core.origin import Origin
from wirelint.sinks.text import place

_MOST_PLACES: Final = 5


@dataclasses.dataclass(slots=True)
class Group:
    """Findings of one fingerprint: the most severe one, their number, and the places of the first few."""

    finding: Finding
    count: int = 0
    origins: list[Origin] = dataclasses.field(default_factory=list)

    @property
    def places(self) -> str:
        """Return the places as text: ``a.har#1, #2 and 3 more``; empty if none is known."""
        shown = []
        last = None
        for origin in self.origins:
            shown.append(f"#{origin.index}" if origin.file == last else place(origin))
            last = origin.file
        more = self.count - len(shown)
        text = ", ".join(shown)
        return f"{text} and {more:,} more" if shown and more > 0 else text


class Groups:
    """Collect findings by fingerprint."""

    def __init__(self) -> None:
        self._groups: dict[str, Group] = {}

    def add(self, finding: Finding) -> None:
        """Count a finding."""
        group = self._groups.get(finding.fingerprint)
        if group is None:
            group = self._groups[finding.fingerprint] = Group(finding)
        elif finding.severity > group.finding.severity:
            group.finding = finding
        group.count += 1
        if finding.origin is not None and len(group.origins) < _MOST_PLACES:
            group.origins.append(finding.origin)

    def __len__(self) -> int:
        return len(self._groups)

    def __iter__(self) -> Iterator[Group]:
        """Return a sort key: severity, confidence and count; then service, route, method, rule and fingerprint."""

        def rank(group: Group) -> tuple[object, ...]:
            f = group.finding
            return -f.severity, -f.confidence, -group.count, f.service, f.route, f.method, f.rule, f.fingerprint

        return iter(sorted(self._groups.values(), key=rank))
