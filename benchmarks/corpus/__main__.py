"""Run ``python -m benchmarks.corpus FOLDER``: score, report and live replay of a folder of captures."""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.corpus.captures import Captures
from benchmarks.corpus.replay import LANES, Difference, Result, replay
from benchmarks.corpus.report import report

_SHOWN = 40


def main(arguments: list[str] | None = None) -> int:
    """Run it; exit code 1 if wire and file differ or the score failed, 2 without traffic."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.corpus", description=__doc__)
    parser.add_argument("folder", type=Path, help="captures: HAR, plain or gzipped, and files of mitmproxy flows")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the report there, if the folder has labels")
    parser.add_argument("--lanes", type=int, default=LANES, help="exchanges under way at one time in the replay")
    parser.add_argument("--envoy", action="store_true", help="replay through Envoy and a receiver, not the proxy")
    parser.add_argument("--no-score", action="store_true", help="leave out the score")
    parser.add_argument("--no-replay", action="store_true", help="leave out the live replay")
    parser.add_argument("--show", action="store_true", help="name each label missed and each trap breached")
    chosen = parser.parse_args(arguments)
    folder: Path = chosen.folder
    if not folder.is_dir():
        return _no(f"there is no folder {folder}")
    captures = Captures(folder)
    if not captures.files:
        return _no(f"no captures in {folder}")

    recorded = list(captures.exchanges())
    for line in captures.unread:
        print(f"not read: {line}", file=sys.stderr)
    if not recorded:
        return _no(f"no exchanges in {folder}")
    try:
        counted = report(recorded, folder)
    except ValueError as error:
        return _no(f"{folder}: its labels cannot be read: {error}")
    print("\n".join(counted.lines()))
    labelled = (folder / "score.py").is_file() and (folder / "labels.jsonl").is_file()
    if chosen.write is not None and labelled:
        chosen.write.parent.mkdir(parents=True, exist_ok=True)
        chosen.write.write_text(counted.as_json(), encoding="utf-8", newline="\n")
        print(f"wrote {chosen.write}; `make gen` puts it into the rule reference")

    failed = False
    if labelled and not chosen.no_score:
        print("\nlabels", flush=True)
        failed = _score(folder, show=chosen.show) != 0
    if not chosen.no_replay:
        print("\nlive replay", flush=True)
        began = time.monotonic()
        result = replay(recorded, lanes=chosen.lanes, envoy=chosen.envoy)
        failed |= _replayed(result, time.monotonic() - began)
    return int(failed)


def _no(why: str) -> int:
    hint = "Name a folder of captures (HAR, plain or gzipped; mitmproxy flows): make corpus CORPUS=folder"
    print(f"{why}\n{hint}", file=sys.stderr)
    return 2


def _score(folder: Path, *, show: bool) -> int:
    audit = shlex.join([sys.executable, "-m", "wirelint", "audit", "--format", "jsonl"])
    command = [sys.executable, str(folder / "score.py"), "--command", audit, "--corpus", str(folder)]
    return subprocess.run([*command, *(["--show"] if show else [])], check=False).returncode  # noqa: S603 - ours


def _replayed(result: Result, seconds: float) -> bool:
    print(
        f"{result.compared:,} exchanges went through the proxy in {seconds:.1f} s, {result.same:,} with the same"
        f" outcome as from the file ({result.findings:,} findings), {len(result.explained):,} explained by what had to"
        f" be changed, {len(result.different):,} different"
    )
    _counted("changed before sending", result.changed)
    _counted("not sent", result.unfit)
    _counted("not passed on as sent", result.altered)
    _named("explained", result.explained)
    _named("different", result.different)
    return bool(result.different or result.altered)


def _counted(title: str, counts: Counter[str]) -> None:
    for name, count in counts.most_common():
        print(f"  {title}: {name}: {count:,}")


def _named(title: str, differences: Sequence[Difference]) -> None:
    for difference in differences[:_SHOWN]:
        print(f"  {title}: {difference.place} {difference.status}: {'; '.join(difference.how)}")
    if len(differences) > _SHOWN:
        print(f"  {title}: and {len(differences) - _SHOWN} more")


if __name__ == "__main__":
    sys.exit(main())
