"""Find the severities that findings of a rule can have: most rules have one, some grade their findings by case."""

from __future__ import annotations

import ast
import functools
import inspect

from wirelint.core.finding import Severity
from wirelint.core.rule import Rule


def severities(rule: Rule) -> tuple[Severity, ...]:
    """Return the severities that a rule's code can give to a finding: the declared one, then others from the highest.

    Without the rule's source, only the declared one is known.
    """
    try:
        source = inspect.getsource(inspect.getmodule(rule.check) or rule.check)
    except (OSError, TypeError):
        return (rule.severity,)
    others = _named(source) - {rule.severity}
    return (rule.severity, *sorted(others, reverse=True))


@functools.cache
def _named(source: str) -> frozenset[Severity]:
    return frozenset(
        Severity[node.attr]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Severity"
    )
