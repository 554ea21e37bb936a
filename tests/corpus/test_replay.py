"""Wire and file must give the same findings, and the comparison must notice where they do not."""

from __future__ import annotations

from pathlib import Path

import benchmarks.corpus.replay as subject
import msgspec
import pytest
from benchmarks.corpus.__main__ import main
from benchmarks.corpus.captures import Captures
from benchmarks.corpus.message import Pair, pair
from msgspec.structs import replace

from wirelint.core.body import Body
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.media import media_type

DATA = Path(__file__).resolve().parents[1] / "data"

type Recorded = list[tuple[str, int, Exchange]]


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    (tmp_path / "replay.har").write_bytes((DATA / "replay.har").read_bytes())
    return list(Captures(tmp_path).exchanges())


def large(size: int) -> Exchange:
    """Return an error whose text is beyond the part that a proxy keeps by default."""
    content = b'{"padding": "%b", "success": false, "error": "too late"}' % (b"x" * size)
    fields = Headers.of(("Content-Type", "application/json"), ("Transfer-Encoding", "chunked"))
    return Exchange(
        request=Request(method="GET", target="/large", headers=Headers.of(("Host", "large.example"))),
        response=Response(
            status=200, reason="OK", headers=fields, body=Body(content, media=media_type("application/json"))
        ),
    )


@pytest.mark.e2e
def test_the_wire_gives_what_the_file_gives(recorded: Recorded) -> None:
    result = subject.replay([*recorded, ("large", 0, large(150_000))], lanes=3)
    assert result.different == ()
    assert result.explained == ()
    assert not result.altered
    assert result.compared == result.same == len(recorded) - sum(result.unfit.values()) + 1
    assert result.findings >= 8
    assert set(result.unfit) == {"the response's content was not recorded", "the exchange failed"}
    assert result.changed["response: an unknown content coding left out"] == 1


@pytest.mark.e2e
def test_a_difference_is_noticed(recorded: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    sound, login = (pair(recorded[at][2]) for at in (0, 1))
    assert login.recorded.response is not None

    def swapped(exchange: Exchange) -> Pair:
        made = pair(exchange)
        return msgspec.structs.replace(made, response=sound.response) if exchange is login.recorded else made

    monkeypatch.setattr(subject, "pair", swapped)
    result = subject.replay(recorded[:3], lanes=1)
    assert [difference.place for difference in result.different] == ["replay.har#1"]
    assert "ok-with-error-body" in " ".join(result.different[0].how)
    assert result.same == 2


@pytest.mark.e2e
def test_what_the_recording_cannot_vouch_for_is_told_apart() -> None:
    exchange = large(0)
    assert exchange.response is not None
    fields = Headers.of(("Content-Type", "application/json"))
    answer = replace(exchange.response, status=204, headers=fields)
    barred = replace(exchange, response=answer)
    result = subject.replay([("barred", 0, barred)], lanes=1)
    assert result.different == ()
    assert result.changed["response: content of a 204 left out"] == 1
    assert [difference.place for difference in result.explained] == ["barred#0"]


def test_octets_are_as_recorded_where_the_recording_holds(recorded: Recorded) -> None:
    made = pair(recorded[0][2])
    assert made.changed == ()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 27\r\n\r\n"
    assert made.response == head + b'{"id": 7, "name": "teapot"}'
    assert made.request == b"GET /api/items/7 HTTP/1.1\r\nHost: shop.example\r\nAccept: application/json\r\n\r\n"


def test_content_stands_in_its_charset_and_coding(recorded: Recorded) -> None:
    made = pair(recorded[4][2])
    body = Body(
        made.response.partition(b"\r\n\r\n")[2], coding="deflate", media=media_type("text/plain; charset=iso-8859-1")
    )
    assert body.content == "Grüße aus Köln".encode("latin-1")
    assert body.text == "Grüße aus Köln"
    assert made.changed == ("response: another length",)


def test_the_command_on_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.har").write_bytes((DATA / "replay.har").read_bytes())
    (tmp_path / "broken.har").write_text('{"log"')
    report = tmp_path / "out" / "corpus.json"
    assert main([str(tmp_path), "--no-replay", "--write", str(report)]) == 0
    said = capsys.readouterr()
    assert "16 exchanges of 1 services" in said.out
    assert "broken.har" in said.err
    assert not report.exists()  # figures in the documents are those of labelled traffic only


def test_a_labelled_folder_is_counted_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.har").write_bytes((DATA / "replay.har").read_bytes())
    (tmp_path / "score.py").write_text("")
    (tmp_path / "label-map.json").write_text(
        '{"401": ["unauthorized-without-challenge"], "429": ["created-without-location"]}'
    )
    (tmp_path / "labels.jsonl").write_text(
        '{"har": "a.har", "index": 2, "expect": ["401"], "forbid": [], "why": ""}\n'
        '{"har": "a.har", "index": 10, "expect": [], "forbid": ["201"], "why": ""}\n'
    )
    report = tmp_path / "corpus.json"
    assert main([str(tmp_path), "--no-replay", "--no-score", "--write", str(report)]) == 0
    capsys.readouterr()
    counted = msgspec.json.decode(report.read_bytes())
    assert (counted["exchanges"], counted["services"]) == (16, 1)
    rule = counted["rules"]["unauthorized-without-challenge"]
    assert rule == {"opportunities": 1, "findings": 1, "services": 1, "hits": 1, "breaches": 0}
    assert counted["rules"]["created-without-location"]["breaches"] == 0  # a note breaches nothing


@pytest.mark.parametrize("make", [lambda path: path / "nowhere", lambda path: path])
def test_no_traffic(make: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert callable(make)
    assert main([str(make(tmp_path))]) == 2
    assert "make corpus CORPUS=folder" in capsys.readouterr().err
