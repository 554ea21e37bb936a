"""One walk finds what messages carry, and one line makes a name a credential everywhere."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import wirelint
from wirelint.core.body import Body
from wirelint.core.credentials import Sensitivity, carried
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.knowledge import Knowledge, attach
from wirelint.core.media import media_type

FORM, JSON = "application/x-www-form-urlencoded", "application/json"


def exchange(
    *fields: tuple[str, str], target: str = "/", authority: str = "", content: str = "", kind: str = ""
) -> Exchange:
    headers = Headers.of(*fields, *([("Content-Type", kind)] if kind else []))
    body = Body(content.encode(), media=media_type(kind)) if content else Body(b"")
    request = Request(method="POST", target=target, authority=authority, headers=headers, body=body)
    return Exchange(request=request, response=Response(status=200))


def credentials_of(subject: Exchange) -> list[tuple[str, str, str]]:
    return [each[:3] for each in carried(subject, Sensitivity.CREDENTIAL)]


@pytest.mark.parametrize(
    ("subject", "found"),
    [
        (exchange(("Authorization", "Bearer abc")), [("authorization", "bearer", "Bearer abc")]),
        (exchange(("Authorization", "abc")), [("authorization", "bare", "abc")]),
        (exchange(("Authorization", "Bearer ")), []),
        (exchange(("X-Api-Key", "abc")), [("field", "x-api-key", "abc")]),
        (exchange(("X-Api-Key", "a"), ("X-API-Key", "b")), [("field", "x-api-key", "a"), ("field", "x-api-key", "b")]),
        (exchange(("Cookie", "theme=dark; sid=abc")), [("cookie", "sid", "abc")]),
        # HTTP/2 may send each cookie in a line of its own (RFC 9113 section 8.2.3).
        (exchange(("cookie", "theme=dark"), ("cookie", "sid=abc")), [("cookie", "sid", "abc")]),
        (exchange(target="/?page=2&api_key=abc"), [("query", "api_key", "abc")]),
        (exchange(target="/?api_key="), []),
        (exchange(authority="ann:abc@shop.example"), [("userinfo", "", "ann:abc")]),
        (exchange(content="a=1&password=abc", kind=FORM), [("content", "password", "abc")]),
        (exchange(content='{"Password": "abc", "x": 1}', kind=JSON), [("content", "Password", "abc")]),
        (exchange(content='{"x": {"password": "abc"}}', kind=JSON), []),
        (exchange(("X-CSRF-Token", "abc"), ("User-Agent", "abc"), target="/?q=abc"), []),
    ],
)
def test_credentials_are_found_where_they_stand(subject: Exchange, found: list[tuple[str, str, str]]) -> None:
    assert credentials_of(subject) == found


def test_names_of_a_service_count_as_well() -> None:
    subject = exchange(("X-Shop", "a"), ("Cookie", "Basket=b"), target="/?who%20am=c&d=e")
    attach(
        subject,
        Knowledge(fields=frozenset({"x-shop"}), cookies=frozenset({"basket"}), parameters=frozenset({"who am"})),
    )
    assert sorted(credentials_of(subject)) == [
        ("cookie", "Basket", "b"),
        ("field", "x-shop", "a"),
        ("query", "who%20am", "c"),
    ]


def test_what_only_looks_like_a_credential_is_graded_lower() -> None:
    subject = exchange(("X-User-Email", "ann"), ("Cookie", "basket=12345678; _ga=12345678"), ("X-CSRF-Token", "t"))
    graded = {(each.name, each.grade) for each in carried(subject, Sensitivity.PRIVATE)}
    assert graded == {
        ("x-user-email", Sensitivity.NAMING),
        ("basket", Sensitivity.NAMING),
        ("_ga", Sensitivity.PRIVATE),
        ("x-csrf-token", Sensitivity.PRIVATE),
    }
    assert {each.name for each in carried(subject, Sensitivity.NAMING)} == {"x-user-email", "basket"}


MANY = 50_000


@pytest.mark.parametrize(
    "subject",
    [
        exchange(*((f"x-key-{number}", "v") for number in range(MANY))),
        exchange(*(("cookie", "a=b") for _ in range(MANY))),
        exchange(*(("x-api-key", "v") for _ in range(MANY))),
        exchange(("cookie", "sid=1;" * MANY)),
        exchange(target="/" + ";a=b" * MANY),
        exchange(target="/?" + "token=1&" * MANY),
        exchange(content="password=1&" * MANY, kind=FORM),
        exchange(content="{" + ",".join(f'"token{n}":"{n}"' for n in range(MANY)) + "}", kind=JSON),
        exchange(content='"token":"1",' * MANY, kind="text/plain"),
        exchange(content='"token":"' + "\\\\" * MANY, kind="text/plain"),
        exchange(content="<token>" * MANY + "</", kind="text/plain"),
        exchange(content='name="pin' * MANY, kind="multipart/form-data; boundary=b"),
    ],
)
def test_what_a_client_sends_in_numbers_is_bounded(subject: Exchange) -> None:
    subject.request.headers.names()
    began = time.process_time()
    found = sum(1 for _ in carried(subject, Sensitivity.PRIVATE))
    assert time.process_time() - began < 2
    assert found <= MANY


MADE_UP = """
import sys
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.credentials import Sensitivity, carried
from wirelint.core.state import State
from wirelint.evidence.credentials import credentials
from wirelint.evidence.identity import identity
from wirelint.probing import changed

def sent(value):
    fields = Headers.of(("X-Zebra", value), ("Accept", "text/plain"))
    return Exchange(request=Request(method="GET", target="/", headers=fields), response=Response(status=200))

exchange, seal = sent("walrus"), State(b"a key of this test").seal
print("recognized", credentials(exchange) == {"field"})
print("hashed", identity(exchange, seal).credential not in (None, identity(sent("other"), seal).credential))
print("left out", changed(exchange, "without")[1] == [(b"Accept", b"text/plain")])
print("broken", changed(exchange, "broken")[1][0] not in ((b"X-Zebra", b"walrus"), (b"Accept", b"text/plain")))
print("private", any(each.name == "x-zebra" for each in carried(exchange, Sensitivity.PRIVATE)))
"""


@pytest.mark.parametrize(("line", "works"), [('        "x-zebra",\n', True), ("", False)])
def test_a_new_field_is_one_line(tmp_path: Path, line: str, works: bool) -> None:
    package = tmp_path / "wirelint"
    source = Path(wirelint.__file__).parent
    shutil.copytree(source, package, ignore=shutil.ignore_patterns("__pycache__", "*.so", "*.pyd", "web", "demo"))
    file = package / "core" / "credentials.py"
    first = '        "x-vault-token",\n'
    assert file.read_text().count(first) == 1
    file.write_text(file.read_text().replace(first, first + line))
    ran = subprocess.run(
        [sys.executable, "-c", MADE_UP],
        env={"PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    answers = dict(each.rsplit(" ", 1) for each in ran.stdout.splitlines())
    expected = dict.fromkeys(("recognized", "hashed", "left out", "broken", "private"), str(works))
    assert answers == expected
