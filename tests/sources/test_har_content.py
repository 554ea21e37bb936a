"""Content in HAR: what is known of it, and what is not known and must not pass for empty."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from lab.har import body_of, entry, fields, one


class TestResponseContent:
    def test_text(self) -> None:
        body = body_of(text='{"ü": 1}', size=3)
        assert body.json == {"ü": 1}
        assert body.complete

    def test_text_is_unicode_whatever_the_charset_was(self) -> None:
        exchange = one(entry(text="é→", headers=(("content-type", "text/plain; charset=iso-8859-1"),)))
        assert exchange.response is not None
        assert exchange.response.body.text == "é→"

    def test_the_coding_is_off_and_the_field_stays(self) -> None:
        exchange = one(entry(text="plain", headers=(("content-encoding", "gzip"), ("content-length", "999"))))
        assert exchange.response is not None
        assert exchange.response.headers.get("content-encoding") == "gzip"
        assert exchange.response.body.content == b"plain"
        assert exchange.response.body.size == 5

    def test_base64(self) -> None:
        octets = b"\x00\xff" + "é".encode("latin-1")
        encoded = base64.encodebytes(octets).decode()
        assert body_of(text=encoded, encoding="base64", size=3).content == octets

    def test_what_is_called_base64_and_is_not(self) -> None:
        assert body_of(text="{not base64}", encoding="base64", size=3).unavailable == "undecodable"

    @pytest.mark.parametrize(
        ("media", "text"), [("application/json", '{"success": false}'), ("text/html", "<h1>Hello</h1>")]
    )
    def test_plain_text_that_is_called_base64(self, media: str, text: str) -> None:
        content = {"size": 9, "text": text, "encoding": "base64"}
        exchange = one(entry(headers=(("content-type", media),), response={"content": content}))
        assert exchange.response is not None
        assert exchange.response.body.text == text

    @pytest.mark.parametrize(
        ("media", "text"), [("application/json", "{cut"), ("text/plain", "a < b"), ("text/html", "&")]
    )
    def test_what_may_be_damaged_base64_is_unknown(self, media: str, text: str) -> None:
        content = {"size": 9, "text": text, "encoding": "base64"}
        exchange = one(entry(headers=(("content-type", media),), response={"content": content}))
        assert exchange.response is not None
        assert exchange.response.body.unavailable == "undecodable"

    @pytest.mark.parametrize(
        "content",
        [
            {"size": 0},
            {"size": 0, "text": ""},
            {"text": ""},
            {"size": -1, "text": ""},
        ],
    )
    def test_empty(self, content: dict[str, Any]) -> None:
        assert body_of(**content).empty

    @pytest.mark.parametrize(
        "content",
        [
            {},
            {"size": -1},
            {"size": 7},
            {"size": 7, "text": ""},
            {"size": 0, "comment": "Response bodies are not included."},
            {"mimeType": "application/json", "text": None},
        ],
    )
    def test_unknown_is_not_empty(self, content: dict[str, Any]) -> None:
        body = body_of(**content)
        assert not body.empty
        assert body.unavailable == "not_captured"

    def test_a_length_says_that_there_was_content(self) -> None:
        item = entry(headers=(("Content-Length", "42"),), response={"content": {"size": 0}})
        response = one(item).response
        assert response is not None
        assert (response.body.unavailable, response.body.size) == ("not_captured", 42)

    def test_a_length_says_that_there_was_none(self) -> None:
        item = entry(headers=(("Content-Length", "0"),), response={"content": {}})
        response = one(item).response
        assert response is not None
        assert response.body.empty

    def test_no_content_at_all(self) -> None:
        item = entry(response={"content": None, "bodySize": 0})
        response = one(item).response
        assert response is not None
        assert response.body.empty

    @pytest.mark.parametrize(("status", "method"), [(304, "GET"), (200, "HEAD"), (103, "GET")])
    def test_what_follows_no_head_on_the_wire_comes_from_a_cache(self, status: int, method: str) -> None:
        response = one(entry(status, "cached", method=method)).response
        assert response is not None
        assert response.body.empty

    def test_content_under_204_is_kept(self) -> None:
        response = one(entry(204, '{"deleted": true}')).response
        assert response is not None
        assert response.body.json == {"deleted": True}

    def test_nothing_under_204_is_nothing(self) -> None:
        response = one(entry(204, None, headers=(("content-length", "9"),), response={"content": {}})).response
        assert response is not None
        assert response.body.empty

    @pytest.mark.parametrize(
        "content",
        [
            {"text": "x" * 65536, "size": 70000},
            {"text": "abc", "size": 3, "comment": "Truncated to 3 characters"},
            {"text": "abc", "size": 9, "_truncated": True},
        ],
    )
    def test_cut_off_by_the_recorder(self, content: dict[str, Any]) -> None:
        assert not body_of(**content).complete

    @pytest.mark.parametrize("content", [{"text": "abc", "size": 4000}, {"text": "x" * 65536, "size": 65536}])
    def test_a_size_alone_cuts_nothing_off(self, content: dict[str, Any]) -> None:
        assert body_of(**content).complete


class TestRequestContent:
    def body(self, method: str = "POST", *pairs: tuple[str, str], **request: Any) -> Any:
        return one(entry(method=method, request={"headers": fields(*pairs), "bodySize": -1} | request)).request.body

    def test_text(self) -> None:
        assert self.body(postData={"mimeType": "application/json", "text": '{"a": 1}'}).json == {"a": 1}

    def test_form(self) -> None:
        params = [{"name": "a b", "value": "1&2"}, {"name": "c"}, "odd"]
        assert self.body(postData={"mimeType": "x", "params": params}).content == b"a+b=1%262&c="

    def test_a_multipart_form_cannot_be_put_together_again(self) -> None:
        body = self.body(
            "POST",
            ("Content-Type", "multipart/form-data; boundary=x"),
            postData={"params": [{"name": "a", "value": "1"}]},
        )
        assert body.unavailable == "not_captured"

    def test_empty(self) -> None:
        assert self.body(bodySize=0).empty
        assert self.body("POST", ("Content-Length", "0")).empty
        assert self.body("GET").empty
        assert self.body("HEAD").empty
        assert self.body("DELETE").empty
        assert self.body(bodySize=0, postData={"mimeType": "", "text": ""}).empty

    def test_unknown_is_not_empty(self) -> None:
        assert self.body("POST").unavailable == "not_captured"
        assert self.body("GET", ("Content-Type", "application/json")).unavailable == "not_captured"
        assert self.body("GET", ("Transfer-Encoding", "chunked")).unavailable == "not_captured"
        assert self.body("POST", ("Content-Length", "7"), bodySize=0).unavailable == "not_captured"
        assert self.body(bodySize=7).unavailable == "not_captured"
