"""Formats are found by their place: one file is a format, whatever else there is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from lab.cli import a_401, capture
from wirelint import reports

ADDONS = Path(reports.__file__).parents[2]
COUNTING = '''
"""How many exchanges had how many findings."""

from wirelint.reports import Report


class Counting(Report):
    def __init__(self, run, stream):
        super().__init__(run, stream)
        self.seen = []

    def accept(self, audit):
        self.seen.append(len(audit.findings))

    def skip(self, file, record):
        self.seen.append(f"{file}#{record.index}")

    def fail(self, file, why):
        self.seen.append(file)

    def finish(self):
        self.stream.write(f"{len(self.run.rules)} {self.run.files} {self.seen}\\n")


REPORT = Counting
'''
PROGRAM = """
import sys
from wirelint import reports
reports.__path__.append(sys.argv[1])
from wirelint.cli import main
sys.exit(main(sys.argv[2:]))
"""


def test_each_module_is_a_format_of_its_name() -> None:
    assert {"concise", "full", "jsonl", "statistics"} <= set(reports.formats())
    assert "common" not in reports.formats()
    for name in reports.formats():
        assert issubclass(reports.load(name), reports.Report)


def test_one_more_file_is_one_more_format(tmp_path: Path) -> None:
    (tmp_path / "counting.py").write_text(COUNTING)
    (tmp_path / "a.har").write_bytes(capture(a_401(), 7))
    (tmp_path / "b.har").write_bytes(b"")
    words = ["audit", "--format", "counting", "--select", "unauthorized-without-challenge", "a.har", "b.har"]
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={"PYTHONPATH": str(ADDONS)},
        timeout=60,
    )
    assert (run.returncode, run.stdout) == (2, "1 ('a.har', 'b.har') [0, 1, 'a.har#2', 'b.har']\n"), run.stderr


def test_each_format_is_in_the_documentation() -> None:
    text = (ADDONS.parent / "docs" / "ci.md").read_text(encoding="utf-8")
    table = text.partition("\n| format |")[2].partition("\n\n")[0]
    assert {line.split("`")[1] for line in table.splitlines() if line.startswith("| `")} == set(reports.formats())
