"""HAR that is broken: entries, whole documents, and anything at all."""

from __future__ import annotations

import contextlib
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.har import document, entry, one, parsed, read, why
from wirelint.core.exchange import Exchange
from wirelint.core.origin import Origin
from wirelint.sources import Skipped, UnreadableError, har


class TestBrokenEntries:
    @pytest.mark.parametrize(
        ("item", "reason"),
        [
            (None, "broken entry: the entry is not an object"),
            ({}, "broken entry: its request is not an object"),
            (entry(response={"status": "OK"}), "broken entry: its status is not a number"),
            (entry(response={"status": 200.5}), "broken entry: its status is not a number"),
            (entry(response={"status": True}), "broken entry: its status is not a number"),
            (entry(response={"status": 1200}), "broken entry: its status is not an HTTP status"),
            (entry(response={"headers": {"a": "b"}}), "broken entry: its headers are not a list"),
            (entry(response={"headers": ["a"]}), "broken entry: a header without a name"),
            (entry(method="G T"), "not an exchange: its request has no method"),
        ],
    )
    def test_each_says_why(self, item: Any, reason: str) -> None:
        assert why(item) == reason

    def test_one_hides_no_other(self) -> None:
        found = read(entry(), {"request": 7}, entry(404))
        assert [type(each) for each in found] == [Exchange, Skipped, Exchange]
        assert isinstance(found[2], Exchange)
        assert found[2].origin == Origin("x.har", 2)

    def test_a_status_as_text_is_understood(self) -> None:
        assert one(entry(response={"status": "404"})).status == 404

    def test_times_that_are_none(self) -> None:
        exchange = one(entry(startedDateTime="yesterday", time=None, timings={"wait": "long"}))
        assert (exchange.timestamp, exchange.ended, exchange.first_byte) == (None, None, None)

    def test_a_time_without_a_zone_is_utc(self) -> None:
        assert one(entry(startedDateTime="1970-01-02T00:00:00")).timestamp == 86400


class TestDocuments:
    def test_half_a_surrogate_pair_kills_nothing(self) -> None:
        text = document(entry(text="x")).replace(b'"x"', rb'"a\ud800b \\ud800 \ud83d\ude00"')
        (exchange,) = parsed(text)
        assert isinstance(exchange, Exchange)
        assert exchange.response is not None
        assert exchange.response.body.text == "a\ufffdb \\ud800 😀"

    def test_octets_that_are_no_utf8_kill_nothing(self) -> None:
        text = document(entry(text="x")).replace(b'"x"', b'"a\xffb"')
        (exchange,) = parsed(text)
        assert isinstance(exchange, Exchange)
        assert exchange.response is not None
        assert exchange.response.body.text == "a\ufffdb"

    @pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity"])
    def test_a_number_that_is_none_kills_nothing(self, number: bytes) -> None:
        said = document(entry(text='say \\"NaN\\", -Infinity'), entry(404))
        text = said.replace(b'"time": 120', b'"time": ' + number)
        first, second = parsed(text)
        assert isinstance(first, Exchange)
        assert isinstance(second, Exchange)
        assert first.response is not None
        assert first.response.body.text == 'say \\"NaN\\", -Infinity'
        assert (first.ended, second.ended) == (None, None)

    def test_mending_takes_linear_time(self) -> None:
        begun = time.process_time()
        for text in (b'"' + b'\\"' * 500_000, b"NaN" * 500_000, b'{"a":' + b"-" * 1_000_000, b'"\\' * 300_000):
            har._repaired(text)
        assert time.process_time() - begun < 10

    @pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n  "])
    def test_byte_order_marks(self, mark: bytes) -> None:
        assert len(parsed(mark + document(entry()))) == 1

    def test_utf16(self) -> None:
        assert len(parsed(document(entry(text="é")).decode().encode("utf-16"))) == 1

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"{}", "x.har: JSON, but not HAR: there is no list at log.entries"),
            (b'{"log": {"entries": {}}}', "x.har: JSON, but not HAR: there is no list at log.entries"),
            (b'{"log": {"entries": [{"a": 1}', "x.har: truncated: the JSON text does not end"),
            (b'{"log": {"entries": []}} x', "x.har: broken JSON: trailing characters (byte 26)"),
            (b'{"log": {"entries": [' + b"[" * 100_000, "x.har: JSON nested too deeply"),
        ],
    )
    def test_what_is_no_har_says_so(self, data: bytes, message: str) -> None:
        with pytest.raises(UnreadableError) as caught:
            har.entries(data, "x.har")
        assert str(caught.value) == message


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """Return a good entry of which one value, anywhere, has become anything."""
    item: dict[str, Any] = json.loads(json.dumps(entry(request={"postData": {"text": "a", "params": []}}, timings={})))
    place = item
    while True:
        key = draw(st.sampled_from(sorted(place)))
        if isinstance(place[key], dict) and place[key] and draw(st.booleans()):
            place = place[key]
            continue
        place[key] = draw(anything)
        return item


@given(st.lists(anything | damaged(), max_size=4))
def test_no_entry_ever_raises(items: list[Any]) -> None:
    found = parsed(json.dumps({"log": {"entries": items}}).encode())
    assert len(found) == len(items)
    for exchange in found:
        if isinstance(exchange, Exchange):
            assert exchange.service.isprintable()
            assert exchange.duration is None or exchange.duration >= 0
            _ = exchange.request.body.members, exchange.response and exchange.response.body.text


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda octets: b'{"log":{"entries":[' + octets + b"]}}"))
def test_no_document_raises_anything_else(data: bytes) -> None:
    with contextlib.suppress(UnreadableError):
        parsed(data)
