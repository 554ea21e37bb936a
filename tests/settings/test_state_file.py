"""What was learned outlasts a restart, in a file that holds no secret and cannot do harm."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from lab.story import turn
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange
from wirelint.core.finding import Finding
from wirelint.core.state import State
from wirelint.core.wire import exchanges
from wirelint.history.envelopes import Envelopes
from wirelint.rules import catalogue
from wirelint.settings import state_file
from wirelint.settings.state_file import StateFile

RULE = "learned-error-as-success"
FAILED = {"result": "no such torrent here", "arguments": {"path": "x", "size": -1}}
SECRET = "Authorization: Bearer 4d1f0c9be6a24b0c9d3e"


def answers(*told: Mapping[str, object], route: str = "POST /rpc") -> list[Exchange]:
    texts = (turn(route, 200, json.dumps(each), asked=(SECRET,), sent='{"name": "ada"}') for each in told)
    return list(exchanges("".join(texts)))


def learned(state: State, route: str = "POST /rpc") -> State:
    engine = Engine(catalogue(), state=state)
    for each in answers({"result": "success", "arguments": {"a": 1}}, {"result": "success", "tag": 3}, route=route):
        engine.audit(each)
    return state


def found(state: State, route: str = "POST /rpc") -> list[Finding]:
    engine = Engine([rule for rule in catalogue() if rule.id == RULE], state=state)
    return [finding for each in answers(FAILED, route=route) for finding in engine.audit(each).findings]


def restarted(path: Path) -> State:
    state = State()
    assert StateFile(path, state).load() is None
    return state


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "wirelint.state"
    StateFile(file, learned(State())).save()
    return file


def test_an_envelope_is_known_from_the_first_exchange(path: Path) -> None:
    (finding,) = found(restarted(path))
    assert (finding.rule, finding.verdict, finding.story) == (RULE, "client_error", ())
    assert found(State()) == []
    assert found(restarted(path), route="POST /other") == []
    assert [each.member for each in restarted(path).recall(Envelopes).learned()] == []


def test_two_routes_speak_for_all(tmp_path: Path) -> None:
    file = tmp_path / "wirelint.state"
    StateFile(file, learned(learned(State()), "POST /queue")).save()
    assert len(found(restarted(file), route="POST /other")) == 1


def test_what_is_not_seen_again_is_kept_on(path: Path) -> None:
    for _ in range(2):
        file = StateFile(path, State())
        assert file.load() is None
        path.unlink()
        file.save()
    assert len(found(restarted(path))) == 1


def test_routes_are_as_they_were(path: Path) -> None:
    state = State()
    texts = "".join(turn(f"GET /profile/{name}/inbox", 200, "{}") for name in ("ada", "bob", "cyd", "dan"))
    engine = Engine(catalogue(), state=state)
    assert [engine.audit(each).route for each in exchanges(texts)][-1] == "/profile/{name}/inbox"
    assert state.routes.label("example", "/profile/eve/inbox") == state.routes.label("example", "/profile/ada/inbox")
    StateFile(path, state).save()
    kept = restarted(path).routes.kept()
    assert kept == state.routes.kept()
    assert kept


def test_the_file_has_no_secrets_and_is_for_its_owner_alone(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text()
    assert "4d1f0c9be6a24b0c9d3e" not in text
    assert "no such torrent" not in text
    assert "ada" not in text
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    "octets",
    [b"", b"{", b"root:x:0:0\n", b"[]", b'{"wirelint_state":2,"salt":"YQ=="}', b'{"wirelint_state":1,"salt":""}', b"["],
)
def test_a_file_of_others_is_left_alone(path: Path, octets: bytes) -> None:
    for content in (octets, b"[" * 100_000):
        path.write_bytes(content)
        file = StateFile(path, learned(State()))
        assert "is no state file" in (file.load() or "")
        file.save()
        assert path.read_bytes() == content


def test_marks_that_nobody_can_have_learned_are_dropped(path: Path) -> None:
    content = json.loads(path.read_text())
    (service,) = content["envelopes"]
    route = content["envelopes"][service][0][0]
    content["envelopes"] = {
        service: [[route, "result", '"no such torrent here"', 9, True, 4], [route, "a b", "0", 9, True, 4]]
    }
    path.write_text(json.dumps(content))
    assert found(restarted(path)) == []


def test_what_is_too_much_is_left_out(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_file, "_LARGEST", 400)
    state = learned(State())
    for each in range(30):
        for exchange in exchanges(turn(f"GET /orders/{each}", 200, "{}").replace("example", f"shop-{each}.example")):
            Engine(catalogue(), state=state).audit(exchange)
    StateFile(path, state).save()
    assert path.stat().st_size <= 400
    assert len(found(restarted(path))) == 1


def test_a_folder_that_cannot_be_written_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = StateFile(tmp_path / "none" / "state", learned(State()))
    file.save()
    file.save()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "cannot be written" in caplog.text


def test_saving_goes_on_in_the_background(path: Path) -> None:
    state = State()
    file = StateFile(path, state)
    assert file.load() is None
    file.start()
    learned(state, "POST /queue")
    file.close()
    assert len(found(restarted(path), route="POST /queue")) == 1
