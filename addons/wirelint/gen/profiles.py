"""Write the page on profiles: the changes of each, with reasons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from wirelint.core.finding import Confidence
from wirelint.core.rule import Rule
from wirelint.gen.text import cell
from wirelint.settings.profiles import PROFILES, Change, Profile

_INTRODUCTION: Final = (
    'Choose a profile by `--profile NAME` or by `profile = "NAME"` in [the configuration](configuration.md), there'
    " also for a single service or route. All other rules stay as the [rule reference](rules.md) has them."
)


def page(rules: Sequence[Rule]) -> str:
    """Return the page as Markdown.

    :param rules: all rules.
    """
    known = {rule.id: rule for rule in rules}
    lines = ["<!-- written by make gen -->", "", "# Profiles", "", _INTRODUCTION]
    for profile in PROFILES.values():
        lines += ["", f"## {profile.name}", "", f"For {profile.summary}.", *_of(profile, known)]
    return "\n".join(lines) + "\n"


def _of(profile: Profile, known: dict[str, Rule]) -> list[str]:
    lines = []
    if profile.least is not Confidence.WEAK:
        lines += ["", f"Findings less confident than {profile.least} are dropped."]
    for status, other in profile.instead.items():
        lines += ["", f"Where a rule suggests {status}, {other} is suggested in its place."]
    if profile.changes:
        lines += ["", "| rule | change | why |", "|---|---|---|"]
    for change in profile.changes:
        name = f"[`{change.rule}`](rules.md#{change.rule})"
        lines.append(f"| {name} | {_change(change, known[change.rule])} | {cell(change.why)} |")
    return lines


def _change(change: Change, rule: Rule) -> str:
    parts = []
    if change.on is not None:
        parts.append("on" if change.on else "off")
    if change.severity is not None:
        parts.append(f"{change.severity} in place of {rule.severity}")
    parts += [f"`{name} = {str(value).lower()}`" for name, value in change.options.items()]
    return ", ".join(parts)
