"""The clients: the same seed gives the same order, everything is played, and they end when they should."""

from __future__ import annotations

import itertools
import random
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from wirelint.demo.app import App, Call, Reply, Server, as_json
from wirelint.demo.clients import PERSONAS, draw, main, run, walk
from wirelint.demo.scenarios import ABOUT, FLOWS
from wirelint.demo.services import rpc, shop

EVERYWHERE = dict.fromkeys(ABOUT, "http://127.0.0.1:1")


@contextmanager
def serving(app: App) -> Iterator[str]:
    with Server(app) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("persona", PERSONAS)
def test_the_seed_decides_the_order(persona: str) -> None:
    first, again, other = (list(itertools.islice(draw(persona, EVERYWHERE, random.Random(s)), 200)) for s in (1, 1, 2))
    assert first == again
    own = [flow for flow in FLOWS if flow.persona == persona]
    assert sorted(map(id, first[: len(own)])) == sorted(map(id, own))
    assert first != other or len(own) == 1


def test_nothing_to_do() -> None:
    assert list(draw("editor", {"shop": "http://127.0.0.1:1"}, random.Random(1))) == []


def test_only_what_is_proxied_is_called() -> None:
    with serving(shop.build()) as url:
        answers = walk({"shop": url})
    assert {answer.scenario.service for answer in answers} == {"shop"}
    assert all(answer.status == answer.scenario.status for answer in answers)


def test_requests_as_they_arrive() -> None:
    seen: list[Call] = []
    app = App("rpc")

    @app.route("POST /base/rpc")
    def record(call: Call) -> Reply:
        seen.append(call)
        return as_json(200, {})

    with serving(app) as url:
        walk({"rpc": f"{url}/base/"})
    assert [call.json()["id"] for call in seen] == [42, 42]
    assert {call.fields["user-agent"] for call in seen} == {PERSONAS["mobile app"], PERSONAS["sloppy script"]}
    traced = [call.fields.get("traceparent") for call in seen]
    assert len(traced[0] or "") == 55
    assert traced[1] is None


def test_a_dead_address_is_told_as_such() -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as server:
        port = server.server_address[1]
    answers = walk({"rpc": f"http://127.0.0.1:{port}"})
    assert answers
    assert {(answer.status, answer.complete) for answer in answers} == {(None, False)}


def test_the_run_ends_with_its_duration() -> None:
    with serving(rpc.build()) as url:
        began = time.monotonic()
        tally = run({"rpc": url}, threading.Event(), duration=1.0, rate=40, seed=3)
        took = time.monotonic() - began
    assert 1.0 <= took < 10
    assert set(tally) == {"200"}
    assert tally.total() > 5


def test_the_run_ends_when_told() -> None:
    stop = threading.Event()
    with serving(rpc.build()) as url:
        threading.Timer(0.3, stop.set).start()
        tally = run({"rpc": url}, stop, duration=None, rate=100, seed=3)
    assert tally.total() > 0


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--to", "shop"],
        ["--to", "shop=http://a", "--to", "shop=http://b"],
        ["--to", "shop=https://a"],
        ["--to", "shop=http://a", "--rate", "0"],
    ],
)
def test_wrong_arguments(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    assert "usage:" in capsys.readouterr().err
