"""What is compiled, and what a wheel holds: by itself nothing that is."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import sysconfig
import zipfile
from importlib import metadata
from pathlib import Path

import hatch_build
import pytest

from wirelint.cli.form import compiled
from wirelint.core import engine

ROOT = Path(__file__).parents[1]
ADDONS = ROOT / "addons"
MODULES = hatch_build.modules(ROOT)
BUILD = """
import sys
sys.modules.update(dict.fromkeys(("mypy", "mypyc", "setuptools")))
from hatchling.build import build_wheel
print(build_wheel(sys.argv[1]))
"""


def build(folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Build a wheel where neither mypyc nor setuptools can be imported, and no program is to be found."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HATCH_") and name != "CC"}
    command = [sys.executable, "-c", BUILD, str(folder)]
    env = {**kept, "PATH": str(folder), **env}
    return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


def test_the_engine_and_all_rules_are_compiled() -> None:
    rules = {str(file.relative_to(ADDONS)) for file in (ADDONS / "wirelint/rules").glob("*/[!_]*.py")}
    assert {"wirelint/core/engine.py", "wirelint/evidence/said.py", *rules} < set(MODULES)
    assert "wirelint/core/exchange.py" not in MODULES


def test_modules_with_classes_that_cannot_be_native_are_left_out(tmp_path: Path) -> None:
    core = tmp_path / "addons/wirelint/core"
    core.mkdir(parents=True)
    (core.parent / "__init__.py").touch()
    (core / "__init__.py").touch()
    for name, text in {
        "plain": "from wirelint.core.packed import Packed\n\n\nclass Plain:\n    of: Packed\n",
        "packed": "import msgspec\n\n\nclass Packed(\n    msgspec.Struct\n):\n    one: int\n",
        "inherited": "from wirelint.core import packed\n\n\nclass More(packed.Packed):\n    two: int\n",
        "asked": "import typing as t\n\n\n@t.runtime_checkable\nclass Asked(t.Protocol):\n    one: int\n",
    }.items():
        (core / f"{name}.py").write_text(text)
    assert hatch_build.modules(tmp_path) == ["wirelint/core/plain.py"]


def test_a_wheel_is_the_sources_and_needs_no_compiler(tmp_path: Path) -> None:
    done = build(tmp_path)
    assert done.returncode == 0, done.stderr
    wheel = tmp_path / done.stdout.split()[-1]
    assert wheel.name.endswith("-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    sources = {str(file.relative_to(ADDONS)) for file in ADDONS.rglob("*") if file.is_file()}
    assert held == {name for name in sources if not name.endswith(".pyc")}


def test_a_missing_compiler_is_told(tmp_path: Path) -> None:
    done = build(tmp_path, HATCH_BUILD_HOOK_ENABLE_CUSTOM="1", CC="no-such-compiler -O2")
    assert done.returncode != 0
    assert "there is no C compiler no-such-compiler. Install one" in done.stderr
    assert not list(tmp_path.iterdir())


def test_missing_headers_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", sys.executable)
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))
    with pytest.raises(hatch_build.NoCompilerError, match=r"there is no Python\.h in .* \(Debian: python3-dev\)"):
        hatch_build.check_compiler()


@pytest.mark.skipif(not compiled(), reason="the compiled form is not what runs: make test-compiled")
def test_what_runs_is_compiled() -> None:
    named = subprocess.run([sys.executable, "-m", "wirelint", "--version"], capture_output=True, text=True, check=True)
    assert named.stdout.endswith(", compiled\n")
    packages = Path(engine.__file__).parents[2]
    for name in MODULES:
        module = importlib.import_module(name.removesuffix(".py").replace("/", "."))
        assert Path(module.__file__ or "").suffix == ".so", name
        assert packages.joinpath(name).read_bytes() == ADDONS.joinpath(name).read_bytes(), f"{name}: make compiled"
    left = {file.suffix for file in packages.rglob("*") if file.is_file() and file.parent.name != "bin"}
    assert not left & {".c", ".h", ".o"}
    told = (metadata.distribution("wirelint").read_text("WHEEL") or "").splitlines()
    assert "Root-Is-Purelib: false" in told
    assert f"Tag: cp3{sys.version_info.minor}-cp3{sys.version_info.minor}-" in "\n".join(told)
