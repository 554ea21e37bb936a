"""HEAD beside GET: head-get-divergence."""

from __future__ import annotations

import pytest

from lab.rule import notes, of
from lab.story import ADA, later, turn


def head(length: int | None = 9, status: int = 200, *fields: str, asked: tuple[str, ...] = ()) -> str:
    sized = () if length is None else (f"Content-Length: {length}",)
    return turn("HEAD /reports/7", status, "", *sized, *fields, asked=asked)


def get(length: int | None = 9, status: int = 200, *fields: str, asked: tuple[str, ...] = ()) -> str:
    sized = () if length is None else (f"Content-Length: {length}",)
    return turn("GET /reports/7", status, '{"id": 7}', *sized, *fields, asked=asked)


TAG = 'ETag: "a"'


def test_head_is_missing_what_get_shows() -> None:
    (finding,) = of("head-get-divergence", head(None, 404), get(), head(None, 404))
    assert finding.message == "HEAD and GET differ in status"
    assert (finding.method, finding.status) == ("HEAD", 404)
    (finding,) = of("head-get-divergence", head(None, 404), get(), get(), head(None, 404))
    assert len(finding.story) == 3


def test_head_and_get_in_either_order() -> None:
    (finding,) = of("head-get-divergence", head(None, 500), get(), head(None, 500), get())
    assert finding.method == "HEAD"
    (finding,) = of("head-get-divergence", head(), get(), later(6), head(0), get())
    assert (finding.method, finding.message) == ("HEAD", "HEAD and GET differ in Content-Length")
    assert notes(finding) == ["the same before", "HEAD", "other than that"]


def test_one_validator_for_two_lengths() -> None:
    assert len(of("head-get-divergence", head(0, 200, TAG), get(9, 200, TAG))) == 1
    assert of("head-get-divergence", head(0), get(9)) == []
    assert of("head-get-divergence", head(0, 200, 'ETag: W/"a"'), get(9, 200, 'ETag: W/"a"')) == []
    assert of("head-get-divergence", head(0, 200, TAG), get(9, 200, 'ETag: "b"')) == []


@pytest.mark.parametrize(
    "story",
    [
        head() + get() + later(6) + head(),
        head(None) + get() + later(6) + head(None),
        head(None, 404) + get(),
        head(None, 404) + get() + later(6) + head(),
        head(None, 404) + get(None) + get(None, 404),
        head(None, 406, asked=("Accept: text/csv",)) + get() + head(None, 406, asked=("Accept: text/csv",)),
        head(0) + get() + later(6) + head(0, 200, TAG),
        head(0) + "# failure: reset cut\n" + get() + later(6) + head(0),
        head(8) + get(9) + later(6) + head(10),
        head(None, 405) + get() + head(None, 405),
        head(None, 501) + get() + head(None, 501),
        head(None, 503) + get() + head(None, 503),
        head(None, 404) + get(9, 304, asked=('If-None-Match: "a"',)) + head(None, 404),
        head(0, 200, TAG) + get(3, 206, TAG, asked=("Range: bytes=0-2",)),
        head(0, 200, TAG) + get(9, 200, TAG, "Content-Encoding: gzip"),
        head(0, 200, TAG) + get(9, 200, TAG, asked=("Accept-Encoding: gzip",)),
        head(0, 200, TAG) + get(9, 200, TAG, "Age: 4"),
        head(0, 200, TAG) + get(9, 200, TAG, asked=(ADA,)),
        head(None, 404) + turn("PUT /reports/7", 204, sent="{}") + get() + head(None, 404),
        head(None, 404) + get() + turn("DELETE /reports/7", 204) + head(None, 404),
        head(None, 404) + get() + later(90) + head(None, 404),
        head(0, 200, TAG) + later(90) + get(9, 200, TAG),
        head(7, 404) + get(9, 404) + head(7, 404),
        head(None, 404) + get() + head(None, 404, asked=(ADA,)),
        head(None, 404, asked=(ADA,)) + get() + head(None, 404),
    ],
    ids=[
        "alike",
        "length left out",
        "once",
        "appeared",
        "disappeared",
        "other form",
        "new version",
        "cut short",
        "grows",
        "not allowed",
        "not implemented",
        "outage",
        "conditional",
        "a part",
        "other coding",
        "other wishes",
        "stored",
        "other caller",
        "written",
        "deleted",
        "late",
        "late with a tag",
        "errors have other lengths",
        "other caller last",
        "other caller first",
    ],
)
def test_head_and_get_that_may_be_true(story: str) -> None:
    assert of("head-get-divergence", story) == []
