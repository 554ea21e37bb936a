"""Compiles the engine into the wheel with mypyc, where ``HATCH_BUILD_HOOK_ENABLE_CUSTOM=1`` asks for it.

What is compiled stands beside its source in the wheel, and Python takes it first. All of it is built in a temporary
folder; hatch-mypyc builds in the source tree, and moves pyproject.toml away meanwhile.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import sysconfig
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_SOURCES: Final = "addons"
_FOLDERS: Final = ("core", "evidence", "history", "rules")
_not_native: Final = re.compile(r"^class \w+\([^)]*\bStruct\b|^@(?:\w+\.)?runtime_checkable\b", re.MULTILINE)


class NoCompilerError(Exception):
    """There is no C compiler, or it lacks Python's headers; the message is for who builds."""


def modules(root: Path) -> list[str]:
    """The files to be compiled, as paths below ``addons``: what every exchange passes through.

    Left out are packages' own files, and those that mypyc cannot make native classes of: structs of msgspec, and
    protocols that are asked for at run time.
    """
    sources = root / _SOURCES
    found = sorted(file for each in _FOLDERS for file in (sources / "wirelint" / each).rglob("*.py"))
    return [
        str(file.relative_to(sources))
        for file in found
        if file.name != "__init__.py" and not _not_native.search(file.read_text(encoding="utf-8"))
    ]


def check_compiler() -> None:
    """Look for the C compiler, and for Python's headers.

    :raises NoCompilerError: one of them is not there.
    """
    name, *_ = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")
    if shutil.which(name) is None:
        raise NoCompilerError(
            f"wirelint is to be compiled, and there is no C compiler {name}. Install one with the C library's headers "
            "(Debian: gcc libc6-dev), or unset HATCH_BUILD_HOOK_ENABLE_CUSTOM for the form that is not compiled."
        )
    headers = Path(sysconfig.get_path("include"))
    if not (headers / "Python.h").exists():
        raise NoCompilerError(
            f"wirelint is to be compiled, and there is no Python.h in {headers} (Debian: python3-dev)."
        )


def compile_modules(root: Path, files: Sequence[str], folder: Path) -> list[Path]:
    """Compile ``files`` (see ``modules``) with all processors: a library, and for each of them a file that asks it.

    :param folder: where C and objects go, and what is returned, below ``lib``.
    :raises NoCompilerError: there is none.
    """
    check_compiler()
    # Only who compiles has these. setuptools must come before what mypyc takes of it.
    from setuptools import Distribution  # noqa: PLC0415
    from setuptools.command.build_ext import build_ext  # noqa: PLC0415

    from mypyc.build import mypycify  # noqa: PLC0415 # isort: skip

    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()

    class Build(build_ext):  # type: ignore[misc] # it has no types
        def build_extensions(self) -> None:
            one_by_one = self.compiler.compile

            def at_once(sources: Iterable[str], *args: Any, **options: Any) -> list[str]:
                with ThreadPoolExecutor(cpus) as pool:
                    made = pool.map(lambda source: one_by_one([source], *args, **options), sources)
                    return [each for objects in made for each in objects]

            self.compiler.compile = at_once
            super().build_extensions()

    with contextlib.chdir(root / _SOURCES):
        extensions = mypycify(
            [f"--config-file={root / 'pyproject.toml'}", f"--cache-dir={os.devnull}", *files],
            opt_level="3",
            debug_level="0",
            multi_file=True,  # takes half the memory, all processors, and runs as fast
            target_dir=str(folder / "c"),
            group_name="wirelint",
        )
        for extension in extensions:
            # Calls within the library are direct where nothing outside can take their place. -w: what compilers that
            # mypyc does not know yet warn about is no error.
            extension.extra_compile_args += ["-w", "-fvisibility=hidden"]
        command = Build(Distribution({"name": "wirelint", "ext_modules": extensions}))
        command.build_lib, command.build_temp, command.parallel = str(folder / "lib"), str(folder / "objects"), cpus
        command.ensure_finalized()
        command.run()
    return sorted(path for path in (folder / "lib").rglob("*") if path.is_file())


class CompiledBuildHook(BuildHookInterface[Any]):
    """Adds what is compiled to the wheel, and says for which Python and system that is good."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, except for an editable install: there, what was edited last must run.

        :raises NoCompilerError: there is none.
        """
        if version == "editable":
            return
        root = Path(self.root)
        self._folder = tempfile.TemporaryDirectory(prefix="wirelint-")
        folder = Path(self._folder.name)
        for path in compile_modules(root, modules(root), folder):
            build_data["force_include"][str(path)] = f"{_SOURCES}/{path.relative_to(folder / 'lib')}"
        build_data["pure_python"] = False
        build_data["infer_tag"] = True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what the wheel was made of."""
        del build_data, artifact_path
        if version != "editable":
            self._folder.cleanup()
