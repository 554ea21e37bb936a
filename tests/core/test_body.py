"""Bodies: whole, cut, empty, unknown; bounded decoding; views that never raise."""

from __future__ import annotations

import gzip
import json
import time
import zlib
from typing import Any

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from wirelint.core.body import DECODED_LIMIT, Body
from wirelint.core.coding import UndecodableError, decode
from wirelint.core.json_parts import NOTHING, value_of
from wirelint.core.media import media_type

TEXT = json.dumps({"success": False, "error": "no such user", "n": list(range(50))}).encode()
CODED = {
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
    "br": brotli.compress(TEXT),
    "zstd": zstandard.ZstdCompressor().compress(TEXT),
}


@pytest.mark.parametrize("coding", CODED)
def test_each_coding_is_undone(coding: Any) -> None:
    body = Body(CODED[coding], coding=coding)
    assert body.content == TEXT
    assert body.complete


def test_deflate_without_its_wrapper_is_understood() -> None:
    raw = zlib.compressobj(wbits=-15)
    assert decode(raw.compress(TEXT) + raw.flush(), "deflate", 10_000) == (TEXT, True)


def test_several_codings_are_undone_last_first() -> None:
    assert decode(brotli.compress(gzip.compress(TEXT)), "gzip, br", 10_000) == (TEXT, True)


def test_members_of_gzip_are_joined() -> None:
    assert decode(gzip.compress(b"one ") + gzip.compress(b"two"), "gzip", 100) == (b"one two", True)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_a_cut_stream_yields_what_it_holds(coding: Any) -> None:
    noise = bytes(i * 7919 % 251 for i in range(40_000))
    packers: dict[str, Any] = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress}
    packed = packers[coding](noise + TEXT)
    content, whole = decode(packed[: len(packed) // 2], coding, 1 << 20)
    assert not whole
    assert noise.startswith(content[:1000])


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_costs_no_more_than_the_limit(coding: Any) -> None:
    zeros = bytes(64 << 20)
    packers: dict[str, Any] = {
        "gzip": gzip.compress,
        "deflate": zlib.compress,
        "br": lambda data: brotli.compress(data, quality=1),
        "zstd": zstandard.ZstdCompressor().compress,
    }
    bomb = packers[coding](zeros)
    began = time.process_time()
    body = Body(bomb, coding=coding)
    assert body.content is not None
    assert len(body.content) <= DECODED_LIMIT
    assert not body.complete
    assert time.process_time() - began < 10


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "sdch", "gzip, gzip, gzip, gzip"])
def test_what_cannot_be_decoded_is_unavailable_not_empty(coding: Any) -> None:
    body = Body(b"this is in no coding at all", coding=coding)
    assert body.unavailable == "undecodable"
    assert body.content is None
    assert not body.empty
    assert not body.complete
    assert body.json is NOTHING


def test_unknown_is_not_empty() -> None:
    body = Body.unknown("not_captured")
    assert (body.empty, body.complete, body.unavailable) == (False, False, "not_captured")
    assert Body(b"").empty
    assert not Body(b"", complete=False).empty


def test_long_documents_are_not_taken_apart_to_the_last() -> None:
    rows = [{"id": number, "name": "x" * 50} for number in range(1000)]
    whole = {"data": rows, "error": {"code": 7}, "note": "y" * 9000, "by": {str(n): n for n in range(5000)}, "ok": None}
    members = Body(json.dumps(whole).encode()).members
    assert members is not None
    assert (members["error"], members["note"], members["ok"]) == (whole["error"], whole["note"], None)
    assert len(members["data"]) == 16
    assert members["data"] == rows[: len(members["data"])]
    assert 100 < len(members["by"]) < 1000
    # Of what has a long start, nothing would be left: then it is taken whole.
    long = {"errors": ["z" * 20_000, "second"], "in": {"a": "z" * 20_000}}
    assert Body(json.dumps(long).encode()).members == long
    assert Body(json.dumps([long]).encode()).members is None
    assert Body(json.dumps(long).encode()[:-1]).members is None


@pytest.mark.parametrize("padding", ["", "y" * 1000, "y" * 20_000])
def test_some_members_are_picked_without_the_others(padding: str) -> None:
    document = {"Status": 404, "error": {"code": 7}, "padding": padding, "rows": [1, 2]}
    body = Body(json.dumps(document).encode())
    assert body.pick(frozenset({"status", "error", "absent"})) == {"status": 404, "error": {"code": 7}}
    assert Body(json.dumps([document]).encode()).pick(frozenset({"status"})) == {}
    assert Body(json.dumps(document).encode()[:-1]).pick(frozenset({"status"})) == {}
    assert Body(json.dumps(document).encode()[:40], complete=False).pick(frozenset({"status"})) == {"status": 404}


@pytest.mark.parametrize(
    "content",
    [b"{}", b'{"Id":1,"b":[]}', b"[]", b"[1,{}]", b"[[1]]", b'[{"A":1},{"b":2}]', b"null", b"7", b'"x"', b"{x"],
)
def test_names_are_the_same_whether_the_content_is_parsed_already_or_not(content: bytes) -> None:
    parsed = Body(content)
    _ = parsed.json
    assert parsed.names == Body(content).names


def test_an_array_is_known_by_its_elements() -> None:
    body = Body(b' [{"Id": 7}, {"error": 1}, null]')
    elements = body.elements
    assert elements is not None
    assert [value_of(each) for each in elements] == [{"Id": 7}, {"error": 1}, None]
    assert body.names == frozenset({"id"})
    assert Body(b"[]").names == Body(b"[[1]]").names == Body(b'["id"]').names == frozenset()
    for other in (b'{"a": []}', b"[1, 2", b"7", b"", b"<a/>"):
        assert Body(other).elements is None
    assert Body(b"[1, 2]", complete=False).elements is None
    assert value_of(Body(b'["\xff"]').elements[0]) is NOTHING  # type: ignore[index]


def test_a_cut_document_shows_the_members_that_ended_before_the_cut() -> None:
    whole = b'{"success": false, "error": {"code": 7}, "count": 123456, "debug": "aaaaaa'
    members = Body(whole, complete=False).members
    assert members == {"success": False, "error": {"code": 7}, "count": 123456}
    assert Body(b'{"count": 12', complete=False).members == {}
    assert Body(whole, complete=False).json is NOTHING


@pytest.mark.parametrize("text", [b')]}\',\n{"a": 1}', b'\xef\xbb\xbf {"a": 1}', b'\n\t {"a": 1}', b'for(;;);{"a": 1}'])
def test_json_behind_a_guard_or_mark_is_json(text: Any) -> None:
    assert Body(text).json == {"a": 1}


def test_null_is_json_and_broken_json_is_told_from_unknown() -> None:
    assert Body(b"null").json is None
    assert Body(b'{"a": 1,').is_broken_json
    assert not Body(b'{"a": 1,', complete=False).is_broken_json
    assert not Body.unknown("too_large").is_broken_json
    assert not Body(b"  ").is_broken_json


def test_json_in_another_charset_is_read() -> None:
    body = Body('{"name": "Zoë"}'.encode("utf-16"), media=media_type("application/json; charset=utf-16"))
    assert body.json == {"name": "Zoë"}


def test_depth_is_survived() -> None:
    assert Body(b"[" * 100_000).json is NOTHING
    assert Body(b'{"a":' * 50_000, complete=False).members is not None


@given(st.binary(max_size=400), st.sampled_from(["", "gzip", "deflate", "br", "zstd", "gzip, br", "x"]), st.booleans())
def test_no_octets_make_a_view_raise(raw: Any, coding: Any, complete: Any) -> None:
    body = Body(raw, coding=coding, complete=complete, media=media_type("application/json; charset=utf-7"))
    _ = (body.content, body.text, body.json, body.members, body.top_level, body.is_broken_json, body.empty, repr(body))


def test_an_error_names_the_coding() -> None:
    with pytest.raises(UndecodableError):
        decode(b"x", "sdch", 10)
