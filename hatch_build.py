"""Compiles the engine into the wheel with mypyc, where ``HATCH_BUILD_HOOK_ENABLE_CUSTOM=1`` asks for it.

What is compiled stands beside its source in the wheel, and Python takes it first. All of it is built in a temporary
folder; hatch-mypyc builds in the source tree, and moves pyproject.toml away meanwhile.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_SOURCES: Final = "addons"
_FOLDERS: Final = ("core", "evidence", "history", "rules")
# Run by an interpreter of its own, so that the process that builds the wheel imports nothing of it.
_LOOK: Final = """
import importlib, json, pathlib, sys
import msgspec

def is_native(kind):
    return not issubclass(kind, msgspec.Struct) and not getattr(kind, "_is_runtime_protocol", False)

sources = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(sources))
found = []
for file in sorted(file for folder in sys.argv[2:] for file in (sources / "wirelint" / folder).rglob("*.py")):
    if file.name != "__init__.py":
        module = importlib.import_module(".".join(file.relative_to(sources).with_suffix("").parts))
        kinds = [each for each in vars(module).values() if isinstance(each, type)]
        if all(is_native(kind) for kind in kinds if kind.__module__ == module.__name__):
            found.append(str(file.relative_to(sources)))
print(json.dumps(found))
"""


class NoCompilerError(Exception):
    """There is no C compiler, or it lacks Python's headers; the message is for who builds."""


def modules(root: Path) -> list[str]:
    """Return the files to compile, as paths below ``addons``: what every exchange passes through.

    Packages' own files stay interpreted, and modules with a class that mypyc cannot make native: a struct of msgspec,
    or a protocol that is asked for at run time. Each module is imported to see which classes it has.
    """
    sources = root / _SOURCES
    asked = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-c", _LOOK, str(sources), *_FOLDERS], capture_output=True, text=True, check=True
    )
    found: list[str] = json.loads(asked.stdout)
    return found


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
