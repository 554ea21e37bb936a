"""Whether the parts that an audit is taken apart into are what they are called, and all of it."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from benchmarks import parts
from benchmarks.recorded import captures_in, recorded, renewed
from benchmarks.timing import fresh
from benchmarks.traffic import hostile

from lab.har import document, entry
from lab.story import visit_of
from wirelint.core.audit import Audit
from wirelint.core.body import Body
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.state import State
from wirelint.core.verdict import Verdict
from wirelint.core.visit import Visit
from wirelint.history.visits import Present

ROOT = Path(__file__).parents[1]
RULES = fresh().rules


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner/few.har").write_bytes(document(entry(), entry(404, '{"error": "no such order"}')))
    (tmp_path / "broken.har").write_bytes(b"{")
    (tmp_path / "notes.txt").write_text("no capture")
    return tmp_path


def test_each_engine_does_more_than_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    made: Counter[int] = Counter()
    make = Present.visit

    def visit(self: Present, exchange: Exchange) -> Visit:
        made[at] += 1
        return make(self, exchange)

    monkeypatch.setattr(Present, "visit", visit)
    stages = parts.stages_of(RULES)
    exchanges = list(itertools.islice(hostile(), 400))
    audits: list[list[Audit]] = [[] for _ in stages]
    for at, stage in enumerate(stages):
        audits[at] += [stage.audit(renewed(exchange)) for exchange in exchanges]
    alone, visiting, *noting, last = (stage.engine for stage in stages)
    assert alone.state.sizes() == visiting.state.sizes() == {}
    for less, more in itertools.pairwise((visiting, *noting)):
        assert less.state.sizes().items() < more.state.sizes().items()
    # What is remembered is the same without the rules that ask for it.
    assert noting[-1].state.sizes() == last.state.sizes()
    assert sum(last.state.sizes().values()) > 100
    assert made[0] == 0
    assert min(made[number] for number in range(1, len(stages) - 1)) > len(exchanges) // 2
    found = [{finding.rule for each in of_one for finding in each.findings} for of_one in audits]
    assert all(each == found[0] for each in found[:-1])
    assert found[0] <= found[-1]
    assert [rule for rule in last.rules if not rule.recalls] == list(noting[-1].rules) == list(alone.rules)
    assert last.rules == RULES
    assert not any(each.faults for of_one in audits for each in of_one)


def test_parts_add_up_to_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    stages = len(parts.stages_of(RULES))
    times = itertools.count(3)
    monkeypatch.setattr(parts, "_seconds", lambda judge, batch: next(times) / 1e6)
    spent = parts.measure(list(itertools.islice(hostile(), 1)), RULES, rounds=1)
    assert spent.alone == pytest.approx(3)
    assert spent.visit == pytest.approx(1)
    assert spent.looking_back == pytest.approx(1)
    assert spent.noting == pytest.approx(stages - 3)
    assert f"| all of it | {2 + stages:.1f} |" in parts.table(spent)


def test_the_fastest_round_of_each_batch_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    stages = len(parts.stages_of(RULES))
    calls = itertools.count()

    def seconds(judge: Engine, batch: tuple[Exchange, ...]) -> float:
        round_, second = divmod(next(calls) // stages, 2)
        # In the first round the first batch was disturbed, in the second one the second.
        return len(batch) * (9e-6 if round_ == second else 2e-6)

    monkeypatch.setattr(parts, "_seconds", seconds)
    spent = parts.measure(list(itertools.islice(hostile(), 300)), RULES, rounds=2)
    assert next(calls) == 4 * stages
    assert spent.alone == pytest.approx(2)
    assert "| all of it | 2.0 |" in parts.table(spent)


def test_dear_memories_stand_first_in_the_table() -> None:
    spent = parts.measure(list(itertools.islice(hostile(), 50)), RULES, rounds=1)
    assert list(spent.memories.values()) == sorted(spent.memories.values(), reverse=True)
    assert set(" and ".join(spent.memories).split(" and ")) == set(Engine(RULES).state.sizes())
    assert spent.alone > 0
    rows = parts.table(parts.Parts(40.0, 10.0, {"visits": 6.0, "writes": 4.5}, 9.0)).splitlines()
    assert rows[4] == "| noting that: visits (6.0), writes (4.5) | 10.5 |"
    assert rows[-1] == "| all of it | 69.5 |"
    assert all(row.count("|") == 3 for row in rows)


def test_an_exchange_is_made_anew() -> None:
    headers = Headers.of(("Content-Type", "application/json"))
    cut = Body(b'{"error": "no s', complete=False, size=90, coding="")
    gone = Body.unknown("too_large", size=5)
    first = Exchange(
        request=Request(method="POST", target="/", headers=headers, body=gone),
        response=Response(status=404, headers=headers, body=cut),
        service="shop",
        id="1",
        started=0.0,
    )
    again = renewed(first)
    fresh().audit(again)
    visit_of(again, State(), Verdict.OK)
    assert not first.__dict__
    third = renewed(first)
    assert third.request.headers == headers
    assert third.request.headers is not headers
    assert third.response is not None
    assert (third.response.body.complete, third.response.body.size, third.response.body.text) == (False, 90, cut.text)
    assert (third.request.body.unavailable, third.request.body.size) == ("too_large", 5)
    silent = renewed(Exchange(request=Request(method="GET", target="/"), service="shop", id="2", started=0.0))
    assert silent.response is None


def test_captures_in_folders_are_read_and_broken_ones_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = captures_in([folder])
    assert [path.name for path in paths] == ["broken.har", "few.har"]
    assert [len(recorded(path)) for path in paths] == [0, 2]
    assert "broken.har" in capsys.readouterr().err


def test_the_command(folder: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.parts", "--rounds", "1"]
    run = subprocess.run([*command, str(folder)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("2 recorded exchanges, at most 400 of a file; ")
    assert "\n| | mean µs |\n|---|--:|\n| rules on one exchange alone |" in run.stdout
    run = subprocess.run([*command, str(folder / "broken.har")], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "no exchange" in run.stderr
    assert "Traceback" not in run.stderr
