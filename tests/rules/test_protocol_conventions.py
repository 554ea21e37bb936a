"""What protocols and recorders prescribe, or leave out, looks odd and is right."""

from __future__ import annotations

import pytest

from lab import har
from lab.rule import answer, audit, run
from lab.story import at, turn
from wirelint.core.finding import Severity

S3_REFUSAL = (
    '<?xml version="1.0"?><Error><Code>InvalidAccessKeyId</Code>'
    "<Message>The AWS access key ID you provided does not exist.</Message><RequestId>1</RequestId></Error>"
)
ACME_REFUSAL = '{"type": "urn:ietf:params:acme:error:unauthorized", "detail": "Invalid token", "status": 403}'


@pytest.mark.parametrize(
    ("kind", "body", "sent"),
    [
        (
            "application/xml",
            S3_REFUSAL,
            "Authorization: AWS4-HMAC-SHA256 Credential=a/b/c/s3/aws4_request, Signature=d",
        ),
        ("application/problem+json", ACME_REFUSAL, "Content-Type: application/jose+json"),
    ],
)
def test_403_is_prescribed(kind: str, body: str, sent: str) -> None:
    text = answer("403 Forbidden", f"Content-Type: {kind}", request="POST /bucket/key HTTP/1.1", sent=sent, body=body)
    for rule in ("missing-credentials-as-403", "misused-client-error"):
        assert [hit for hit in run(rule, text) if hit.severity is not Severity.INFO] == []


def test_parts_of_one_file_are_no_retries() -> None:
    parts = [
        turn("GET /film.mp4", 500, '{"error": "could not read"}', asked=(f"Range: bytes={start}-{start + 9}",))
        for start in range(0, 50, 10)
    ]
    assert audit("hot-retry-loop", *(each for pace, part in enumerate(parts) for each in at(part, pace))) == []
    whole = turn("GET /film.mp4", 500, '{"error": "could not read"}')
    assert len(audit("hot-retry-loop", *at(whole, 0, 1, 2, 3, 4))) == 1


def test_browsers_leave_out_all_fields_of_a_redirect_that_they_followed() -> None:
    followed = har.one(har.entry(302, "", headers=(), response={"redirectURL": "https://api.example/new"}))
    assert run("redirect-without-location", followed) == []
    assert len(run("redirect-without-location", har.one(har.entry(302, "", headers=(("Server", "x"),))))) == 1


def test_a_part_need_not_be_json() -> None:
    part = answer(
        "206 Partial Content",
        "Content-Type: application/json",
        "Content-Range: bytes 4-9/200",
        request="GET /data.json HTTP/1.1",
        sent="Range: bytes=4-9",
        body="time, the",
    )
    assert run("content-type-lies", part) == []
    assert len(run("content-type-lies", answer("200 OK", "Content-Type: application/json", body="time, the"))) == 1
