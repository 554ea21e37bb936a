"""Load YAML of recorders: plain values only."""

from __future__ import annotations

from typing import Any

import yaml


class _Loader(yaml.CSafeLoader):
    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Leave merge keys as they are: recorders write none, and their cost grows with the square of their number."""


def load(data: bytes) -> Any:
    """Return the value of a YAML document.

    :raises ValueError: it is broken, or nested too deeply.
    """
    try:
        return yaml.load(data, _Loader)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError("broken YAML") from error
