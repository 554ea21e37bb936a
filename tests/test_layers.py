"""Who may import whom: what judges stays pure, and each outside library has one door.

``core`` stands alone, ``evidence`` reads core, ``history`` remembers what evidence tells, ``rules`` read all three;
none of them does I/O, reads a clock or logs.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ADDONS = Path(__file__).parents[1] / "addons"

LAYERS: Mapping[str, frozenset[str]] = {
    "core": frozenset({"core"}),
    "evidence": frozenset({"core", "evidence"}),
    "history": frozenset({"core", "evidence", "history"}),
    "rules": frozenset({"core", "evidence", "history", "rules"}),
}
"""The folders that judge, and the folders of ours that each may import."""

LIBRARIES = frozenset({"msgspec", "brotli", "zstandard", "backports", "compression"})
"""What they may import beside the standard library, which has ``compression`` from Python 3.14 on."""

IMPURE = frozenset(
    {"asyncio", "http", "logging", "selectors", "socket", "ssl", "subprocess", "tempfile", "threading", "time"}
)
"""What they may not import of the standard library."""

DOORS: Mapping[str, str] = {
    "mitmproxy": "wirelint/sources/mitm/",
    "mitmproxy_rs": "wirelint/sources/mitm/",
    "prometheus_client": "wirelint/sinks/prometheus.py",
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
        return f"only {door} imports {top}"
    layer = path.split("/")[1] if "/" in path else ""
    if layer not in LAYERS:
        return None
    if top == "wirelint":
        part = name.split(".")[1] if "." in name else ""
        return None if part in LAYERS[layer] else f"{layer} may import {', '.join(sorted(LAYERS[layer]))} alone"
    if top in IMPURE:
        return f"{layer} does no I/O, reads no clock, logs nothing"
    if top not in LIBRARIES and top not in sys.stdlib_module_names:
        return f"{layer} needs no {top or 'relative import'}"
    return None


def offences(addons: Path) -> list[str]:
    """Each forbidden import below ``addons`` as ``file:line: name: why``, in order."""
    return [
        f"{path}:{line}: {name}: {why}"
        for file in sorted(addons.rglob("*.py"))
        for path in [file.relative_to(addons).as_posix()]
        for line, name in sorted(imported(ast.parse(file.read_text(encoding="utf-8"))))
        if (why := objection(path, name))
    ]


def loaded(addons: Path, *packages: str) -> set[str]:
    """The modules that importing all of ``wirelint.<package>`` brings in, beyond those of msgspec."""
    command = [sys.executable, "-c", PROBE, str(addons), *packages]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stdout))


def test_nothing_is_imported_past_its_layer() -> None:
    assert offences(ADDONS) == []


def test_what_judges_loads_nothing_that_acts() -> None:
    modules = loaded(ADDONS, *LAYERS)
    assert {f"wirelint.{layer}" for layer in LAYERS} <= modules
    tops = {name.partition(".")[0] for name in modules}
    assert tops & (IMPURE - {"time"} | DOORS.keys() | {"click", "rich"}) == set()
    ours = {name.split(".")[1] for name in modules if name.startswith("wirelint.")}
    assert ours == LAYERS.keys()


def test_the_scan_sees_each_way_past(tmp_path: Path) -> None:
    sources = {
        "core/a.py": "import json, msgspec\nimport socket\nfrom wirelint.rules import registry\n",
        "core/b.py": "def f():\n    from wirelint import sinks\n",
        "core/c.py": "import importlib\nimportlib.import_module('brotli')\nimportlib.import_module('rich.table')\n",
        "core/d.py": "from . import a\n",
        "evidence/a.py": "from wirelint.core import a\nfrom wirelint.evidence import a\nimport wirelint.rules.b\n",
        "rules/a.py": "from time import monotonic\nfrom wirelint.evidence import a\n",
        "sinks/jsonl.py": "import time\nimport prometheus_client\n",
        "sinks/prometheus.py": "import prometheus_client\nimport mitmproxy.http\n",
        "sources/mitm/a.py": "from mitmproxy import http\n",
        "sources/har.py": "from mitmproxy import http\n",
    }
    for path, source in sources.items():
        file = tmp_path / "wirelint" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source)
    assert [offence.rpartition(": ")[0].removeprefix("wirelint/") for offence in offences(tmp_path)] == [
        "core/a.py:2: socket",
        "core/a.py:3: wirelint.rules",
        "core/b.py:2: wirelint.sinks",
        "core/c.py:3: rich.table",
        "core/d.py:1: .",
        "evidence/a.py:3: wirelint.rules.b",
        "rules/a.py:1: time",
        "sinks/jsonl.py:2: prometheus_client",
        "sinks/prometheus.py:2: mitmproxy.http",
        "sources/har.py:1: mitmproxy",
    ]


def test_the_probe_sees_what_a_module_loads(tmp_path: Path) -> None:
    package = tmp_path / "wirelint" / "core"
    package.mkdir(parents=True)
    for folder in (package.parent, package):
        (folder / "__init__.py").write_text("")
    (package / "late.py").write_text("import logging.handlers\n")
    assert {"wirelint.core.late", "logging"} <= loaded(tmp_path, "core")
