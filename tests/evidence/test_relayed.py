"""Statuses of other services in the words of HTTP client libraries."""

from __future__ import annotations

import pytest

from wirelint.evidence.relayed import relayed_status


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Client error '404 Not Found' for url 'http://rates.example/x'\nFor more information check: https://x", 404),
        ("503 Server Error: Service Unavailable for url: http://rates.example/x", 503),
        ("Could not fetch rates: 503, message='Service Unavailable', url='http://rates.example/x'", 503),
        ("<HTTPError 404: 'Not Found'> HTTP Error 404: Not Found", 404),
        ("Fehler: Request failed with status code 429", 429),
        ("Response code 503 (Service Unavailable)", 503),
        ("404 Not Found from GET http://rates.example/x", 404),
        ('404 Not Found on GET request for "http://rates.example/x": [no body]', 404),
        ("[503] during [GET] to [http://rates.example/x] [Api#get()]: [down]", 503),
        ("Client error: `GET http://rates.example/x` resulted in a `404 Not Found` response", 404),
        ('HTTP/1.1 503 Service Unavailable returned for "http://rates.example/x".', 503),
        ("Response status code does not indicate success: 503 (Service Unavailable).", 503),
        ("HTTP status client error (401 Unauthorized) for url (http://rates.example/x)", 401),
        ("the server responded with status 500", 500),
    ],
)
def test_a_library_names_the_status_that_it_received(text: str, status: int) -> None:
    assert relayed_status(text) == status


@pytest.mark.parametrize(
    "text",
    [
        "404 Not Found",
        "HTTP 404: Not Found",
        "User 404 not found",
        "error code 500",
        "Response code 200 (OK)",
        "See http://rates.example/404 for details of the error",
        "",
    ],
)
def test_other_texts_relay_nothing(text: str) -> None:
    assert relayed_status(text) is None
