"""Describe the machine of the measurements."""

from __future__ import annotations

import os
import platform
import sysconfig
from importlib import metadata
from pathlib import Path


def machine() -> str:
    """Return processor, system, Python, mitmproxy and wirelint in a line or two."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{_processor()}, {usable} cores; {platform.system()} {platform.machine()}; "
        f"{platform.python_implementation()} {platform.python_version()} ({_build()}); "
        f"mitmproxy {metadata.version('mitmproxy')}, wirelint {metadata.version('wirelint')}"
    )


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def _build() -> str:
    """Return how Python was built, which makes a difference of a fifth and more."""
    arguments = str(sysconfig.get_config_var("CONFIG_ARGS") or "")
    words = ["with PGO" if "--enable-optimizations" in arguments else "without PGO"]
    if "--with-lto" in arguments:
        words.append("LTO")
    if "--with-pydebug" in arguments:
        words.append("debug")
    return ", ".join(words)
