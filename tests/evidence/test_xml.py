"""XML as far as rules look at it: its first elements, whole or cut, and never an entity."""

from __future__ import annotations

import pytest

from wirelint.core.body import Body
from wirelint.evidence.xml import document


def read(content: bytes) -> list[tuple[int, str, dict[str, str], str]] | None:
    found = document(Body(content))
    return None if found is None else [tuple(element) for element in found.elements]  # type: ignore[misc]


def test_elements_come_in_order_with_the_text_at_their_start() -> None:
    assert read(b'<?xml version="1.0"?><a:Root xmlns:a="urn:x" a:Code="7"> one <B>two</B> three <c/></a:Root>') == [
        (0, "root", {"code": "7"}, "one"),
        (1, "b", {}, "two"),
        (1, "c", {}, ""),
    ]


def test_what_came_before_a_cut_or_a_fault_stands() -> None:
    assert read(b"<a>one<b>two</b><c>thr") == [(0, "a", {}, "one"), (1, "b", {}, "two"), (1, "c", {}, "")]
    assert read(b"<a>one<b>two</a>") == [(0, "a", {}, "one"), (1, "b", {}, "")]
    assert read(b"<a>one<b>two</b>&unknown;<c/></a>") == [(0, "a", {}, "one"), (1, "b", {}, "two")]


def test_comments_and_sections_are_no_end_of_a_text() -> None:
    assert read(b"<a>one<!-- no --> <![CDATA[< two]]></a>") == [(0, "a", {}, "one < two")]


def test_only_the_first_elements_are_looked_at() -> None:
    found = read(b"<a>" + b"<b>x</b>" * 1000)
    assert found is not None
    assert len(found) == 64
    assert {name for _, name, _, _ in found[1:]} == {"b"}
    assert all(text == "x" for *_, text in found[1:])


def test_long_texts_are_cut() -> None:
    assert read(b"<a>" + b"x" * 5000 + b"</a>") == [(0, "a", {}, "x" * 512)]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"plain",
        b'{"a": 1}',
        b"<",
        b"<html><body/></html>",
        b"<!DOCTYPE html><title>x</title>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b'<?xml version="1.0" encoding="no-such"?><a/>',
    ],
)
def test_what_is_no_such_document_is_none(content: bytes) -> None:
    assert read(content) is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_document_that_declares_entities_is_not_read_in_any_encoding(encoding: str) -> None:
    grown = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "x" * 50}">' for n in range(8))
    text = f"<?xml version='1.0'?><!DOCTYPE e [{grown}]><e><message>&a7;</message></e>"
    assert document(Body(text.encode(encoding))) is None


def test_other_encodings_are_read() -> None:
    found = document(Body("<e><message>not found</message></e>".encode("utf-16-le")))
    assert found is not None
    assert found.texts == ("not found",)
