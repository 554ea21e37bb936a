"""Exchanges are saved while they pass: whole or masked, bounded, and audited again with the same findings."""

from __future__ import annotations

import errno
import gzip
import json
import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import pytest
from mitmproxy.http import Headers as Fields
from mitmproxy.io import tnetstring
from mitmproxy.test import tflow

from lab.audits import audit
from lab.rule import knowledge
from wirelint.core.body import EMPTY, Body
from wirelint.core.engine import Engine
from wirelint.core.exchange import Direction, Exchange, Failure, FailureKind, Probe, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.masked import masked
from wirelint.core.masking import Pseudonyms
from wirelint.core.rule import Rule
from wirelint.core.wire import exchanges as of_text
from wirelint.rules import catalogue
from wirelint.sinks import saving, summary
from wirelint.sinks.har import entry
from wirelint.sinks.saving import HarFile, HarSaving, Saver
from wirelint.sources import Skipped
from wirelint.sources.har import exchanges
from wirelint.sources.mitm.adapter import Naming
from wirelint.sources.mitm.addons.saving import Saving
from wirelint.sources.mitm.faults import Faults
from wirelint.sources.mitm.recorder import Recorder
from wirelint.sources.open import open_capture
from wirelint.sources.stats import Stats

CANARY = "plum tree, harbour"
NAMES = Pseudonyms(b"k" * 16)
GZIP = Headers.of(("Content-Type", "text/html"), ("Content-Encoding", "gzip"))
HTML = Headers.of(("Content-Type", "text/html; charset=iso-8859-1"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"))
NEED_THE_WIRE = {"content-on-bodyless-status", "framing-ambiguous"}
"""Rules about framing, which no file shows for sure."""

NEED_WHAT_IS_MASKED = {
    "error-page-as-success",  # a title that repeats the path is no error
    "not-found-declares-authz",  # a long code looks random
    "partial-content-malformed",  # content in several parts is not kept
    "server-error-for-client-input",  # the error quotes a value of the query
}
"""Rules of which an example turns out differently without the values that masking removes."""


def exchange(target: str = "/a", *, host: str = "shop.test", body: Body = EMPTY, **facts: object) -> Exchange:
    headers = Headers.of(("Host", host), ("Authorization", f"Bearer {CANARY}"))
    request = Request(method="GET", target=target, authority=host, headers=headers)
    response = Response(status=200, reason="Fine", headers=GZIP if body.coding else HTML, body=body)
    plain = Exchange(
        request=request,
        response=response,
        service="shop",
        client="192.0.2.7",
        started=1000.25,
        first_byte=1000.375,
        ended=1000.5,
        timestamp=1000.25,
    )
    return msgspec.structs.replace(plain, **facts)


def again(saved: Iterable[Exchange]) -> Iterator[Exchange]:
    """Yield exchanges as they are read from a HAR file that they were saved to."""
    entries = [msgspec.Raw(msgspec.json.encode(entry(each))) for each in saved]
    for read in exchanges(entries, "saved.har"):
        assert isinstance(read, Exchange)
        yield read


def facts(body: Body) -> tuple[object, ...]:
    return body.content, body.complete, body.unavailable, body.size, body.empty, body.text


def test_nothing_is_lost_in_har() -> None:
    packed = gzip.compress(b"<p>hello")
    whole = exchange(body=Body("<p>für".encode("latin-1"), media=HTML.media_type))
    assert whole.response is not None
    cases = [
        whole,
        exchange("/a b?q=ü#f", host="x y", body=Body(b"<p>cut", complete=False, media=HTML.media_type)),
        exchange("*", body=Body(b"\0\xff", media=HTML.media_type)),
        exchange(body=Body(packed, coding="gzip", media=HTML.media_type)),
        exchange(body=Body(b"no gzip", coding="gzip", media=HTML.media_type)),
        exchange(body=Body.unknown("streamed", size=7)),
        exchange(body=Body(b"", complete=False)),
        exchange(direction=Direction.OUTBOUND, timestamp=None),
        exchange(failure=Failure(FailureKind.RESET, "connection lost")),
        exchange(response=None, failure=Failure(FailureKind.CONNECT, "refused", "192.0.2.1:80")),
        exchange(response=None, failure=Failure(FailureKind.CLIENT_GONE, sending=True)),
        exchange(response=msgspec.structs.replace(whole.response, trailers=Headers.of(("Sum", "1")))),
    ]
    for case, read in zip(cases, again(cases), strict=True):
        assert read.request.headers == case.request.headers
        names = ("service", "direction", "client", "failure", "timestamp", "duration")
        assert [getattr(read, name) for name in names] == [getattr(case, name) for name in names]
        assert (read.request.target, read.request.authority) == (case.request.target, case.request.authority)
        if case.timestamp is not None:
            assert read.first_byte == pytest.approx(case.first_byte)
        assert (read.response is None) == (case.response is None)
        if case.response is None or read.response is None:
            continue
        assert (read.response.status, read.response.reason, read.response.headers, read.response.trailers) == (
            *(case.response.status, case.response.reason, case.response.headers, case.response.trailers),
        )
        assert facts(read.response.body) == facts(case.response.body)


def test_an_entry_that_says_too_much_of_its_own_is_skipped() -> None:
    broken = entry(exchange()) | {"_wirelint": {"service": 7}}
    (skipped,) = exchanges([msgspec.Raw(msgspec.json.encode(broken))], "x.har")
    assert skipped == Skipped(0, "broken entry: its _wirelint is not what wirelint writes")


def found(rule: Rule, told: Iterable[Exchange]) -> list[str]:
    engine = Engine([rule], knowledge=knowledge(rule))
    return [each.rule for exchange in told for each in engine.audit(exchange).findings]


def test_what_is_saved_audits_to_the_same_findings() -> None:
    differ = set()
    for rule in catalogue():
        if rule.id in NEED_THE_WIRE:
            continue
        for text in (*rule.bad, *rule.good):
            told = [each for each in of_text(text) if not each.probes]
            assert found(rule, again(told)) == found(rule, told), rule.id
            if found(rule, again(masked(each, NAMES) for each in told)) != found(rule, told):
                differ.add(rule.id)
    assert differ == NEED_WHAT_IS_MASKED


@pytest.mark.parametrize("name", ["a.har", "a.har.gz"])
def test_the_file_is_complete_at_any_time(tmp_path: Path, name: str) -> None:
    file = HarFile(tmp_path / name)
    for number, line in enumerate((b"", b'{"n":1}', b'{"n":2}')):
        file.write(line)
        data = (tmp_path / name).read_bytes()
        log = json.loads(gzip.decompress(data) if name.endswith(".gz") else data)["log"]
        assert log["entries"] == [{"n": each + 1} for each in range(number)]
        assert log["creator"]["name"] == "wirelint"


@pytest.mark.parametrize("name", ["a.har", "a.har.gz"])
def test_a_full_disk_costs_one_entry(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    file = HarFile(tmp_path / name)
    file.write(b'{"n":1}')
    write, room = os.pwrite, [10]

    def pwrite(descriptor: int, octets: bytes, at: int) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        count = min(len(octets), room[0])
        room[0] -= count
        return write(descriptor, octets[:count], at)

    monkeypatch.setattr(os, "pwrite", pwrite)
    with pytest.raises(OSError, match="No space"):
        file.write(b'{"n":"lost"}')
    room[0] = 1000
    file.write(b'{"n":2}')
    file.close()
    data = (tmp_path / name).read_bytes()
    log = json.loads(gzip.decompress(data) if name.endswith(".gz") else data)["log"]
    assert log["entries"] == [{"n": 1}, {"n": 2}]


def save(saver: Saver, *told: Exchange) -> list[Exchange]:
    """Save exchanges, and return what is read from the file."""
    sink = HarSaving(saver)
    for each in told:
        sink.accept(msgspec.structs.replace(audit(), exchange=each))
    sink.close()
    return [each for each in open_capture(str(saver.path)).exchanges if isinstance(each, Exchange)]


def test_probes_are_no_traffic(tmp_path: Path) -> None:
    probe = exchange(probes=(Probe("again", 200, same=True),))
    assert len(save(Saver(tmp_path / "a.har", 10_000), exchange(), probe)) == 1


def test_masked_files_hold_no_secret_and_keep_callers_apart(tmp_path: Path) -> None:
    body = Body(json.dumps({"password": CANARY, "name": CANARY}).encode())
    bob = Headers.of(("Authorization", "Bearer another"))
    one = exchange("/users/ann.miller?token=plumtree", body=body)
    other = msgspec.structs.replace(one, request=msgspec.structs.replace(one.request, headers=bob))
    path = tmp_path / "a.har.gz"
    first, second, third = save(Saver(path, 100_000, mask=True), one, one, other)
    text = gzip.decompress(path.read_bytes()).decode()
    assert not any(secret in text for secret in (CANARY, "plumtree", "ann.miller", "192.0.2.7", "another"))
    assert first.request.headers == second.request.headers
    assert first.request.headers.get("authorization") != third.request.headers.get("authorization")
    assert first.client == second.client


def test_what_was_not_saved_is_counted_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "a.har"
    size = len(msgspec.json.encode(entry(exchange())))
    saver = Saver(path, 2 * size + 10)
    assert len(save(saver, exchange(body=Body.unknown("streamed")), *[exchange()] * 4)) == 2
    assert (saver.saved, saver.partly, saver.lost["full"]) == (2, 1, 3)
    assert caplog.messages == [f"wirelint: {path} is full (--save-size): further exchanges are not saved"]
    assert list(summary.saving(saver, "a.har", masked=False)) == [
        "2 exchanges saved to a.har, with their secrets",
        "1 exchange saved without all content: cut off, or longer than --body-limit",
        "3 exchanges not saved: the file is full (--save-size)",
    ]
    numbers = {(row.name, *row.labels.values()): row.value for family in saver.collect() for row in family.samples}
    assert numbers["wirelint_unsaved_exchanges_total", "full"] == 3
    assert numbers["wirelint_saved_exchanges_total",] == 2


def test_what_waits_is_bounded_and_a_fault_costs_one_exchange(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(saving, "_MOST_WAITING", 3 * 4096)
    saver = Saver(tmp_path / "a.har", 10_000)
    gate = threading.Event()

    def broken() -> bytes:
        gate.wait(10)
        raise ValueError(CANARY)

    for _ in range(5):
        saver.put(exchange(), broken)
    gate.set()
    saver.close()
    assert (saver.saved, saver.lost) == (0, {"full": 0, "backlog": 2, "fault": 3, "unwritable": 0})
    assert caplog.messages == ["wirelint: fault while saving (ValueError), counted from now on"]


@pytest.mark.parametrize("mask", [False, True])
def test_flows_keep_their_service_and_are_masked(tmp_path: Path, mask: bool) -> None:
    file = tmp_path / "flows.mitm"
    saver = Saver(file, 100_000, mask=mask)
    capture = Recorder(Stats(), Naming({}), lambda _record, _flow: None)
    adds = Saving(saver, capture, Faults(Stats(), None))
    good, bad = tflow.tflow(resp=True), tflow.tflow(err=True)
    assert good.response is not None
    for flow in (good, bad):
        flow.request.path = "/users/ann.miller"
        flow.request.headers["authorization"] = f"Bearer {CANARY}"
        flow.request.trailers = Fields(((b"x-api-key", CANARY.encode()),))
    good.response.trailers = Fields(((b"x-api-key", CANARY.encode()),))
    good.response.headers["content-type"] = "application/json"
    good.response.headers["content-encoding"] = "gzip"
    good.response.content = json.dumps({"password": CANARY, "n": 1}).encode()
    adds.response(good)
    adds.error(bad)
    saver.close()
    answered, failed = open_capture(str(file)).exchanges
    assert isinstance(answered, Exchange)
    assert isinstance(failed, Exchange)
    assert (answered.service, failed.failure is not None) == ("address:22", True)
    assert answered.response is not None
    assert answered.response.body.json["n"] == 1
    assert (answered.response.body.json["password"] == CANARY) is not mask
    assert (CANARY.encode() in file.read_bytes()) is not mask
    assert (b"ann.miller" in file.read_bytes()) is not mask
    assert (b"127.0.0.1" in tnetstring.dumps(answered.client.encode())) is not mask


def test_flows_are_saved_until_the_file_is_full(tmp_path: Path) -> None:
    flow = tflow.tflow(resp=True)
    file = tmp_path / "flows.mitm"
    saver = Saver(file, 5000)
    adds = Saving(saver, Recorder(Stats(), Naming({}), lambda _record, _flow: None), Faults(Stats(), None))
    for _ in range(5):
        adds.response(flow)
    saver.close()
    assert saver.saved + saver.lost["full"] == 5
    assert 0 < len(list(open_capture(str(file)).exchanges)) == saver.saved
