"""``wirelint export`` of dashboards, manifests and compose files: from the checkout, and from a built wheel."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from lab.cli import Shell
from lab.prom import ROOT

KINDS = ("dashboards", "kubernetes", "compose", "alerts")


def files(folder: Path) -> dict[str, str]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in found}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an unpacked wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_a_wheel_writes_what_a_checkout_does(wirelint: Shell, wheel: Path, tmp_path: Path) -> None:
    for kind in KINDS:
        assert wirelint("export", kind, str(tmp_path / "checkout" / kind)).code == 0
        subprocess.run(
            [
                sys.executable,
                "-c",
                "import sys; from wirelint.cli import main; sys.exit(main())",
                "export",
                kind,
                tmp_path / "wheel" / kind,
            ],
            env={**os.environ, "PYTHONPATH": str(wheel), "PYTHONSAFEPATH": "1"},
            cwd=tmp_path,
            check=True,
            capture_output=True,
            timeout=60,
        )
    assert (wheel / "wirelint" / "shipped").is_dir()
    written = files(tmp_path / "checkout")
    assert written == files(tmp_path / "wheel")
    assert {path.split("/")[0] for path in written} == set(KINDS)


def test_what_is_mounted_is_there(wirelint: Shell, tmp_path: Path) -> None:
    assert wirelint("export", "compose", str(tmp_path)).code == 0
    text = (tmp_path / "docker-compose.yml").read_text()
    services = yaml.safe_load(text)["services"].values()
    mounts = [each.split(":")[0] for service in services for each in service.get("volumes", ())]
    assert all((tmp_path / each).exists() for each in mounts if each.startswith("./"))
    assert "build:" not in text
    assert "image: wirelint:local" not in text


def test_kustomizations_are_whole(wirelint: Shell, tmp_path: Path) -> None:
    assert wirelint("export", "kubernetes", str(tmp_path)).code == 0
    for path in tmp_path.rglob("kustomization.yaml"):
        named = yaml.safe_load(path.read_text())
        parts = [each for key in ("resources", "components") for each in named.get(key, ())]
        parts += [each["path"] for each in named.get("patches", ()) if "path" in each]
        parts += [each for maps in named.get("configMapGenerator", ()) for each in maps.get("files", ())]
        assert all((path.parent / each).exists() for each in parts), path
