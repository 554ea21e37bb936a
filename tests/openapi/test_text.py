"""Documents as text: YAML 1.2's core schema, JSON, and what is neither."""

from __future__ import annotations

import time

import pytest

from wirelint.openapi.text import DocumentError, parse


def test_yaml_keeps_keys_words_and_dates_as_texts() -> None:
    text = b"""
200: {country: no, on: yes, since: 2024-01-01, time: 12:30:00, empty: , tilde: ~, quoted: '7', tagged: !!str 8}
numbers: [1, -2, 1.5, 1e3, +4]
truth: [true, FALSE, "true"]
block: |
  text
"""
    assert parse(text) == {
        "200": {
            "country": "no",
            "on": "yes",
            "since": "2024-01-01",
            "time": "12:30:00",
            "empty": None,
            "tilde": None,
            "quoted": "7",
            "tagged": "8",
        },
        "numbers": [1, -2, 1.5, 1000.0, 4],
        "truth": [True, False, "true"],
        "block": "text\n",
    }


def test_anchors_and_merges_are_followed() -> None:
    assert parse(b"a: &x {b: 1, c: 2}\nd: *x\ne:\n  <<: *x\n  b: 3\nf: &y 4\ng: *y") == {
        "a": {"b": 1, "c": 2},
        "d": {"b": 1, "c": 2},
        "e": {"b": 3, "c": 2},
        "f": 4,
        "g": 4,
    }


def test_json_and_yaml_in_braces_are_both_read() -> None:
    assert parse(b'\xef\xbb\xbf {"a": [1, null]}') == {"a": [1, None]}
    assert parse(b"{a: [1, ~], # a remark\n b: c}") == {"a": [1, None], "b": "c"}


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        (b"", "it is empty"),
        (b"# a remark", "it is empty"),
        (b"a: [1", "no YAML: .* in line 2"),
        (b'{"a": 1', "no JSON: Input data was truncated"),
        (b"a: *x", "there is no anchor &x"),
        (b"a: &a [*a]", "there is no anchor &a"),
        (b"? [a]\n: b", "a key in line 1 is no text"),
        (b"\x00\x01\x02", "no YAML: unacceptable character"),
        (b"a: \xff\xfe", "no YAML: "),
        (b"a: " + b"[" * 300 + b"]" * 300, "it is too deep"),
        (b'{"a":' + b"[" * 100_000, "no JSON: "),
    ],
)
def test_what_is_no_document_is_refused_in_one_line(octets: bytes, message: str) -> None:
    with pytest.raises(DocumentError, match=message) as caught:
        parse(octets)
    assert "\n" not in str(caught.value)


def test_aliases_that_multiply_are_refused_soon() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    begun = time.process_time()
    with pytest.raises(DocumentError, match="more than 8,000,000 values"):
        parse("\n".join(lines).encode())
    assert time.process_time() - begun < 1


def test_merging_many_maps_takes_a_step_for_each_member() -> None:
    def seconds(count: int) -> float:
        octets = b"a:\n  <<: [" + b", ".join(b"{a%d: 1}" % number for number in range(count)) + b"]\n"
        began = time.process_time()
        assert len(parse(octets)["a"]) == count
        return time.process_time() - began

    assert min(seconds(16_000) for _ in range(3)) < 6 * min(seconds(4_000) for _ in range(3))
