"""Sentences that real services write, and what they mean."""

from __future__ import annotations

import time

import pytest

from wirelint.evidence.texts import NONE, Meaning, best_status, is_bare_refusal, of_client, of_code, of_prose

GENERAL = {Meaning.INVALID, Meaning.MALFORMED, Meaning.NOT_FOUND}
"""What may be heard beside the point: more telling meanings outrank these."""


@pytest.mark.parametrize(
    ("text", "meanings"),
    [
        ("The token does not have the required scope", {Meaning.AUTHZ}),
        ("Token is missing required scopes", {Meaning.AUTHZ}),
        ("Your API key does not have permission to perform this action", {Meaning.AUTHZ}),
        ("This API key is not authorized to access this resource", {Meaning.AUTHZ}),
        ("Invalid credentials", {Meaning.AUTHN}),
        ("Bad credentials", {Meaning.AUTHN}),
        ("missing client token", {Meaning.AUTHN}),
        ("Requires authentication", {Meaning.AUTHN}),
        ("Not authenticated", {Meaning.AUTHN}),
        ("Unauthorized", set()),
        ("Forbidden", {Meaning.AUTHZ}),
        ("You are not authorized to perform this action.", {Meaning.AUTHZ}),
        ("Access token expired", {Meaning.AUTHN}),
        ("The access token provided is expired, revoked, malformed or invalid for other reasons.", {Meaning.AUTHN}),
        ("No API key found in request", {Meaning.AUTHN}),
        ("No API key provided", {Meaning.AUTHN}),
        ("You didn't provide an API key.", {Meaning.AUTHN}),
        ("Incorrect API key provided: sk-abc. You can find your API key at x", {Meaning.AUTHN}),
        ("invalid x-api-key", {Meaning.AUTHN}),
        ("Please authenticate", {Meaning.AUTHN}),
        ("User not found", {Meaning.NOT_FOUND}),
        ("The requested resource could not be found", {Meaning.NOT_FOUND}),
        ("No such customer: cus_123", {Meaning.NOT_FOUND}),
        ("Unable to find user", {Meaning.NOT_FOUND}),
        ("Couldn't find Order with 'id'=7", {Meaning.NOT_FOUND}),
        ("Email has already been taken", {Meaning.CONFLICT}),
        ("A record with this name already exists", {Meaning.CONFLICT}),
        ("API rate limit exceeded", {Meaning.RATE}),
        ("Too Many Requests", {Meaning.RATE}),
        ("You are being rate limited.", {Meaning.RATE}),
        ("Rate exceeded", {Meaning.RATE}),
        ("User Rate Limit Exceeded. Rate of requests for user exceed configured project quota", {Meaning.RATE}),
        (
            "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute per user'",
            {Meaning.RATE},
        ),
        ("You have reached your monthly limit", {Meaning.QUOTA}),
        ("Request throttled. Expected available in 20 seconds.", {Meaning.RATE}),
        (
            "upstream connect error or disconnect/reset before headers. reset reason: connection failure",
            {Meaning.UPSTREAM},
        ),
        ("Endpoint request timed out", {Meaning.TIMEOUT}),
        ("upstream request timed out", {Meaning.TIMEOUT}),
        ("Timeout awaiting 'request' for 5000ms", {Meaning.TIMEOUT}),
        ("HTTPSConnectionPool(host='x', port=443): Read timed out. (read timeout=5)", {Meaning.TIMEOUT}),
        (
            "HTTPConnectionPool(host='x', port=80): Max retries exceeded with url: / (Caused by NewConnectionError)",
            {Meaning.UPSTREAM},
        ),
        ("request to http://x failed, reason: connect ECONNREFUSED 127.0.0.1:1", {Meaning.UPSTREAM}),
        ("Invalid value for field name", {Meaning.INVALID}),
        ("name is required", {Meaning.INVALID}),
        ("field required", {Meaning.INVALID}),
        ("Validation failed", {Meaning.INVALID}),
        ("page must be greater than 0", {Meaning.INVALID}),
        ("Method Not Allowed", {Meaning.METHOD}),
        ("Invalid page token", {Meaning.INVALID}),
        ("nextPageToken is invalid", {Meaning.INVALID}),
        ("The password must be at least 8 characters", {Meaning.INVALID}),
        ("Missing Authentication Token", {Meaning.AUTHN}),
        ("The security token included in the request is invalid.", {Meaning.AUTHN}),
        ("Signature expired: 20200101 is now earlier than 2020", {Meaning.AUTHN}),
        ("The request signature we calculated does not match the signature you provided.", {Meaning.AUTHN}),
        ("Login failed", {Meaning.AUTHN}),
        ("Your session has expired, please log in again", {Meaning.AUTHN}),
        ("You must be logged in to do that", {Meaning.AUTHN}),
        ("You need to be an administrator", {Meaning.AUTHZ}),
        ("Insufficient permissions", {Meaning.AUTHZ}),
        ("Insufficient privileges to complete the operation.", {Meaning.AUTHZ}),
        ("User does not have access to this project", {Meaning.AUTHZ}),
        ("This endpoint requires the admin role", {Meaning.AUTHZ}),
        ("Service Temporarily Unavailable", {Meaning.UNAVAILABLE}),
        ("We are down for maintenance", {Meaning.UNAVAILABLE}),
        ("Overloaded", {Meaning.UNAVAILABLE}),
        ("Something went wrong", {Meaning.INTERNAL}),
        ("Incorrect username or password.", {Meaning.AUTHN}),
        ("Wrong e-mail or password", {Meaning.AUTHN}),
        ("Not Found", {Meaning.NOT_FOUND}),
        ("Bearer token not found in request", {Meaning.AUTHN}),
        ("Could not validate credentials", {Meaning.AUTHN}),
        ("Token contains an invalid number of segments", {Meaning.AUTHN}),
        ("jwt malformed", {Meaning.AUTHN}),
        ("jwt expired", {Meaning.AUTHN}),
        ("invalid signature", {Meaning.AUTHN}),
        ("No auth token", {Meaning.AUTHN}),
        ("Missing or invalid Authorization header", {Meaning.AUTHN}),
        ("Authorization header is missing", {Meaning.AUTHN}),
        ("authentication required", {Meaning.AUTHN}),
    ],
)
def test_sentences_are_understood(text: str, meanings: set[Meaning]) -> None:
    heard = of_prose(text)
    assert meanings <= heard
    assert heard - meanings <= GENERAL


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Invalid credentials", 401),
        ("You do not have permission to do this", 403),
        ("user not found", 404),
        ("name is required", 422),
        ("upstream request timeout", 504),
        ("socket hang up", 502),
        ("hello", None),
    ],
)
def test_the_status_that_fits(text: str, status: int | None) -> None:
    assert best_status(of_prose(text)) == status


def test_a_bare_refusal_is_told_from_a_reason() -> None:
    assert is_bare_refusal("403 Forbidden")
    assert is_bare_refusal("Access denied.")
    assert not is_bare_refusal("Forbidden: you lack the role admin")


@pytest.mark.parametrize(
    "piece",
    ["token ", "token is ", "signature a ", "missing ", "no the ", "must have b ", "timed out waiting for ", "a" * 50],
)
def test_time_is_bounded(piece: str) -> None:
    began = time.process_time()
    of_prose(piece * 10_000)
    of_code(piece * 10_000)
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("HTTPConnectionPool(host='h', port=1): Read timed out. (read timeout=1)", Meaning.TIMEOUT),
        ("The operation was aborted due to timeout", Meaning.TIMEOUT),
        ("timeout of 1000ms exceeded", Meaning.TIMEOUT),
        ("java.net.SocketTimeoutException: Read timed out", Meaning.TIMEOUT),
        ('Get "http://h/": context deadline exceeded', Meaning.TIMEOUT),
        ("[Errno 111] Connection refused", Meaning.UPSTREAM),
        (
            "('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))",
            Meaning.UPSTREAM,
        ),
        ("fetch failed", Meaning.UPSTREAM),
        ("getaddrinfo ENOTFOUND nosuch.invalid", Meaning.UPSTREAM),
        ("Failed to open stream: Connection refused", Meaning.UPSTREAM),
        ("dial tcp 10.1.2.3:443: connect: connection refused", Meaning.UPSTREAM),
        ("failed to connect to all addresses; last error: UNKNOWN", Meaning.UPSTREAM),
    ],
)
def test_what_clients_say_of_an_upstream(text: str, meaning: Meaning) -> None:
    assert meaning in of_client(text)


@pytest.mark.parametrize(
    "text", ["Request timed out", "User not found", "Invalid response", "Connection closed by user"]
)
def test_what_anyone_may_say(text: str) -> None:
    assert of_client(text) == NONE
