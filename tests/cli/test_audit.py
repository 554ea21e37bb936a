"""The audit command: a contract for scripts."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab.cli import FEW, Shell, a_401, capture
from lab.har import document, entry

DASH = "\N{EN DASH}"
ADDONS = Path(__file__).parents[2] / "addons"
KEYS = [
    "rule",
    "severity",
    "confidence",
    "service",
    "direction",
    "method",
    "route",
    "status",
    "verdict",
    "suggested_status",
    "message",
    "evidence",
    "fingerprint",
    "trace_id",
    "time",
    "source",
    "side",
    "story",
]
CLOSING = "1 finding (1 high) in 2 exchanges of 1 service\n"


@pytest.fixture(autouse=True)
def _few_rules(monkeypatch: pytest.MonkeyPatch, wirelint: Shell) -> None:
    monkeypatch.setenv("WIRELINT_SELECT", FEW)


def test_jsonl(wirelint: Shell) -> None:
    wirelint.write("a.har", capture(a_401()))
    run = wirelint("audit", "--format", "jsonl", "a.har")
    assert (run.code, run.err) == (1, CLOSING)
    (line,) = run.out.splitlines()
    finding = json.loads(line)
    assert list(finding) == KEYS
    assert finding["rule"] == "unauthorized-without-challenge"
    assert (finding["severity"], finding["confidence"]) == ("high", "certain")
    assert (finding["service"], finding["route"], finding["status"]) == ("api.example", "/v1/me", 401)
    assert (finding["verdict"], finding["suggested_status"]) == ("client_error", None)
    assert finding["time"] == "2026-01-02T03:04:05.678Z"
    assert finding["source"] == {"file": "a.har", "index": 1}


def test_concise(wirelint: Shell) -> None:
    wirelint.write("a.har", capture(a_401(), a_401()))
    run = wirelint("audit", "--format", "concise", "a.har")
    assert run.out == (
        "high    api.example GET /v1/me  401 without a WWW-Authenticate field  [unauthorized-without-challenge]"
        "  a.har#1\n"
        "high    api.example GET /v1/me  401 without a WWW-Authenticate field  [unauthorized-without-challenge]"
        "  a.har#2\n"
    )
    assert run.err == "2 findings (2 high) in 3 exchanges of 1 service\n"


def test_full(wirelint: Shell) -> None:
    wirelint.write("a.har", capture(*[a_401()] * 7))
    run = wirelint("audit", "a.har")
    assert run.out == (
        "high    api.example GET /v1/me  \N{MULTIPLICATION SIGN}7  401 without a WWW-Authenticate field"
        "  [unauthorized-without-challenge]\n"
        "  in a.har#1, #2, #3, #4, #5 and 2 more\n"
        "\n"
        "wirelint explain RULE says why a finding matters and how to fix it.\n"
    )


def test_nothing_found(wirelint: Shell) -> None:
    wirelint.write("a.har", capture())
    assert wirelint("audit", "a.har") == (0, "", "0 findings in 1 exchange of 1 service\n")


def test_same_input_same_bytes(wirelint: Shell) -> None:
    wirelint.write("a.har", capture(a_401(), entry(405), entry(429), a_401()))
    wirelint.write("b.har.gz", gzip.compress(capture(a_401())))
    for form in ("full", "concise", "jsonl"):
        words = ["audit", "--format", form, "--statistics", "a.har", "b.har.gz"]
        environment = os.environ | {"PYTHONPATH": str(ADDONS)}
        runs = [
            subprocess.run(
                [sys.executable, "-m", "wirelint", *words],
                capture_output=True,
                check=False,
                env=environment | {"PYTHONHASHSEED": seed},
                timeout=60,
            )
            for seed in ("1", "2")
        ]
        assert runs[0].stdout == runs[1].stdout != b""
        assert runs[0].stderr == runs[1].stderr != b""


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], 1),
        (["--fail-on", "high"], 1),
        (["--fail-on", "never"], 0),
        (["--ignore", "unauthorized-without-challenge"], 0),
        (["--select", "low"], 0),
        (["--select", "throttling"], 0),
        (["--select", "throttling,authentication"], 1),
        (["--select", "all", "--ignore", "high", "--ignore", "medium,low"], 0),
    ],
)
def test_what_counts(wirelint: Shell, words: list[str], code: int) -> None:
    wirelint.write("a.har", capture(a_401()))
    assert wirelint("audit", *words, "a.har").code == code


def test_severities_below_the_threshold_are_shown_and_do_not_count(wirelint: Shell) -> None:
    wirelint.write("a.har", document(entry(201, "{}", method="POST")))
    run = wirelint("audit", "--format", "jsonl", "a.har")
    assert run.code == 0
    assert [json.loads(line)["severity"] for line in run.out.splitlines()] == ["info"]
    assert wirelint("audit", "--fail-on", "info", "a.har").code == 1


def test_confidence(wirelint: Shell) -> None:
    wirelint.write("a.har", capture(a_401(), entry(429)))
    run = wirelint("audit", "--min-confidence", "certain", "--format", "jsonl", "a.har")
    assert [json.loads(line)["confidence"] for line in run.out.splitlines()] == ["certain"]


def test_a_broken_entry_costs_itself_alone(wirelint: Shell) -> None:
    wirelint.write("a.har", document(a_401(), {"request": 7}, a_401()))
    run = wirelint("audit", "--format", "jsonl", "a.har")
    assert run.code == 1
    assert [json.loads(line)["source"]["index"] for line in run.out.splitlines()] == [0, 2]
    assert "skipped a.har#1: broken entry: its request is not an object\n" in run.err


def test_many_broken_entries_are_told_in_sum(wirelint: Shell) -> None:
    wirelint.write("a.har", document(a_401(), *[7] * 30))
    err = wirelint("audit", "a.har").err
    assert err.count("skipped a.har#") == 10
    assert "skipped 30 records of a.har in all: 30 broken entry: the entry is not an object\n" in err


def test_one_bad_file_does_not_hide_the_others(wirelint: Shell) -> None:
    wirelint.write("a.har", capture(a_401()))
    wirelint.write("b.har", b"{")
    run = wirelint("audit", "--format", "jsonl", "b.har", "a.har")
    assert run.code == 2
    assert len(run.out.splitlines()) == 1
    assert run.err == f"wirelint audit: b.har: truncated: the JSON text does not end\n{CLOSING}"


def test_standard_input(wirelint: Shell) -> None:
    run = wirelint("audit", "--format", "jsonl", "-", stdin=capture(a_401()))
    assert json.loads(run.out)["source"] == {"file": "-", "index": 1}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"hello", "no known kind of recording"),
        (document(), "no exchange in it"),
        (document(1, 2), "none of its records is an exchange that can be audited"),
        (capture()[:-20], "truncated: the JSON text does not end"),
    ],
)
def test_bad_input(wirelint: Shell, content: bytes, message: str) -> None:
    wirelint.write("a.har", content)
    run = wirelint("audit", "a.har")
    assert (run.code, run.out) == (2, "")
    assert run.err.splitlines()[-1].partition(";")[0] == f"wirelint audit: a.har: {message}"


def test_missing_file(wirelint: Shell) -> None:
    assert wirelint("audit", "none.har") == (2, "", "wirelint audit: none.har: No such file or directory\n")


def test_bodies_not_captured_are_counted(wirelint: Shell) -> None:
    wirelint.env(WIRELINT_SELECT="ok-with-error-body")
    wirelint.write("a.har", capture(entry(200, None, response={"content": {"size": 99}})))
    assert wirelint("audit", "a.har").err == "0 findings in 2 exchanges of 1 service; 1 body not captured\n"


def test_statistics(wirelint: Shell) -> None:
    wirelint.write("a.har", capture(a_401(), a_401(), entry(200, "<h1>502 Bad Gateway</h1>", headers=())))
    run = wirelint("audit", "--format", "jsonl", "--statistics", "--select", "authentication", "a.har")
    lines = [line.split() for line in run.err.splitlines()]
    assert ["unauthorized-without-challenge", "high", "2", "2", "100.0%", "1"] in lines
    assert ["api.example", "4", "0", "0", "0", "0", "2"] in lines
    assert ["4xx", DASH, "2", DASH, DASH] in lines
    assert ["2xx", "2", DASH, DASH, DASH] in lines


def test_statistics_show_what_was_learned(wirelint: Shell) -> None:
    fine = [entry(200, json.dumps({"result": "success", name: [1]})) for name in ("rows", "tables")]
    wirelint.write("a.har", capture(*fine))
    run = wirelint("audit", "--statistics", "--select", "learned-error-as-success", "a.har")
    assert """error-when = ["result != 'success'"]""" in run.err
    wirelint.write("b.har", capture(fine[0]))
    assert "error-when" not in wirelint("audit", "--statistics", "--select", "learned-error-as-success", "b.har").err


def test_colour(wirelint: Shell) -> None:
    wirelint.write("a.har", capture(a_401()))
    assert "\x1b" not in wirelint("audit", "a.har").out
    wirelint.env(FORCE_COLOR="1", TERM="xterm-256color")
    assert "\x1b[1;31mhigh" in wirelint("audit", "a.har").out
    assert "\x1b" not in wirelint("audit", "--format", "jsonl", "a.har").out
    wirelint.env(NO_COLOR="1")
    assert "\x1b" not in wirelint("audit", "a.har").out


def test_hostile_text_cannot_steer_the_terminal(wirelint: Shell) -> None:
    name = "a\x1b[31m.har"
    wirelint.write(name, document(a_401(), {"request": {"method": "\x1b[2J"}}))
    for form in ("full", "concise", "jsonl"):
        run = wirelint("audit", "--format", form, name)
        assert "\x1b" not in run.out + run.err


def test_a_reader_that_goes_away(tmp_path: Path) -> None:
    file = tmp_path / "a.har"
    file.write_bytes(capture(*[a_401()] * 5000))
    program = subprocess.Popen(
        [sys.executable, "-m", "wirelint", "audit", "--format", "concise", file],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ADDONS)},
    )
    assert program.stdout is not None
    program.stdout.readline()
    program.stdout.close()
    assert program.stderr is not None
    with program.stderr:
        assert b"Traceback" not in program.stderr.read()
    assert program.wait(60) == 141


def test_neither_mitmproxy_nor_prometheus_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "a.har"
    file.write_bytes(capture(a_401()))
    program = (
        "import sys\nfrom wirelint.cli import main\n"
        f"main(['audit', {str(file)!r}]); main(['rules']); main(['explain', 'tunnelled-error'])\n"
        "print([m for m in sys.modules if m in ('mitmproxy', 'prometheus_client', 'asyncio')], file=sys.stderr)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(ADDONS)},
        timeout=60,
    )
    assert run.stderr.splitlines()[-1] == "[]"
