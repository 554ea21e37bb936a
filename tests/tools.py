"""Programs and libraries that some tests need beside what wirelint needs: nginx, wrk, chromium, readers of reports."""

from __future__ import annotations

import importlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import pytest

NAMES: Mapping[str, tuple[str, ...]] = {
    "alertmanager": ("prometheus-alertmanager", "alertmanager"),
    "chromium": (
        "chromium",
        "chromium-browser",
        "google-chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    ),
}
"""Where a program goes by more than one name."""

SERVER_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
"""Where servers live: not on everybody's PATH."""


def find_tool(name: str) -> Path | None:
    """Return the path of the program ``name``, if it is installed."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *SERVER_FOLDERS))
    for alias in NAMES.get(name, (name,)):
        if found := shutil.which(alias, path=path):
            return Path(found)
    return None


def require_tool(name: str) -> Path:
    """Return the path of the program ``name``; without it the test fails in CI (``CI=true``) and is skipped elsewhere.

    Call it in a test or a fixture. In CI a missing program would otherwise hide every test that needs it.
    """
    return find_tool(name) or missing(name)


def require_library(name: str) -> Any:
    """Return the module ``name`` of a library that is an extra, or that only tests use; see ``require_tool``.

    Called while a test module is imported, it skips all tests of that module, or fails them in CI.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        missing(name)


def missing(name: str) -> NoReturn:
    """Fail in CI, skip the test elsewhere."""
    if os.environ.get("CI", "").lower() in {"true", "1"}:
        pytest.fail(f"{name} is not installed, and CI must have it", pytrace=False)
    pytest.skip(f"{name} is not installed", allow_module_level=True)
