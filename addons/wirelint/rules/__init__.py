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
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import msgspec

from wirelint.core.rule import Rule

_added: dict[str, Rule] = {}


def completed(module: ModuleType, family: str, stem: str) -> Rule:
    """Return the rule of a module, with the texts that its module and its file's name give it.

    :param family: name of the folder.
    :param stem: name of the file without its ending.
    :raises AttributeError: the module lacks a part.
    """
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
            found += [
                completed(
                    importlib.import_module(f"{package.name}.{each.name}"), package.name.rpartition(".")[2], each.name
                )
                for each in pkgutil.iter_modules(path)
            ]
    return tuple(sorted([*found, *_added.values()], key=lambda rule: (rule.family, rule.id)))


def add(rules: Iterable[Rule]) -> None:
    """Add rules of others to the catalogue. One that was added before is replaced.

    :raises ValueError: an id is that of a rule of wirelint itself.
    """
    taken = {rule.id for rule in catalogue()} - _added.keys()
    for rule in rules:
        if rule.id in taken:
            raise ValueError(f"wirelint has a rule {rule.id} of its own")
        _added[rule.id] = rule
    catalogue.cache_clear()
