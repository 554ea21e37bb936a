"""Flags beat the environment, which beats the file, for everything that can be set."""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest

from lab.cli import Shell
from wirelint.cli import Invocation, cli
from wirelint.cli.outputs import Output
from wirelint.settings.options import options_of, settable, takes_list, variable

TEXTS = {
    "services": ("a=http://a", "b=http://b", "c=http://c"),
    "select": ("low", "medium", "high"),
    "ignore": ("low", "medium", "high"),
    "output": ("json:a", "sarif:b", "junit:c"),
    "transparent": ("15001", "15002", "15003"),
}


class Case(NamedTuple):
    """Something that can be set, and a value for each place: file, environment, flag."""

    command: click.Command
    key: str
    item: click.Parameter
    values: tuple[Any, Any, Any]

    @property
    def flag(self) -> list[str]:
        """Return the words that set it on the command line."""
        value = self.values[2]
        if isinstance(self.item, click.Argument):
            return [value]
        return [f"--{self.key}"] if value is True else [f"--{self.key}", str(value)]

    @property
    def toml(self) -> str:
        """Return the line that sets it in the file."""
        return f"[{self.command.name}]\n{self.key} = {json.dumps(self.values[0])}\n"

    def variable(self) -> dict[str, str]:
        """Return the variable that sets it."""
        return {variable(self.key): str(self.values[1]).lower()}

    def read(self, *words: str) -> Any:
        """Return the value in force where the command line says so."""
        files = ["a.har"] if self.command.name == "audit" else []
        with self.command.make_context(
            self.command.name, [*words, *files], parent=click.Context(cli, obj=Invocation())
        ) as context:
            value = context.params[self.item.name or ""]
        value = value[0] if takes_list(self.item) else value
        return str(value) if isinstance(value, Path | Enum | Output) else value


def values(key: str, item: click.Parameter) -> tuple[Any, Any, Any]:
    """Return three allowed values, each unlike the one before, and the first and last unlike the default."""
    kind = item.type
    if key in TEXTS:
        return TEXTS[key]
    if isinstance(item, click.Option) and item.is_flag:
        return True, False, True
    if isinstance(kind, click.Choice):
        words = [word for word in kind.choices if word != item.default]
        return words[0], words[1 % len(words)], words[-1]
    if isinstance(kind, click.FloatRange):
        return 0.25, 0.5, 0.75
    if isinstance(kind, click.IntRange):
        return 11, 12, 13
    return "one", "two", "three"


def cases() -> Iterator[Case]:
    for name in ("proxy", "audit"):
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        for key, item in options_of(command).items():
            # Folders of rules must exist; their tests have their own.
            if key in settable(cli)[name] and key != "rules":
                yield Case(command, key, item, values(key, item))


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.command.name}-{case.key}") for case in cases()])
def test_flags_beat_the_environment_which_beats_the_file(case: Case, wirelint: Shell) -> None:
    def row() -> list[str]:
        run = wirelint("config", str(case.command.name))
        assert run.code == 0, run.err
        return next(words[2:] for line in run.out.splitlines() if (words := line.split())[1] == case.key)

    def shown(value: Any) -> str:
        if case.key == "page-token":
            return "(set)"
        return str(value) if not isinstance(value, bool) else "yes" if value else "no"

    default = case.read() if not takes_list(case.item) else None
    file = wirelint.write("wirelint.toml", case.toml)
    assert case.read() == case.values[0]
    assert row() == [shown(case.values[0]), str(file)]
    wirelint.env(**case.variable())
    assert case.read() == case.values[1]
    assert row() == [shown(case.values[1]), variable(case.key)]
    assert case.read(*case.flag) == case.values[2]
    assert default not in case.values[2:]


def test_a_variable_that_cannot_be_used_is_an_error_of_the_command(wirelint: Shell) -> None:
    wirelint.env(WIRELINT_METRICS_PORT="many")
    run = wirelint("config", "proxy")
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith("wirelint proxy: '--metrics-port': 'many' is not a valid integer")


def test_an_empty_variable_says_nothing(wirelint: Shell) -> None:
    wirelint.write("wirelint.toml", "sample = 0.5\n")
    wirelint.env(WIRELINT_SAMPLE="")
    assert ["proxy", "sample", "0.5"] in [line.split()[:3] for line in wirelint("config").out.splitlines()]
