"""Write exported files: YAML with comments, never half of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import click
import yaml

FOLDER: Final = click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")


class _Dumper(yaml.SafeDumper):
    """Writes lists indented below their keys, and texts of several lines as blocks."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - anchors are harder to read than what they save
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


def yaml_text(documents: Iterable[Any], comment: str = "") -> str:
    """Return YAML of one or more documents.

    :param comment: lines to put before them.
    """
    above = "".join(f"# {line}".rstrip() + "\n" for line in comment.splitlines())
    return above + yaml.dump_all(documents, Dumper=_Dumper, sort_keys=False, width=110, allow_unicode=True)


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write files into a folder, made where there is none, and say so.

    :param files: name, or path below the folder → content.
    :raises click.UsageError: one cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content, encoding="utf-8")
            click.echo(f"wrote {folder / name}")
    except OSError as error:
        where = error.filename or folder
        raise click.UsageError(f"cannot write {where}: {error.strerror}", click.get_current_context()) from error
