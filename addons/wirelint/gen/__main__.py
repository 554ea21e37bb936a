"""Run ``python -m wirelint.gen [--check]`` from the top of a checkout."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Final

from wirelint.gen import config_schema, costs, dashboards, kubernetes, precision, profiles, readme, reference
from wirelint.rules import catalogue

_REFERENCE: Final = "docs/rules.md"


def generated(root: Path) -> dict[Path, str]:
    """Return each generated file with its content.

    :param root: the top of the checkout.
    :raises ValueError: an input is malformed; the message says which.
    :raises OSError: a file cannot be read.
    """
    rules = catalogue()
    report = root / "docs" / "corpus.json"
    corpus = json.loads(report.read_text(encoding="utf-8")) if report.exists() else None
    live = root / "docs" / "live.json"
    measured = root / "benchmarks" / "results.json"
    front = root / "README.md"
    introduction = readme.filled(front.read_text(encoding="utf-8"), rules, _REFERENCE)
    if measured.exists():
        results = json.loads(measured.read_text(encoding="utf-8"))
        introduction = readme.placed(introduction, costs.block(results), costs.BEGIN, costs.END)
    judged: dict[Path, str] = {}
    if corpus is not None and live.exists():
        figures = json.loads(live.read_text(encoding="utf-8"))
        judged[root / "docs" / "precision.md"] = precision.page(rules, corpus, figures)
    return {
        front: introduction,
        root / _REFERENCE: reference.page(rules, corpus),
        root / "docs" / "profiles.md": profiles.page(rules),
        root / "docs" / "wirelint.schema.json": config_schema.text(rules),
        **judged,
        **dashboards.files(root),
        **kubernetes.files(root),
    }


def stale(files: dict[Path, str]) -> list[Path]:
    """Return the files that are missing or have other content."""
    return [path for path, text in files.items() if not path.exists() or path.read_text(encoding="utf-8") != text]


def main(arguments: list[str] | None = None, root: Path | None = None) -> int:
    """Write stale files, or with ``--check`` only name them; exit code 1 if ``--check`` finds one."""
    parser = argparse.ArgumentParser(prog="python -m wirelint.gen", description="Write what is made from the rules.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where something is stale")
    chosen = parser.parse_args(arguments)
    root = root or Path.cwd()
    try:
        files = generated(root)
    except (OSError, ValueError) as error:
        print(f"gen: {error}", file=sys.stderr)
        return 2
    for path in (found := stale(files)):
        name = path.relative_to(root)
        if chosen.check:
            print(f"gen: {name} is stale: run `make gen` and commit what it writes", file=sys.stderr)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[path], encoding="utf-8", newline="\n")
            print(f"wrote {name}")
    return 1 if chosen.check and found else 0


if __name__ == "__main__":
    sys.exit(main())
