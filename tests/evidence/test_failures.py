"""Which texts are the message of an error by themselves."""

from __future__ import annotations

import re
import time

import pytest

from wirelint.evidence.failures import forms, is_status_phrase, reads_as_error


@pytest.mark.parametrize(
    "text",
    [
        "Unauthorized",
        "404 Not Found",
        "Internal Server Error",
        "Error during command processing: no command",
        "forwarding socket is not configured for the server type dhcp6",
        "unable to forward command to the service",
        "no method name",
        "no fields specified",
        "invalid or corrupt torrent file",
        "download directory path is not absolute",
        "portTested: http error 0: No Response",
        "No such file or directory",
        "Webhook message delivery failed with error: HTTP error 413",
        "You must be logged in to do that.",
        "Sorry, you can't do this",
        "The uploaded file exceeds the maximum size: upload failed",
        "Something went wrong. Please try again later.",
        "Room 5 already exists",
        "User email does not match invite.",
        "An unexpected error occurred while saving",
        "Missing required parameter: name",
        "Too many requests",
        "Request timed out",
        "There was a problem with your request",
        "Couldn\u2019t load the plugin",
    ],
)
def test_messages_of_errors(text: str) -> None:
    assert reads_as_error(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ok",
        "OK. Nothing to update",
        "Success",
        "Mailing list member has been deleted",
        "The error log was cleared successfully",
        "No errors found",
        "No new messages",
        "No results found.",
        "no vulnerabilities",
        "0 failures",
        "If the address is not registered, no mail is sent",
        "Invitation sent",
        "Your e-mail will be changed unless it is invalid",
        "Is the printer not connected?",
        "Fix a crash if the file is missing",
        "Error rate of the last hour",
        "Welcome back! You are not following anyone yet, thanks",
        "Order placed. It cannot be changed" + "!" * 400,
        "one\ntwo\nthree\nfour\nfive\nsix is not valid",
        "Application for a licence",
        "17",
    ],
)
def test_other_texts(text: str) -> None:
    assert not reads_as_error(text)


def test_a_phrase_is_a_phrase_alone() -> None:
    assert is_status_phrase("Bad Gateway")
    assert is_status_phrase("Error: 503 Service Unavailable.")
    assert not is_status_phrase("Bad Gateway, the novel")
    assert not is_status_phrase("OK")


@pytest.mark.parametrize(
    "piece", ["no ", "not a", "error ", "is not ", "the ", "failed: ", "a ", "x", " ", "max exceeded "]
)
def test_time_is_bounded(piece: str) -> None:
    texts = [f"{number} {piece * 400}"[:400] for number in range(20)] + [
        f"no {number} {piece * 400}"[:400] for number in range(20)
    ]
    began = time.process_time()
    for text in texts:
        reads_as_error(text)
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize(("kind", "form", "example"), list(forms()))
def test_each_form_has_an_example(kind: str, form: str, example: str) -> None:
    assert re.search(form, example) is not None
    assert reads_as_error(example) is (kind != "harmless")
