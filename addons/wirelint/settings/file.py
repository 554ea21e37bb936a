"""Read the configuration file: ``wirelint.toml``, or ``[tool.wirelint]`` of ``pyproject.toml``.

A key is the name of a command line option. At the top level it applies to every command with that option, in a
command's table to that command. Settings of services and routes are in other tables (``tables``).
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

FILE: Final = "wirelint.toml"
_PYPROJECT: Final = "pyproject.toml"
_LONGEST: Final = 1024 * 1024


class ConfigError(Exception):
    """The settings are invalid; the message fits on one line."""


class Config(msgspec.Struct, frozen=True):
    """The content of a configuration file; ``path`` is the path to show, None if there is no file."""

    path: str | None = None
    values: Mapping[str, Any] = {}

    def of(self, command: str, names: Iterable[str]) -> dict[str, Any]:
        """Return the settings of the file for a command, by option name in kebab case."""
        general = {_kebab(key): value for key, value in self.values.items() if not isinstance(value, dict)}
        own = self.values.get(command)
        own = {_kebab(key): value for key, value in own.items()} if isinstance(own, dict) else {}
        return {name: (general | own)[name] for name in names if name in general or name in own}


def nearest(name: str, known: Iterable[str]) -> str:
    """Return «; did you mean …?», or an empty text if no known name is near."""
    known = sorted(known)
    # A name's beginning, or a part of a long one, is meant as well.
    close = (
        [other for other in known if len(name) > 3 and other.startswith(name.lower())]
        or difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.6)
        or [other for other in known if len(name) > 3 and name.lower() in other]
    )
    return f"; did you mean {close[0]}?" if close else ""


def find(start: Path) -> Path | None:
    """Return the configuration file of ``start`` or of the nearest folder above that has one."""
    for folder in (start, *start.parents):
        if (file := folder / FILE).is_file():
            return file
        if (file := folder / _PYPROJECT).is_file() and b"tool.wirelint" in _read(file):
            return file
    return None


def load(path: Path, known: Mapping[str, Mapping[str, bool]], tables: Collection[str] = ()) -> Config:
    """Read a configuration file.

    :param path: the file; in one named ``pyproject.toml`` only ``[tool.wirelint]`` counts.
    :param known: for each command its options, and whether each takes a list.
    :param tables: other keys of the top level; their values are not checked here.
    :raises ConfigError: it cannot be read, is not TOML, or has an unknown key.
    """
    try:
        values = tomllib.loads(_read(path).decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: invalid TOML: {' '.join(str(error).split())}") from error
    if path.name == _PYPROJECT:
        values = values.get("tool", {}).get("wirelint", {})
        if not isinstance(values, dict):
            raise ConfigError(f"{path}: tool.wirelint is not a table")
    _check(path, values, known, tables)
    return Config(str(path), values)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LONGEST)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from error


def _check(
    path: Path, values: Mapping[str, Any], known: Mapping[str, Mapping[str, bool]], tables: Collection[str]
) -> None:
    anywhere = {name: takes_list for options in known.values() for name, takes_list in options.items()}
    for key, value in values.items():
        if _kebab(key) in tables:
            continue
        if isinstance(value, dict) and key not in known:
            hint = nearest(_kebab(key), [*known, *tables])
            raise ConfigError(f"{path}: {key[:60]}: unknown setting{hint}")
        if isinstance(value, dict):
            for name, inner in value.items():
                _check_one(f"{path}: {key}.{name}", name, inner, known[key])
        else:
            _check_one(f"{path}: {key}", key, value, anywhere, tables=[*known, *tables])


def _check_one(place: str, name: str, value: object, known: Mapping[str, bool], *, tables: Iterable[str] = ()) -> None:
    folded = _kebab(name)
    if folded not in known:
        raise ConfigError(f"{place}: unknown setting{nearest(folded, [*known, *tables])}")
    if isinstance(value, list):
        if not known[folded] or not all(isinstance(item, str) for item in value):
            raise ConfigError(f"{place}: {'must be a list of texts' if known[folded] else 'must be one value'}")
    elif not isinstance(value, str | int | float):
        raise ConfigError(f"{place}: must be a text, a number or a truth value")


def _kebab(key: str) -> str:
    return key.replace("_", "-")
