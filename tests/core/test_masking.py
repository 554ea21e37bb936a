"""Whole messages are shown without what is secret, in every form of content, and stay readable."""

from __future__ import annotations

import base64
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wirelint.core.body import Body
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.masking import LONGEST_CONTENT, Message, request_of, response_of, target_of
from wirelint.core.redact import MASK

CANARY = "plum tree, harbour"
"""A pass phrase: nothing but the name that it stands under says that it is secret."""

WORD = "plumtree-harbour"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def exchange(
    target: str = "/",
    *,
    sent: str | bytes = "",
    sent_as: str = JSON,
    said: str | bytes = "",
    said_as: str = JSON,
    fields: tuple[tuple[str, str], ...] = (),
    answered: tuple[tuple[str, str], ...] = (),
    complete: bool = True,
) -> Exchange:
    ours, theirs = Headers.of(("Content-Type", sent_as), *fields), Headers.of(("Content-Type", said_as), *answered)
    return Exchange(
        request=Request(method="POST", target=target, headers=ours, body=body(sent, ours, complete=complete)),
        response=Response(status=200, reason="OK", headers=theirs, body=body(said, theirs, complete=complete)),
    )


def body(content: str | bytes, headers: Headers, *, complete: bool) -> Body:
    octets = content.encode() if isinstance(content, str) else content
    return Body(octets, media=headers.media_type, complete=complete)


def answer(made: Exchange) -> Message:
    shown = response_of(made)
    assert shown is not None
    return shown


def everything(made: Exchange) -> str:
    """Return all text that is shown."""
    return " ".join(
        f"{message.line} {message.fields} {message.body} {message.note}" for message in (request_of(made), answer(made))
    )


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (JSON, json.dumps({"user": 1, "password": CANARY})),
        (JSON, json.dumps({"a": [{"deep": {"clientSecret": CANARY}}]})),
        (JSON, json.dumps({"credentials": {"left": CANARY, "right": [CANARY, {"x": CANARY}]}})),
        (JSON, json.dumps([{"token": CANARY}, {"token": CANARY}])),
        (JSON, f'{{"password": "{CANARY}", broken'),
        (JSON, f'{{"password": "{CANARY}'),
        (JSON, f'{{"password": ["{CANARY}", "x'),
        (JSON, json.dumps({"text": f"is {CANARY} right?", "password": CANARY})),
        (f"{JSON}; charset=utf-16", json.dumps({"password": CANARY}).encode("utf-16")),
        ("application/problem+json", json.dumps({"secret": CANARY})),
        ("application/x-ndjson", f'{{"a": 1}}\n{{"password": "{CANARY}"}}\n'),
        ("text/event-stream", f'data: {{"token": "{CANARY}"}}\n\n'),
        ("text/plain", f'before {{"password":"{CANARY}"}} after'),
        ("text/plain", f'unbalanced " quote {{"password": "{CANARY}"}}'),
        (JSON, json.dumps({"query": f'mutation {{ login(password: "{CANARY}", name: "x") {{ id }} }}'})),
        (JSON, json.dumps({"inner": json.dumps({"a": 1, "password": CANARY, "b": 2})})),
        ("text/plain", f"retry with {{token: '{CANARY}', n: 1}}"),
        ("text/plain", f'password = "{CANARY}'),
        ("text/html", f"<script>var secret = `{CANARY}`; go()</script>"),
        ("text/html", json.dumps({"password": CANARY})),
        ("", json.dumps({"password": CANARY})),
        (FORM, f"password={CANARY.replace(' ', '+')}&page=2"),
        (FORM, CANARY.replace(" ", "+")),
        ("application/xml", f"<a><password>{CANARY}</password></a>"),
        ("application/xml", f"<a><s:Credentials xmlns:s='x'><left>{CANARY}</left></s:Credentials></a>"),
        ("application/xml", f"<a secret='{CANARY}'/>"),
        ("application/xml", f"<password><![CDATA[{CANARY}]]></password>"),
        ("application/xml", f"<![CDATA[<password>{CANARY}</password>]]>"),
        ("application/xml", f"<!-- <password>{CANARY}</password> -->"),
        ("application/xml", f"<password>{CANARY}"),
        ("application/xml", f"<a password='{CANARY}"),
        ("application/xml", "<a>" * 300 + f"<password>{CANARY}</password>"),
        ("text/html", f"<p>x<input name=csrf_token value='{CANARY}'>"),
        ("text/html", f'<meta name="csrf-token" content="{CANARY}">'),
        (
            "multipart/form-data; boundary=b",
            f'--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n{CANARY}\r\n--b--\r\n',
        ),
        (
            "multipart/form-data; boundary=b",
            f'--b\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\n\r\n{CANARY}\r\n--b--\r\n',
        ),
        ("multipart/form-data", CANARY),
        ("application/octet-stream", CANARY),
        ("image/svg", CANARY),
        ("application/grpc", CANARY),
        ("", CANARY),
    ],
)
@pytest.mark.parametrize("complete", [True, False])
def test_content_hides_what_stands_under_a_private_name(kind: str, content: str | bytes, complete: bool) -> None:
    for made in (
        exchange(sent=content, sent_as=kind, complete=complete),
        exchange(said=content, said_as=kind, complete=complete),
    ):
        shown = everything(made)
        for part in ("plum", "harbour"):
            assert part not in shown


@pytest.mark.parametrize(
    ("target", "fields", "answered"),
    [
        (f"/a?token={WORD}", (), ()),
        (f"/a?{WORD}", (), ()),
        (f"/a?q={WORD}&page=2", (), ()),
        (f"/users/{WORD.replace('-', '')}@example.com/x", (), ()),
        ("/", (("Authorization", f"Bearer {WORD}"),), ()),
        ("/", (("Authorization", WORD),), ()),
        ("/", (("Authorization", "Basic " + base64.b64encode(f"{WORD}:x".encode()).decode()),), ()),
        ("/", (("Proxy-Authorization", f"Digest username={WORD}"),), ()),
        ("/", (("Cookie", f"theme={WORD}; sid={WORD}"),), ()),
        ("/", (("Cookie", WORD),), ()),
        ("/", (("X-Api-Key", WORD),), ()),
        ("/", (("X-Forwarded-For", WORD),), ()),
        ("/", (("Referer", f"https://ada:{WORD}@shop.test/?x={WORD}#{WORD}"),), ()),
        ("/", (("X-Request-Id", f"0123abcd-{WORD}"), ("X-Api-Key", WORD)), ()),
        ("/", (), (("Set-Cookie", f"sid={WORD}; HttpOnly"),)),
        ("/", (), (("Location", f"/login?next=/home&ticket={WORD}"),)),
        ("/", (), (("X-Auth-Token", WORD),)),
        ("/", (("X-Api-Key", WORD),), (("WWW-Authenticate", f'Bearer error="{WORD}"'),)),
    ],
)
def test_heads_hide_credentials_and_people(
    target: str, fields: tuple[tuple[str, str], ...], answered: tuple[tuple[str, str], ...]
) -> None:
    shown = everything(exchange(target, fields=fields, answered=answered))
    assert "plumtree" not in shown
    assert base64.b64encode(WORD.encode()).decode()[:16] not in shown


def test_an_echo_is_masked_wherever_it_stands() -> None:
    made = exchange(
        fields=(("X-Api-Key", WORD),),
        said=json.dumps({"error": f"no such key: {WORD}", "at": {"list": [WORD]}}),
        answered=(("X-Note", f"was {WORD}"),),
    )
    assert "plumtree" not in everything(made)


def test_the_rest_stays_as_it_is() -> None:
    made = exchange(
        "/orders/42/lines?page=3&sort=price",
        fields=(("Accept", "text/html, */*;q=0.1"), ("X-Request-Id", "0b0c1d5e-1111-4222-8333-123456789abc")),
        sent='{"quantity": 2, "ok": null, "note": "two of them", "password": ""}',
        answered=(("Retry-After", "120"), ("Set-Cookie", "sid=abcdef; HttpOnly; Path=/")),
        said='[{"error": {"message": "no stock left", "code": 1.50}}]',
    )
    ours, theirs = request_of(made), answer(made)
    assert ours.line == "POST /orders/42/lines?page=3&sort=price HTTP/1.1"
    assert ours.fields[1:] == (
        ("Accept", "text/html, */*;q=0.1"),
        ("X-Request-Id", "0b0c1d5e-1111-4222-8333-123456789abc"),
    )
    assert json.loads(ours.body) == {"quantity": 2, "ok": None, "note": "two of them", "password": ""}
    assert theirs.line == "HTTP/1.1 200 OK"
    assert theirs.fields[1:] == (("Retry-After", "120"), ("Set-Cookie", f"sid={MASK}; HttpOnly; Path=/"))
    assert theirs.body == '[\n  {\n    "error": {\n      "message": "no stock left",\n      "code": 1.5\n    }\n  }\n]'
    assert (theirs.form, theirs.note, theirs.size) == ("json", "", 55)


def test_of_a_beginning_what_is_complete_is_shown() -> None:
    shown = answer(exchange(said='{"a": 1, "b": [1, {"c": "d"}, {"e": "f, g', complete=False))
    assert json.loads(shown.body) == {"a": 1, "b": [1, {"c": "d"}, {}]}
    assert shown.note == "the first 41 octets"
    long = answer(exchange(said=json.dumps([{"n": number} for number in range(20_000)])))
    assert json.loads(long.body)[:2] == [{"n": 0}, {"n": 1}]
    assert long.note == f"the first {LONGEST_CONTENT:,} octets"
    for text in ("many words ", "\\u00e9", "\\\\"):
        said = '{"a": {"password": "x", "text": "' + text * 9000
        cut = json.loads(answer(exchange(said=said, complete=False)).body)
        assert cut["a"]["password"] == MASK
        assert cut["a"]["text"].startswith(json.loads(f'"{text}"') * 500)
    cut = json.loads(answer(exchange(said='{"a": 1, "password": "' + "many words " * 9000)).body)
    assert cut == {"a": 1, "password": MASK}
    key = json.loads(answer(exchange(said='{"a": 1, "' + "many words " * 9000)).body)
    assert key == {"a": 1}
    assert answer(exchange(said='{"a": 1, bad')).body == '{"a": 1, bad'


def test_what_is_not_text_is_not_shown() -> None:
    shown = answer(exchange(said=b"\x89PNG", said_as="image/png"))
    assert (shown.body, shown.note, shown.size) == ("", "content is not shown: image/png", 4)
    unknown = Exchange(request=Request(method="POST", target="/", body=Body.unknown("streamed")))
    assert request_of(unknown).note == "content is unknown: streamed"
    assert response_of(unknown) is None
    none = request_of(exchange(sent='{"a": 1}'), most=0)
    assert (none.body, none.note) == ("", "content is not kept: --bodies none")


@given(
    st.text(alphabet='{}[]":,\\<>/=& \nab0', max_size=200),
    st.sampled_from([JSON, "text/html", "application/xml", FORM]),
)
def test_any_text_can_be_shown(text: str, kind: str) -> None:
    everything(
        exchange("/?" + text.replace("\n", ""), sent=text, sent_as=kind, said=text, said_as=kind, complete=False)
    )


@pytest.mark.parametrize(
    "piece",
    [
        "<a",
        "<a b='",
        '{"a":',
        '["',
        '"a":[',
        "[" * 8,
        "a=b&",
        "token=",
        '"token":"',
        "<!--",
        "@",
        "eyJ",
        "eyJa",
        "-----BEGIN A-----x",
        "://a",
        "\\",
        "a",
        "a='",
        "a:\\\\'",
    ],
)
def test_time_is_proportional_to_length(piece: str) -> None:
    begun = time.process_time()
    for kind in (JSON, "text/html", "text/plain", FORM):
        everything(exchange(said=piece * (64 * 1024 // len(piece)), said_as=kind, complete=False))
    assert time.process_time() - begun < 2


def test_targets() -> None:
    assert target_of(exchange("*")) == "*"
    assert target_of(exchange("/orders/7;v=secret?")) == "/orders/[redacted]?"
