"""Who sent a request: the same for the same secret, unknown where it cannot be known, and sealed in any case."""

from __future__ import annotations

import base64
import json

import pytest

from lab.story import visit_of
from wirelint.core.body import Body
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.knowledge import Knowledge, attach
from wirelint.core.media import media_type
from wirelint.core.state import State
from wirelint.core.verdict import Verdict
from wirelint.core.visit import Identity
from wirelint.evidence.identity import identity
from wirelint.history.routes import Routes
from wirelint.history.visits import Visits
from wirelint.rules import catalogue

STATE = State(b"a key of this test")
SECRET = "cnry7Hq2Zx9Lw4Kd8Rt5"


def exchange(
    *fields: tuple[str, str], target: str = "/", authority: str = "shop.example", content: str = ""
) -> Exchange:
    headers = Headers.of(*fields, *([("content-type", "application/json")] if content else []))
    body = Body(content.encode(), media=media_type("application/json"))
    request = Request(method="GET", target=target, authority=authority, headers=headers, body=body)
    return Exchange(request=request, response=Response(status=200), service="shop")


def who(*fields: tuple[str, str], target: str = "/", authority: str = "shop.example", content: str = "") -> Identity:
    return identity(exchange(*fields, target=target, authority=authority, content=content), STATE.seal)


def jwt(claims: object, signature: str = "s1gn4ture") -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": "RS256"}, claims)]
    return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), signature])


def bearer(token: str) -> Identity:
    return who(("Authorization", f"Bearer {token}"))


def basic(user: str, password: str) -> Identity:
    return who(("Authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()))


def test_one_secret_is_one_credential() -> None:
    assert bearer("abcdef-1") == bearer("abcdef-1")
    assert bearer("abcdef-1").credential != bearer("abcdef-2").credential
    assert bearer("abcdef-1").principal != bearer("abcdef-2").principal
    assert bearer("abcdef-1").credential != who(("Authorization", "Token abcdef-1")).credential


def test_tokens_of_one_subject_are_one_principal() -> None:
    old, new = bearer(jwt({"iss": "id", "sub": "ada", "exp": 1})), bearer(jwt({"iss": "id", "sub": "ada", "exp": 2}))
    assert old.credential != new.credential
    assert old.principal == new.principal
    assert bearer(jwt({"iss": "id", "sub": "bob"})).principal != old.principal
    assert bearer(jwt({"iss": "other", "sub": "ada"})).principal != old.principal


@pytest.mark.parametrize(
    "token",
    [
        jwt({"exp": 1}),
        jwt({"sub": 7}),
        jwt({"sub": ""}),
        jwt(["sub"]),
        "eyJ.%%%.x",
        "eyJhbGciOiJub25lIn0.e.x",
        "eyJhbGciOiJub25lIn0.//8.x",
        "eyJ" + "a" * 20_000 + ".b.c",
    ],
)
def test_tokens_without_a_subject_speak_for_themselves(token: str) -> None:
    found = bearer(token)
    assert found.credential is not None
    assert found.principal == found.credential


def test_passwords_of_one_user_are_one_principal() -> None:
    assert basic("ada", "one").principal == basic("ada", "two").principal
    assert basic("ada", "one").credential != basic("ada", "two").credential
    assert basic("ada", "one").principal != basic("bob", "one").principal
    assert who(("Authorization", "Basic !!!")).credential is not None
    # Keys sent as the password alone have no user.
    assert basic("", "one").principal != basic("", "two").principal


def test_cookies_that_hold_a_session_count_and_others_do_not() -> None:
    one = who(("Cookie", "theme=dark; sessionid=abc123def; _ga=GA1.2.3"))
    assert one == who(("Cookie", "sessionid=abc123def; theme=light"))
    assert one.credential != who(("Cookie", "sessionid=abc123xyz; theme=dark")).credential


def test_order_of_credentials_makes_no_difference() -> None:
    fields = ("Authorization", "Bearer abcdef-1"), ("X-Api-Key", "k-1234567")
    assert who(*fields) == who(*reversed(fields))
    assert who(*fields).credential != who(fields[0]).credential
    keys = ("X-Api-Key", "k-1234567"), ("Dd-Application-Key", "a-1234567")
    assert who(*keys) == who(*reversed(keys))


def test_a_user_with_another_credential_beside_is_one_with_both() -> None:
    alone, session = ("Authorization", "Basic YWRhOm9uZQ=="), ("Cookie", "sessionid=abc123def")
    assert who(alone, session).principal == who(alone, session).credential
    assert who(alone, session).principal != who(alone).principal


def test_keys_in_queries_and_authorities_count() -> None:
    assert who(target="/?page=1&api_key=k1234567") == who(target="/?api_key=k1234567&page=2")
    assert who(target="/?api_key=k1234567").credential != who(target="/?api_key=k7654321").credential
    assert who(authority="ada:one@shop.example").credential is not None


def test_what_an_operator_names_counts() -> None:
    named = exchange(("X-Till", "17"))
    attach(named, Knowledge(fields=frozenset({"x-till"})))
    assert identity(named, STATE.seal).credential is not None
    assert who(("X-Till", "17")) == Identity(None, None, True)


@pytest.mark.parametrize(
    "fields",
    [
        [("Authorization", 'Digest username="ada", nonce="7", response="6629"')],
        [("Authorization", "AWS4-HMAC-SHA256 Credential=AKIA1234/20261121/eu/s3, Signature=fe5f80")],
        [("Authorization", 'Hawk id="dh37fgj492je", ts="1353832234", mac="6R4rV5iE"')],
        [("Authorization", 'OAuth oauth_consumer_key="xvz1evFS4wEEPTGEFPHBog", oauth_signature="t"')],
    ],
)
def test_signed_requests_name_a_principal_but_no_credential(fields: list[tuple[str, str]]) -> None:
    found = who(*fields)
    assert (found.credential, found.anonymous) == (None, False)
    assert found.principal is not None
    assert found == who(*[(name, value.replace("fe5f80", "aaaa").replace("6629", "1")) for name, value in fields])


@pytest.mark.parametrize(
    "fields",
    [
        [("Authorization", "Negotiate YIIJvwYGKwYBBQUCoIIJszCCCa")],
        [("Authorization", "NTLM TlRMTVNTUAAB")],
        [("Authorization", "DPoP eyJhbGciOiJFUzI1NiJ9"), ("DPoP", "eyJ0eXAi")],
        [("Authorization", "Bearer abc"), ("DPoP", "eyJ0eXAi")],
        [("Authorization", "Bearer abc"), ("Signature-Input", "sig1=()")],
        [("X-Hub-Signature-256", "sha256=1f")],
        [("Stripe-Signature", "t=1,v1=5257a8")],
    ],
)
def test_proofs_made_anew_are_unknown(fields: list[tuple[str, str]]) -> None:
    assert who(*fields) == Identity(None, None, False)


@pytest.mark.parametrize(
    "value",
    ["Bearer [REDACTED]", "Bearer <API_KEY>", "Basic ***", "Bearer xxxxxxxx", "Bearer DUMMY", "Bearer {{token}}"],
)
def test_what_recorders_masked_is_unknown(value: str) -> None:
    assert who(("Authorization", value)) == Identity(None, None, False)
    assert who(("Cookie", "sessionid=FILTERED")) == Identity(None, None, False)
    assert who(target="/?api_key=%3CAPI_KEY%3E") == Identity(None, None, False)


def test_credentials_in_content_make_nobody_known_and_nobody_a_stranger() -> None:
    assert who(content='{"password": "hunter2"}') == Identity(None, None, False)
    assert who(content='{"colour": "red"}') == Identity(None, None, True)


def test_content_that_was_not_captured_may_hold_credentials() -> None:
    request = Request(method="POST", target="/", body=Body(None))
    assert identity(Exchange(request=request), STATE.seal) == Identity(None, None, False)


@pytest.mark.parametrize(
    ("field", "anonymous"),
    [
        (("X-Acme-Token", "abc"), False),
        (("Acme-Auth", "abc"), False),
        (("X-Forwarded-User", "ada"), False),
        (("X-Forwarded-Client-Cert", "Hash=1f"), False),
        (("Client-Cert", ":MIIB:"), False),
        (("Cookie", "shop=6f1ed002ab5595859014ebf0951522d9"), False),
        (("Cookie", "theme=dark-and-stormy; _ga=GA1.2.1938472.17"), True),
        (("Cookie", "shop=7"), True),
        (("Idempotency-Key", "8e03978e-40d5-43dd-bc93-6894a57f9324"), True),
        (("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), True),
        (("X-CSRF-Token", "abc"), True),
        (("User-Agent", "curl/8"), True),
        (("X-Request-Id", "abc"), True),
    ],
)
def test_whoever_may_be_known_is_no_stranger(field: tuple[str, str], anonymous: bool) -> None:
    found = who(field)
    assert found.anonymous is anonymous
    assert found.credential is None


def test_seals_are_of_no_use_elsewhere() -> None:
    subject = exchange(("Authorization", "Bearer abcdef-1"))
    assert identity(subject, State().seal) != identity(subject, State().seal)
    assert STATE.seal("a", "b") != STATE.seal("ab")
    assert len(STATE.seal("x" * 10_000)) == 12


@pytest.mark.parametrize(
    "subject",
    [
        exchange(("Authorization", f"Bearer {SECRET}")),
        exchange(("Authorization", "Bearer " + jwt({"sub": SECRET}))),
        exchange(("Authorization", "Basic " + base64.b64encode(f"{SECRET}:{SECRET}".encode()).decode())),
        exchange(("Cookie", f"sessionid={SECRET}")),
        exchange(("X-Api-Key", SECRET), ("X-Tenant-Id", SECRET)),
        exchange(("Authorization", f'Digest username="{SECRET}"')),
        exchange(target=f"/things?api_key={SECRET}&q={SECRET}"),
        exchange(authority=f"{SECRET}@shop.example"),
    ],
)
def test_nothing_raw_is_kept(subject: Exchange) -> None:
    state = State()
    visits, routes = state.recall(Visits), state.recall(Routes)
    state.note(subject, Verdict.OK)
    visit = visit_of(subject, state)
    raw = [SECRET, base64.b64encode(f"{SECRET}:{SECRET}".encode()).decode(), jwt({"sub": SECRET})]
    for kept in (visit, visit.step("seen"), identity(subject, state.seal), routes.of(subject).worked, contents(visits)):
        assert not any(secret in repr(kept) for secret in raw)
    assert len(visits) > 0
    everything = Engine(catalogue()).audit(subject)
    assert not any(secret in repr(everything.findings) for secret in raw)


def contents(memory: object) -> list[str]:
    """Return all that an object refers to, as text."""
    seen: set[int] = set()
    found: list[str] = []

    def visit(value: object) -> None:
        if id(value) in seen or isinstance(value, State):
            return
        seen.add(id(value))
        if isinstance(value, dict):
            for key, item in value.items():
                visit(key)
                visit(item)
        elif isinstance(value, (list, tuple, set, frozenset)):
            for item in value:
                visit(item)
        elif isinstance(value, (str, bytes, int, float)) or value is None:
            found.append(repr(value))
        else:
            names = [*getattr(value, "__slots__", ()), *getattr(value, "__struct_fields__", ())]
            for name in names:
                visit(getattr(value, name, None))
            visit(getattr(value, "__dict__", None))

    visit(memory)
    return found


def test_who_was_known_lately_is_told_by_all_fields_that_tell() -> None:
    keys = [
        who(("X-Api-Key", key), ("Cookie", cookie)) for key in ("a" * 20, "b" * 20) for cookie in ("sid=1", "sid=2")
    ]
    assert len({each.credential for each in keys}) == 4
    assert who(("X-Api-Key", "a" * 20), ("Cookie", "sid=1")) == keys[0]
    # With content, the fields alone do not identify the sender.
    assert who(("X-Till", "17"), ("Cookie", "lang=en"), content='{"password": "hunter2"}') != who(("Cookie", "lang=en"))
