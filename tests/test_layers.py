"""The layers of the package: no import leads upwards, audits stay pure, each outside library has one door.

And each name stands for one thing: no two public classes share theirs.
"""

from __future__ import annotations

import ast
import graphlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ADDONS = Path(__file__).parents[1] / "addons"

LAYERS = (
    *("core", "evidence", "history", "rules"),
    *("openapi", "settings", "sinks", "sources", "reports", "web", "monitoring"),
    *("probing", "live", "demo", "cli", "gen", "pytest_plugin"),
)
"""Folders and modules of the package: each may import itself and those before it."""

PURE = frozenset({"core", "evidence", "history", "rules"})
"""The folders that audit: they do no I/O, read no clock and log nothing."""

LIBRARIES = frozenset({"msgspec", "brotli", "zstandard", "backports", "compression"})
"""The libraries that ``PURE`` may import; the standard library has ``compression`` from Python 3.14 on."""

IMPURE = frozenset(
    {"asyncio", "http", "logging", "selectors", "socket", "ssl", "subprocess", "tempfile", "threading", "time"}
)
"""The modules of the standard library that ``PURE`` may not import."""

DOORS: Mapping[str, str | tuple[str, ...]] = {
    "mitmproxy": "wirelint/sources/mitm/",
    "mitmproxy_rs": "wirelint/sources/mitm/",
    "prometheus_client": "wirelint/sinks/metrics/",
    "jsonschema_rs": "wirelint/openapi/",
    "yaml": ("wirelint/openapi/", "wirelint/cli/exports/", "wirelint/sources/plain_yaml.py"),
    "opentelemetry": "wirelint/sinks/otel/",
    "grpc": "wirelint/sources/envoy/",
    "envoy": "wirelint/sources/envoy/",
}
"""Outside libraries, and where alone each is imported."""

PROBE = """
import importlib, json, pkgutil, sys
import msgspec
sys.path.insert(0, sys.argv[1])
before = set(sys.modules)
for name in sys.argv[2:]:
    package = importlib.import_module("wirelint." + name)
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and full name of everything imported, by statement or by ``import_module`` of a literal."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                base = "." * level + (module or "")
                yield from ((node.lineno, f"{base}.{alias.name}" if base == "wirelint" else base) for alias in names)
            case ast.Call(
                func=ast.Attribute(attr="import_module") | ast.Name(id="import_module" | "__import__"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield node.lineno, name


def objection(path: str, name: str) -> str | None:
    """Why the file ``path``, relative to ``addons``, may not import ``name``; None if it may."""
    top = name.partition(".")[0]
    door = DOORS.get(top)
    if door and not path.startswith(door):
        return f"only {door if isinstance(door, str) else ' and '.join(door)} imports {top}"
    layer = path.split("/")[1].removesuffix(".py") if "/" in path else "__main__"
    if layer.startswith("__"):
        return None
    if layer not in LAYERS:
        return f"{layer} has no place among the layers"
    if top == "wirelint":
        part = name.split(".")[1] if "." in name else "__init__"
        below = LAYERS[: LAYERS.index(layer) + 1]
        return None if part in below or part.startswith("__") else f"{part} stands above {layer}"
    return impurity(layer, top) if layer in PURE else None


def impurity(layer: str, top: str) -> str | None:
    """Why a folder of ``PURE`` may not import a module that is not ours; None if it may."""
    if top in IMPURE:
        return f"{layer} does no I/O, reads no clock, logs nothing"
    if top not in LIBRARIES and top not in sys.stdlib_module_names:
        return f"{layer} needs no {top or 'relative import'}"
    return None


def offences(addons: Path) -> list[str]:
    """Return each forbidden import below ``addons`` as ``file:line: name: why``, in order."""
    return [
        f"{path}:{line}: {name}: {why}"
        for file in sorted(addons.rglob("*.py"))
        for path in [file.relative_to(addons).as_posix()]
        for line, name in sorted(imported(ast.parse(file.read_text(encoding="utf-8"))))
        if (why := objection(path, name))
    ]


def cycle(addons: Path) -> list[str]:
    """Return modules below ``addons`` that import each other in a circle; an empty list if none do."""
    files = {
        ".".join(file.relative_to(addons).with_suffix("").parts).removesuffix(".__init__"): file
        for file in addons.rglob("*.py")
    }
    graph: dict[str, set[str]] = {}
    for module, file in files.items():
        found = set()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                names = [f"{base}.{alias.name}" for alias in node.names]
                found |= {name if name in files else base for name in names}
        graph[module] = (found & files.keys()) - {module}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def names_taken_twice(addons: Path) -> list[str]:
    """Return public classes below ``addons`` that share a name, each as ``Name: file, file``, in order."""
    found: dict[str, list[str]] = {}
    for file in sorted(addons.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found.setdefault(node.name, []).append(file.relative_to(addons).as_posix())
    return [f"{name}: {', '.join(files)}" for name, files in sorted(found.items()) if len(files) > 1]


def loaded(addons: Path, *packages: str) -> set[str]:
    """Return the modules that importing all of ``wirelint.<package>`` brings in, beyond those of msgspec."""
    command = [sys.executable, "-c", PROBE, str(addons), *packages]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stdout))


def test_no_import_leads_upwards() -> None:
    assert offences(ADDONS) == []


def test_no_modules_import_each_other() -> None:
    assert cycle(ADDONS) == []


def test_no_two_classes_share_a_name() -> None:
    assert names_taken_twice(ADDONS) == []


def test_audits_load_nothing_that_does_io() -> None:
    modules = loaded(ADDONS, *PURE)
    assert {f"wirelint.{layer}" for layer in PURE} <= modules
    tops = {name.partition(".")[0] for name in modules}
    assert tops & (IMPURE - {"time"} | DOORS.keys() | {"click", "rich"}) == set()
    ours = {name.split(".")[1] for name in modules if name.startswith("wirelint.")}
    assert ours == PURE


def test_the_scan_sees_each_way_past(tmp_path: Path) -> None:
    sources = {
        "core/a.py": "import json, msgspec\nimport socket\nfrom wirelint.rules import registry\n",
        "core/b.py": "def f():\n    from wirelint import sinks\n",
        "core/c.py": "import importlib\nimportlib.import_module('brotli')\nimportlib.import_module('rich.table')\n",
        "core/d.py": "from . import a\n",
        "core/e.py": "from wirelint import __version__\n",
        "evidence/a.py": "from wirelint.core import a\nfrom wirelint.evidence import a\nimport wirelint.rules.b\n",
        "rules/a.py": "from time import monotonic\nfrom wirelint.evidence import a\n",
        "sinks/jsonl.py": "import time\nimport prometheus_client\n",
        "sinks/metrics/a.py": "import prometheus_client\nimport mitmproxy.http\n",
        "sources/mitm/a.py": "from mitmproxy import http\n",
        "sources/har.py": "from mitmproxy import http\nfrom wirelint import cli\n",
        "live.py": "from wirelint.sinks import jsonl\nfrom wirelint.cli.proxy import command\n",
        "cli/a.py": "from wirelint import live\nimport wirelint.gen.text\n",
        "loose.py": "import json\n",
        "__main__.py": "from wirelint.cli import main\n",
    }
    for path, source in sources.items():
        file = tmp_path / "wirelint" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source)
    assert [offence.rpartition(": ")[0].removeprefix("wirelint/") for offence in offences(tmp_path)] == [
        "cli/a.py:2: wirelint.gen.text",
        "core/a.py:2: socket",
        "core/a.py:3: wirelint.rules",
        "core/b.py:2: wirelint.sinks",
        "core/c.py:3: rich.table",
        "core/d.py:1: .",
        "evidence/a.py:3: wirelint.rules.b",
        "live.py:2: wirelint.cli.proxy",
        "loose.py:1: json",
        "rules/a.py:1: time",
        "sinks/jsonl.py:2: prometheus_client",
        "sinks/metrics/a.py:2: mitmproxy.http",
        "sources/har.py:1: mitmproxy",
        "sources/har.py:2: wirelint.cli",
    ]


def test_the_scan_sees_modules_that_import_each_other(tmp_path: Path) -> None:
    core = tmp_path / "wirelint" / "core"
    core.mkdir(parents=True)
    sources = {
        "__init__": "",
        "a": "from wirelint.core import b\n",
        "b": "def late():\n    import wirelint.core.c\n",
        "c": "from wirelint.core.a import name\n",
    }
    for name, source in sources.items():
        (core / f"{name}.py").write_text(source)
    found = cycle(tmp_path)
    assert {f"wirelint.core.{name}" for name in "abc"} == set(found)
    (core / "c.py").write_text("from wirelint.core import d\n")
    assert cycle(tmp_path) == []


def test_the_probe_sees_what_a_module_loads(tmp_path: Path) -> None:
    package = tmp_path / "wirelint" / "core"
    package.mkdir(parents=True)
    for folder in (package.parent, package):
        (folder / "__init__.py").write_text("")
    (package / "late.py").write_text("import logging.handlers\n")
    assert {"wirelint.core.late", "logging"} <= loaded(tmp_path, "core")


def test_the_scan_sees_names_taken_twice(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("class One:\n    class Inner: ...\nclass _Own: ...\n")
    (tmp_path / "b.py").write_text("class Two: ...\nclass _Own: ...\ndef f():\n    class Inner: ...\n")
    assert names_taken_twice(tmp_path) == ["Inner: a.py, b.py"]
