"""Load rules of others: files of a folder, and modules that installed packages name as ``wirelint.rules``.

Such a rule is one file, as wirelint's own are. docs/plugins.md says what it may rely on.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Final

import click

from wirelint import rules
from wirelint.core.rule import Rule, silent
from wirelint.core.wire import exchanges
from wirelint.settings.options import option

CONTRACT: Final = 1
"""The version of what rules of others may rely on. A module can say which it was written for, as ``CONTRACT``."""

GROUP: Final = "wirelint.rules"
"""The group of entry points, each of which names a module with a rule."""

_id: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


class PluginError(Exception):
    """A file or module holds no rule that can be used; the message says which and why, in one line."""


def of_folder(folder: Path) -> list[Rule]:
    """Load each ``*.py`` of a folder, and of its subfolders, whose names are families.

    What begins with ``_`` or a dot is left out.

    :raises PluginError: one cannot be used, or there is none.
    """
    found = []
    for path in sorted([*folder.glob("*.py"), *folder.glob("*/*.py")]):
        inner = path.relative_to(folder)
        if any(part.startswith(("_", ".")) for part in inner.parts):
            continue
        family = inner.parts[-2].replace("_", "-") if len(inner.parts) > 1 else "custom"
        found.append(_of_module(_imported(path), family, path.stem, str(path)))
    if not found:
        raise PluginError(f"{folder}: no file with a rule (*.py)")
    return found


def of_packages() -> Iterator[Rule | PluginError]:
    """Load the modules that installed packages name; an error for each that cannot be used."""
    for point in sorted(entry_points(group=GROUP), key=lambda each: each.name):
        try:
            module = point.load()
            yield _of_module(module, "custom", point.name.replace("-", "_"), f"{GROUP}: {point.name}")
        except PluginError as error:
            yield error
        except Exception as error:  # noqa: BLE001 - whatever a package of others does
            yield PluginError(f"{GROUP}: {point.name}: {_why(error)}")


def _imported(path: Path) -> ModuleType:
    name = f"wirelint_rule_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PluginError(f"{path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever the file does
        raise PluginError(f"{path}: {_why(error)}") from error
    return module


def _of_module(module: ModuleType, family: str, stem: str, where: str) -> Rule:
    written_for = getattr(module, "CONTRACT", CONTRACT)
    if written_for != CONTRACT:
        raise PluginError(f"{where}: written for version {written_for} of the contract, this is {CONTRACT}")
    missing = [name for name in ("RULE", "check", "BAD", "GOOD") if not hasattr(module, name)]
    if missing or not (module.__doc__ or "").strip():
        raise PluginError(f"{where}: has no {' and no '.join(missing or ['docstring'])}")
    if not isinstance(module.RULE, Rule):
        raise PluginError(f"{where}: RULE is no Rule")
    try:
        rule = rules.completed(module, family, stem)
        for text in (*rule.bad, *rule.good):
            for _ in exchanges(text):
                pass
    except Exception as error:
        raise PluginError(f"{where}: {_why(error)}") from error
    if not _id.fullmatch(rule.id):
        raise PluginError(f"{where}: {rule.id!r} is no id: small letters, digits and hyphens")
    if not callable(rule.check) or rule.check is silent:
        raise PluginError(f"{where}: check is no function")
    return rule


def _why(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


def _load(context: click.Context, _parameter: click.Parameter, folders: tuple[Path, ...]) -> tuple[Path, ...]:
    for found in of_packages():
        try:
            if isinstance(found, PluginError):
                raise found
            rules.add([found])
        except (PluginError, ValueError) as error:
            click.echo(f"wirelint: a rule is left out: {error}", err=True)
    for folder in folders:
        try:
            rules.add(of_folder(folder))
        except (PluginError, ValueError) as error:
            raise click.BadParameter(str(error), context, param_hint="--rules") from error
    return folders


plugin_rules: Final = option(
    "--rules",
    "rule_folders",
    multiple=True,
    expose_value=False,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    callback=_load,
    metavar="FOLDER",
    help="Also run the rules of this folder, a Python file each. Repeatable.",
)
"""Adds ``--rules``, and the rules of installed packages."""
