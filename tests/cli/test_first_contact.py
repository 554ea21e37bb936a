"""Messages for first mistakes: each names what is wrong and the option that changes it."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from lab.cli import Shell, a_401, capture
from support import HOST, free_port
from wirelint.cli.addresses import FORWARD, METRICS, SERVICES, advice

UP = f"http://{HOST}:9"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["a=http://a", "a=http://b"], "two services are named a: give each a name of its own"),
        (["http://a", "http://a/"], "one URL is given twice: leave one out, or give each a name, as in shop=URL"),
        ([f"shop={UP}@80x"], "80x is not a port: choose one from 1 to 65535"),
        ([f"shop={UP}@70000"], "70000 is not a port: choose one from 1 to 65535"),
        (
            ["shop=http://localhost:8080"],
            "shop at localhost:8080 is wirelint itself: choose another port with --port, or with @PORT after the URL",
        ),
        (
            [f"http://{HOST}:9464", "--metrics-host", "0.0.0.0", "--page-token", "0123456789abcdef"],
            f"{HOST}:9464 is wirelint itself: choose another port with --metrics-port",
        ),
        ([UP, "--log", "missing/x.jsonl"], "--log: cannot write missing/x.jsonl: No such file or directory"),
        ([UP, "--select", "auth"], "unknown rule, family or severity 'auth'; did you mean authentication?"),
    ],
)  # fmt: skip
def test_a_proxy_that_cannot_work_is_refused(wirelint: Shell, words: list[str], text: str) -> None:
    run = wirelint("proxy", "--metrics-port", "0", *words) if "9464" not in words[0] else wirelint("proxy", *words)
    assert (run.code, run.out, run.err) == (2, "", f"wirelint proxy: {text}\n")


def test_a_password_is_not_taken_for_a_port(wirelint: Shell) -> None:
    run = wirelint("proxy", "http://user:hunter2@host:1", "--metrics-port", "0", "--port", "0")
    assert run.err == "wirelint proxy: a service's URL must not hold credentials\n"


def test_families_are_listed_where_nothing_is_near(wirelint: Shell) -> None:
    err = wirelint("audit", "--select", "zzzz", "x.har").err
    assert "families are authentication, clients," in err
    assert err.endswith("severities are info, low, medium, high\n")


def test_tables_that_are_misspelt(wirelint: Shell) -> None:
    wirelint.write("wirelint.toml", "[services.shop]\nselect = ['high']\n")
    run = wirelint("audit", "x.har")
    assert run.err == "wirelint audit: wirelint.toml: services: unknown setting; did you mean service?\n".replace(
        "wirelint.toml", str(wirelint.folder / "wirelint.toml")
    )


def test_a_page_whose_port_is_taken_names_its_option(wirelint: Shell) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        run = wirelint("proxy", UP, "--port", str(free_port()), "--metrics-port", str(port))
    assert run.code == 2
    assert run.err.lower() == (
        f"wirelint proxy: cannot listen on {HOST}:{port}: address already in use:"
        " choose another port with --metrics-port\n"
    )


def test_the_option_is_that_of_the_port() -> None:
    options = {1: SERVICES, 2: FORWARD, 3: METRICS}
    assert advice("cannot listen on a:2: Address already in use", options).endswith("with --forward")
    assert advice("cannot listen on a:1: Permission denied", options).endswith(
        "a port above 1023 with --port, or with @PORT after the URL"
    )
    assert advice("cannot listen on nowhere:3: Name or service not known", options).endswith("with --metrics-host")
    assert advice("cannot listen on a:9: Address already in use", options).endswith("in use: choose another port")
    assert advice("something else", options) == "something else"


def test_a_folder_is_read_with_all_recordings_below_it(wirelint: Shell) -> None:
    folder = wirelint.folder / "traffic"
    (folder / "deeper").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    (folder / "notes.txt").write_text("no recording")
    (folder / "b.har").write_bytes(capture(a_401()))
    (folder / "deeper" / "a.har").write_bytes(capture(a_401()))
    (folder / ".hidden" / "c.har").write_bytes(capture(a_401()))
    run = wirelint("audit", "traffic", "--format", "concise", "--select", "unauthorized-without-challenge")
    assert run.code == 1
    assert [line.split()[-1] for line in run.out.splitlines()] == [
        f"{Path('traffic', 'b.har')}#1",
        f"{Path('traffic', 'deeper', 'a.har')}#1",
    ]
    assert "1 file passed over: no recording of a known kind\n" in run.err


def test_a_folder_without_recordings_is_trouble(wirelint: Shell) -> None:
    (wirelint.folder / "empty").mkdir()
    run = wirelint("audit", "empty")
    assert (run.code, run.err) == (2, "wirelint audit: no recording in empty\n")


def test_a_command_that_cannot_be_run_has_the_code_of_a_shell(wirelint: Shell) -> None:
    script = wirelint.write("script.sh", "#!/bin/sh\n")
    script.chmod(0o644)
    run = wirelint("run", "--", "./script.sh")
    assert run.code == 126
    assert run.err == (
        "wirelint run: cannot run ./script.sh: it is not executable: run chmod +x, or name its interpreter\n"
    )
    run = wirelint("run", "--", str(wirelint.folder))
    assert (run.code, run.err) == (126, f"wirelint run: cannot run {wirelint.folder}: it is a folder\n")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--save", "x.mitm.gz"], "--save compresses HAR only: name it x.har.gz, or x.mitm"),
        (["--save", "old.har"], "--save: old.har exists, and HAR cannot be appended to: choose another name"),
        (["--mask"], "--mask is for the file of --save: give --save, too"),
        (["--save", "missing/x.mitm"], "--save: cannot write missing/x.mitm: No such file or directory"),
        (
            ["--save", "x.mitm", "--workers", "2"],
            "--save writes flows with one process: leave --workers out, or end the name in .har",
        ),
    ],
)
def test_where_flows_cannot_be_saved(wirelint: Shell, words: list[str], text: str) -> None:
    wirelint.write("old.har", "{}")
    run = wirelint("proxy", UP, *words)
    assert (run.code, run.err) == (2, f"wirelint proxy: {text}\n")
