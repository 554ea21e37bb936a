"""The catalogue: one file per rule, one folder per family. Rules are found by their files, never listed.

A rule's id is its file's name in kebab case. The module has a docstring with the sections of ``SECTIONS``, ``RULE``
with the metadata, ``check``, and the examples ``BAD`` and ``GOOD`` as HTTP text (see ``wirelint.core.wire``). A rule that
compares with an API description has the one of its examples as ``DOCUMENT``.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import pkgutil
import tokenize
from pathlib import Path
from types import ModuleType

import msgspec

from wirelint.core.rule import Rule


def _complete(name: str) -> Rule:
    module = importlib.import_module(name)
    family, _, stem = name.removeprefix(f"{__name__}.").partition(".")
    summary, _, text = inspect.cleandoc(_documentation(module)).partition("\n")
    rule: Rule = module.RULE
    return msgspec.structs.replace(
        rule,
        id=stem.replace("_", "-"),
        family=family,
        summary=summary.strip().removesuffix("."),
        text=text.strip(),
        bad=module.BAD,
        good=module.GOOD,
        document="" if rule.contract is None else module.DOCUMENT,
        check=module.check,
    )


def _documentation(module: ModuleType) -> str:
    """Return a module's docstring, read from its source if Python left it out (``-OO``)."""
    if module.__doc__ is not None:
        return module.__doc__
    source = Path(module.__file__ or "").with_name(f"{module.__name__.rpartition('.')[2]}.py")
    with tokenize.open(source) as lines:
        first = next(token for token in tokenize.generate_tokens(lines.readline) if token.type == tokenize.STRING)
    return str(ast.literal_eval(first.string))


@functools.cache
def catalogue() -> tuple[Rule, ...]:
    """Return all rules, by family and id."""
    found = []
    for package in pkgutil.iter_modules(__path__, f"{__name__}."):
        if package.ispkg:
            path = importlib.import_module(package.name).__path__
            found += [_complete(module.name) for module in pkgutil.iter_modules(path, f"{package.name}.")]
    return tuple(sorted(found, key=lambda rule: (rule.family, rule.id)))
