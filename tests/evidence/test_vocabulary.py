"""The tables of words: their form, their size, and that what was counted for them fits."""

from __future__ import annotations

import pytest

from wirelint.evidence import texts, vocabulary
from wirelint.evidence.texts import Meaning, reading, reads_as_error, reads_as_ordinary

ROWS = list(vocabulary.rows())


def test_rows_are_in_order_and_each_stands_once() -> None:
    keys = [(row.meaning, row.where, row.phrase) for row in ROWS]
    assert keys == sorted(set(keys))


def test_rows_mean_something() -> None:
    known = {meaning.name.lower() for meaning in Meaning} | {"failed"}
    assert {row.meaning for row in ROWS} <= known
    assert {row.where for row in ROWS} == {"any", "code"}
    assert all(row.source for row in ROWS)
    assert all(row.precision is None or 0 <= row.precision <= 1 for row in ROWS)


def test_every_class_and_set_is_used() -> None:
    used = {part.rstrip("?") for row in ROWS for part in row.phrase.split() if part[0] in "@{"}
    shadows = {"@other"}  # stands where the words of another class would, and means nothing
    assert used | shadows == {f"@{name}" for name in vocabulary.classes()} | {
        f"{{{name}}}" for name in vocabulary.sets()
    }


def test_tables_stay_small_enough_to_read() -> None:
    assert len(ROWS) < 2000
    assert max(len(row.phrase) for row in ROWS) <= 300
    assert 1000 < len(vocabulary.weights()) < 6000


@pytest.mark.parametrize(
    "text",
    [
        "User not found",
        "Invalid or expired password reset token",
        "job failed",
        "Internal Server Error",
        "You are not allowed to delete this project",
        "name already taken",
        "Rate limit exceeded, retry in 5 seconds",
    ],
)
def test_errors_read_as_errors(text: str) -> None:
    assert reads_as_error(text)
    assert not reads_as_ordinary(text)


@pytest.mark.parametrize(
    "text",
    [
        "Mailing list member has been deleted",
        "Your account has been deleted",
        "File uploaded successfully",
        "OK",
        "Update the translations.",
        "A list of orders",
        "処理に失敗しました",
    ],
)
def test_ordinary_texts_do_not(text: str) -> None:
    assert not reads_as_error(text)


def test_a_reading_names_the_words_that_decided() -> None:
    assert reading("The user was not found.") == (Meaning.NOT_FOUND, "not found")
    assert reading("RESOURCE_ALREADY_EXISTS") == (Meaning.CONFLICT, "already exists")
    assert reading("Failed to create toolchain") == (Meaning.INTERNAL, "failed to")
    assert reading("hello") is None


def test_that_something_failed_is_no_meaning_of_its_own() -> None:
    assert texts.of_prose("Failed to create toolchain") == texts.NONE
