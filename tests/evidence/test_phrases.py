"""How phrases are written down, and found in texts."""

from __future__ import annotations

import pytest

from wirelint.evidence.phrases import MOST_FOUND, Found, Phrases, words_of, words_of_code

CLASSES = {"key": ["token", "access token"], "other": ["page token"]}
SETS = {"a": ["a", "an", "the", "valid"]}


def found(phrases: list[tuple[str, str]], text: str, general: frozenset[str] = frozenset()) -> set[str]:
    """Return the labels of the phrases that a text has."""
    return {each.label for each in Phrases(phrases, CLASSES, SETS, general).find(words_of(text))}


@pytest.mark.parametrize(
    ("phrase", "text", "fits"),
    [
        ("not found", "User not found.", True),
        ("not found", "Not. Found", False),
        ("not|never found", "never found", True),
        ("not be? found", "could not be found", True),
        ("no *1 found", "no such user found", False),
        ("no *2 found", "no such user found", True),
        ("no *2 found", "no. user found", False),
        ("no * found", "no found", False),
        ("missing {a} @key", "missing a valid access token", True),
        ("missing {a} @key", "missing page token", False),
        ("missing @key", "missing big token", False),
        ("failed .", "the job failed", True),
        ("failed .", "failed jobs: 3", False),
        ("did not", "it didn't", True),
        ("can not", "we can't", True),
        ("error #", "error 404", True),
    ],
)
def test_phrases_fit(phrase: str, text: str, fits: bool) -> None:
    assert found([("x", phrase)], text) == ({"x"} if fits else set())


def test_the_longer_phrase_counts() -> None:
    phrases = [("short", "not allowed"), ("long", "method not allowed")]
    assert found(phrases, "Method not allowed") == {"long"}
    assert found(phrases, "Method not allowed. Not allowed.") == {"long", "short"}


def test_general_phrases_give_way_to_others_of_the_same_words() -> None:
    phrases = [("invalid", "only *2 allowed"), ("authn", "only @key is|are allowed")]
    assert found(phrases, "only token is allowed") == {"invalid", "authn"}
    assert found(phrases, "only token is allowed", frozenset({"invalid"})) == {"authn"}


@pytest.mark.parametrize(
    "phrase", ["", "* found", "*2 found", "{a} found", "no @thing", "no {thing}", " ".join(["a|b"] * 10)]
)
def test_phrases_that_cannot_be_read_are_refused(phrase: str) -> None:
    with pytest.raises(ValueError, match=r"without words|begins with a gap|there is no|forms"):
        Phrases([("x", phrase)], CLASSES, SETS)


def test_codes_are_read_word_by_word() -> None:
    for code in ("RESOURCE_NOT_FOUND", "ResourceNotFound", "resource-not-found", "resource.not.found"):
        assert words_of_code(code) == ["resource", "not", "found"]


def test_what_is_found_says_where() -> None:
    assert Phrases([("x", "not found")], CLASSES, SETS).find(words_of("User not found.")) == [Found("x", 1, 3)]


def test_what_is_found_is_bounded() -> None:
    assert len(Phrases([("x", "token")], CLASSES, SETS).all(words_of("token " * 1000))) <= MOST_FOUND
