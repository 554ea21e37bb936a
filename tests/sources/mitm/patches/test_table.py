"""The table of patches is complete, and fits the installed mitmproxy."""

from __future__ import annotations

import asyncio
import importlib
import logging
import pkgutil
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mitmproxy import master, options, version
from mitmproxy.proxy import mode_specs

from wirelint.sources.mitm import patches
from wirelint.sources.mitm.master import HeadlessMaster
from wirelint.sources.mitm.patches import TABLE
from wirelint.sources.mitm.patches.patch import TRIED_ON, Patch, is_tried

ROOT = Path(__file__).parents[4]


def named(name: str) -> Any:
    """Return what a dotted name stands for."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            found = getattr(found, part)
        return found
    raise AssertionError(name)


def test_it_lists_every_module() -> None:
    modules = [
        importlib.import_module(f"{patches.__name__}.{each.name}") for each in pkgutil.iter_modules(patches.__path__)
    ]
    found = [module.PATCH for module in modules if hasattr(module, "PATCH")]
    assert len(found) == len(modules) - 2, "all but patch.py and http1.py are changes"
    assert sorted(found, key=str) == sorted(TABLE, key=str)


def test_the_installed_mitmproxy_was_tried() -> None:
    assert version.VERSION.startswith(TRIED_ON)
    assert is_tried()


@pytest.mark.parametrize("patch", TABLE, ids=lambda patch: patch.test.rpartition("::")[2])
def test_each_entry(patch: Patch) -> None:
    file, _, test = patch.test.partition("::")
    assert re.search(rf"^(async )?def {test}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
    assert patch.reason
    assert not patch.upstream or re.fullmatch(
        r"https://github\.com/mitmproxy/mitmproxy/(issues|pull)/\d+", patch.upstream
    )
    for name in patch.replaces:
        if name != "mitmproxy.master.Master._legacy_log_events":  # an attribute of instances
            assert named(name)


def test_workers_listen_for_tcp_alone() -> None:
    """In a process of its own, as the change stays for its life."""
    mode = 'mode_specs.ProxyMode.parse("reverse:https://shop.example@8080").transport_protocol'
    code = f"""
from mitmproxy.proxy import mode_specs
from wirelint.sources.mitm.patches import streams_only
print({mode})
streams_only.apply()
print({mode})
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.split() == [mode_specs.BOTH, mode_specs.TCP]


def test_log_records_raise_no_event() -> None:
    asyncio.run(_log_records_raise_no_event())


async def _log_records_raise_no_event() -> None:
    root = logging.getLogger()
    before = list(root.handlers)
    try:
        stock = master.Master(options.Options())
        assert stock._legacy_log_events in root.handlers
        stock._legacy_log_events.uninstall()
        ours = HeadlessMaster(options.Options())
        assert ours._legacy_log_events not in root.handlers
    finally:
        for handler in set(root.handlers) - set(before):
            root.removeHandler(handler)
