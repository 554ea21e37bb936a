"""Secrets do not come through, and prose does."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wirelint.core.body import Body
from wirelint.core.credentials import Sensitivity, carried
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.media import media_type
from wirelint.core.redact import MASK, echoes, redact, secrets

CANARY = "canary7Kq9Zx"


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {CANARY}",
        f"authorization=Basic {CANARY}",
        f'{{"password": "{CANARY}"}}',
        f'"access_token":"{CANARY}"',
        f"api_key={CANARY}&x=1",
        f"https://ada:{CANARY}@host.example/",
        f"Set-Cookie: session={CANARY}; Path=/",
        f"your token is {CANARY}",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnk3S3E5WngifQ.c2lnbmF0dXJlY2FuYXJ5",
        "sk-canary7Kq9Zx0123456789",
        "ghp_canary7Kq9Zx0123456789",
        "AKIAcanary7Kq9Zx012",
        "opaque canary7Kq9ZxAbC012345xyz",
        "mail to canary7Kq9Zx@host.example",
        f"/path?q={CANARY}",
    ],
)
def test_secrets_are_taken_out_by_their_looks(text: Any) -> None:
    assert "anary7Kq9Zx" not in redact(text)
    assert "c2lnbmF0" not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "redis://:walrus@cache:6379",
        "redis:\\/\\/:walrus@cache:6379",
        "amqp://guest:walrus@mq",
        "mongodb+srv://app:walrus@cluster0.x.example",
        "postgres://app:wal@walrus@db:5432/shop",
        "postgres://app:wal/walrus@db/shop",
        "https://walrus@host.example/repo.git",
        "jdbc:mysql://db/shop?user=root&password=walrus",
        "Server=db;User Id=sa;Password=walrus;",
        'Server=db; Password = "7 walrus";',
        "DRIVER={ODBC};UID=sa;PWD={walrus}",
        "connect scott/walrus@//db:1521/XE",
        '{\\"password\\":\\"walrus\\"}',
        '{\\\\\\"password\\\\\\": \\\\\\"walrus\\\\\\"}',
        "password%3Dwalrus",
        "password=&quot;walrus&quot;",
        "password\uff1awalrus",
        "pass\u200bword: walrus",
        "password:\\nwalrus",
        "password:          walrus",
        "<password>walrus</password>",
        '<user password="walrus"/>',
        '#<User password: \\"walrus\\">',
        "{'passwd': 'walrus'}",
        "{:password=>'walrus'}",
        'password "walrus7" is wrong',
        "wrong password walrus7 for bob",
        "--password walrus7 --user bob",
        "the password was walrus7",
        "Kennwort: walrus",
        "Authorization: Bearer walrus",
        'bad header "Basic walrus=" sent',
        'bad header "Basic realmwalrus="',
        "tok_walrus",
        "sk_live_walrus",
        "-----BEGIN PRIVATE KEY-----\nabc-def\nwalrus\n-----END PRIVATE KEY-----",
        "AccountName=shop;AccountKey=walrus;EndpointSuffix=core",
        "Endpoint=sb://shop/;SharedAccessKeyName=Root;SharedAccessKey=walrus",
        'KafkaLogin required username="bob" password="walrus";',
        "neo4j: bolt://neo4j:walrus@host",
        "clickhouse://default:walrus@host:9000",
        "nats://app:walrus@host:4222",
        "app:walrus@tcp(db:3306)/shop",
        "app:walrus@unix(/run/db.sock)/shop",
        "basic_auth=('elastic', 'walrus')",
        "Auth->login('bob', 'walrus')",
        "INSERT INTO users (name, password) VALUES ('bob', 'walrus')",
        "SELECT * FROM users WHERE password = 'walrus'",
        "UNIQUE constraint failed: users.name [SQL: INSERT INTO users (name) VALUES (?)] [parameters: ('walrus', 1)]",
        "Key (name)=(walrus) already exists.",
        "Failing row contains (5, walrus, null).",
        "The duplicate key value is (walrus).",
        "Duplicate entry 'walrus' for key 'users.name'",
        '<input type="password" name="pw" value="walrus">',
        "curl -u bob:walrus https://host",
        "curl --user bob:walrus https://host",
        "mysql -uroot -pwalrus --host db",
        "mongosh -u bob -p walrus shop",
        "redis-cli -p 6379 -a walrus ping",
        "sqlcmd -U sa -P walrus",
        "ldapsearch -x -w walrus",
        "sshpass -p walrus ssh host",
        "sqlplus scott/walrus@db",
        "Passwort: walrus",
        "Passwort ist walrus7",
        "Passwort walrus7 ist falsch",
        "Geheimnis: walrus",
        "Zugangscode: walrus",
        "mot de passe: walrus",
        "mot de passe walrus7 incorrect",
        "mdp=walrus",
        "contraseña: walrus",
        "clave: walrus",
        "senha: walrus",
        "wachtwoord: walrus",
        "lösenord: walrus",
        "hasło: walrus",
        "пароль: walrus",
        "密码: walrus",
        "パスワード: walrus",
    ],
)
def test_short_secrets_that_are_words_are_taken_out_by_their_place(text: str) -> None:
    assert "walrus" not in redact(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no user ann@example.com", "no user [redacted]"),
        ("no user ann%40example.com", "no user [redacted]"),
        ("no user root@localhost", "no user [redacted]"),
        ("Card 4111 1111 1111 1111 declined", "Card [redacted] declined"),
        ("Card 4111111111111111 declined", "Card [redacted] declined"),
        ("Order 4111111111111112 declined", "Order 4111111111111112 declined"),
        ("IBAN DE89 3704 0044 0532 0130 00 invalid", "IBAN [redacted] invalid"),
        ("SSN 123-45-6789 not found", "SSN [redacted] not found"),
        ("No user +49 170 1234567", "No user [redacted]"),
        ("value aB3dE5fG7hI9jK1lMn0 rejected", "value [redacted] rejected"),
        ("from 198.51.100.7 blocked", "from 198.51.100.7 blocked"),  # kept for documentation (RFC 5737)
        ("from 92.104.200.119 blocked", "from [redacted] blocked"),
        ("release 1.2.3.4.5 of 10.1.2.3", "release 1.2.3.4.5 of 10.1.2.3"),
        ("from 2a02:8108:1234:5678::17 blocked", "from [redacted] blocked"),
        ("from fe80::1ff:fe23:4567:890a blocked", "from fe80::1ff:fe23:4567:890a blocked"),
        ("Card 2223003122003222 declined", "Card [redacted] declined"),
        ("Card 378282246310005 declined", "Card [redacted] declined"),
        ("PIN 4711 is wrong", "PIN [redacted] is wrong"),
        ("No user +1 (555) 123-4567", "No user [redacted]"),
        ("No user (555) 123-4567, sorry", "No user [redacted], sorry"),
        ("No user 0170 1234567, sorry", "No user [redacted], sorry"),
        ("No user 06 12 34 56 78", "No user [redacted]"),
        ("No user 0044 20 7946 0958", "No user [redacted]"),
        ("phone 5551234567 is taken", "phone [redacted] is taken"),
        ("Tel. 030/1234567", "Tel. [redacted]"),
        ("dob: 1984-02-29", "dob: [redacted]"),
        ("AHV 756.9217.0769.85", "AHV [redacted]"),
        ("CPF 529.982.247-25", "CPF [redacted]"),
        ("CNPJ 11.222.333/0001-81", "CNPJ [redacted]"),
        ("NINO AB123456C", "NINO [redacted]"),
        ("NIR 1 84 12 76 451 089 46", "NIR [redacted]"),
        ("DNI 12345678Z", "DNI [redacted]"),
        ("BSN 111222333", "BSN [redacted]"),
        ("PESEL 44051401359", "PESEL [redacted]"),
        ("Aadhaar 2341 2341 2346", "Aadhaar [redacted]"),
        ("Steuer-ID 12345678911", "Steuer-ID [redacted]"),
        ("SSN 123456789 not found", "SSN [redacted] not found"),
    ],
)
def test_people_are_taken_out_by_their_looks(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Wrong e-mail or password",
        "Authentication credentials were not provided.",
        "token is expired",
        "password is too short",
        "The access token has expired",
        "API key required",
        "Invalid token provided. No credentials",
        "Bearer authentication required",
        'Bearer realm="shop", error="invalid_token"',
        "http://cache:8080/users/list",
        "Auth->login failed",
        "Author: ann, shipping: fast, design: flat, discard: all, inside: left, passed: three, signal: lost",
        "Base64Decoder in HttpServlet2Handler",
        "at 2026-11-20T10:00:00Z, took 1700000000123 ms",
        "You do not have permission to access the feature you are requesting",
        '{"success": false, "error": "User not found"}',
        "LIVEUPDATE_ALREADY_CONTRIBUTOR",
        "401 Unauthorized",
        "connect ECONNREFUSED 10.0.0.7:8080",
        "org.springframework.web.bind.MethodArgumentNotValidException",
        "took 1234567 ms, 200 of 1000000 rows, at 10:00:00.123, 2026-11-20 10:00:00",
        "order 0042-12345 of 2026-11-20 costs 1.234.567,89",
        "std::vector<a::b::c>: values (3) must be a list, not login(user)",
        "INSERT INTO users (name, born) VALUES (?, %s, NULL, :born, $1)",
        "invalid value for -p: choose another option",
        "enclave, standard, distance and instance are words",
        "El token es necesario",
        "Das Passwort ist falsch",
        "Please sign in with your telephone at version 12.0.1",
        "span at offset 1234567, line 12, column 34",
    ],
)
def test_prose_stays(text: Any) -> None:
    assert redact(text) == text


def carrying(*fields: tuple[str, str], target: str = "/go", content: str = "", kind: str = "") -> Exchange:
    """Return an exchange whose request has these fields and this content."""
    body = Body(content.encode(), media=media_type(kind)) if content else Body(b"")
    headers = Headers.of(*fields, *([("Content-Type", kind)] if kind else []))
    return Exchange(
        request=Request(method="POST", target=target, headers=headers, body=body), response=Response(status=200)
    )


JSON, FORM, XML = "application/json", "application/x-www-form-urlencoded", "application/xml"
DEEP = '{"a": [{"b": {"c": {"d": {"e": {"password": "walrus"}}}}}]}'
MANY = "{" + "".join(f'"a{number}": {number}, ' for number in range(100)) + '"password": "walrus"}'
PART = 'multipart/form-data; boundary="b"'
JWT = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ3YWxydXMifQ.x"  # {"sub": "walrus"}
KEY_FIELDS = (
    "DD-Application-Key", "Ocp-Apim-Subscription-Key", "X-App-Key", "X-Application-Key", "X-Functions-Key",
    "X-JFrog-Art-Api", "X-Master-Key", "X-NSONE-Key", "X-Tenant-Key", "Jenkins-Crumb", "X-Forwarded-User",
    "X-User-Email", "X-CSRF-Token",
)  # fmt: skip


@pytest.mark.parametrize(
    "exchange",
    [
        *(carrying((name, "walrus")) for name in KEY_FIELDS),
        carrying(("Authorization", "Bearer walrus")),
        carrying(("Authorization", "walrus")),
        carrying(("Authorization", "Basic d2FscnVzOng=")),  # walrus:x
        carrying(("Authorization", "Basic Ym9iOndhbHJ1cw==")),  # bob:walrus
        carrying(("Authorization", f"Bearer {JWT}")),
        carrying(("Proxy-Authorization", "Bearer walrus")),
        carrying(("Cookie", "theme=dark; s=walrus")),
        carrying(("Cookie", "s=w%61lrus")),
        carrying(("X-Hub-Signature", "sha1=walrus")),
        carrying(("Referer", "http://x.example/cb#access_token=walrus")),
        carrying(("Referer", "http://x.example/users/walrus")),
        carrying(target="/go?q=walrus"),
        carrying(target="/go?walrus"),
        carrying(target="/go;sid=walrus/x"),
        carrying(target="/users/walrus"),
        carrying(content='{"password": "walrus"}', kind=JSON),
        carrying(content='{"userName": "walrus"}', kind=JSON),
        carrying(content=DEEP, kind=JSON),
        carrying(content=MANY, kind=JSON),
        carrying(content='{"password": "walrus",}', kind=JSON),
        carrying(content='{"password": "walrus"}', kind="text/plain"),
        carrying(content="a=1&password=walrus", kind=FORM),
        carrying(content="password=w%61lrus", kind=FORM),
        carrying(content="<r><password>walrus</password></r>", kind=XML),
        carrying(content='--b\r\nContent-Disposition: form-data; name="pin"\r\n\r\nwalrus\r\n--b--', kind=PART),
        carrying(content="--b\r\nContent-Disposition: form-data; name=pin\r\n\r\nwalrus\r\n--b--", kind=PART),
    ],
)
def test_a_word_that_a_request_carries_as_a_secret_is_taken_out(exchange: Exchange) -> None:
    assert redact("no account for walrus, sorry", secrets(exchange)) == f"no account for {MASK}, sorry"
    assert redact("NO ACCOUNT FOR WALRUS", secrets(exchange)) == f"NO ACCOUNT FOR {MASK}"


@pytest.mark.parametrize(
    "exchange",
    [
        carrying(("User-Agent", "walrus")),
        carrying(("Origin", "http://walrus")),
        carrying(("X-License-Of-Mine", "walrus")),
        carrying(target="/password/walrus/check"),
    ],
)
def test_a_word_that_a_client_chose_freely_is_not_quoted(exchange: Exchange) -> None:
    assert redact("no account for walrus, sorry", echoes(exchange)) == f"no account for {MASK}, sorry"
    assert secrets(exchange) == ()


@pytest.mark.parametrize(
    "exchange",
    [
        carrying(target="/go?action=query&limit=100"),
        carrying(target="/walrus/x"),
        carrying(("Accept", "walrus")),
        carrying(content='{"animal": "walrus"}', kind=JSON),
    ],
)
def test_words_of_the_api_stay(exchange: Exchange) -> None:
    assert redact("the walrus query", secrets(exchange)) == "the walrus query"


def test_what_is_done_with_a_token_is_no_token() -> None:
    assert redact("token refresh failed", echoes(carrying(target="/token/refresh"))) == "token refresh failed"


def test_whom_a_location_names_is_taken_out() -> None:
    headers = Headers.of(("Location", "/users/ann.walrus"))
    exchange = Exchange(request=Request(method="POST", target="/users"), response=Response(status=201, headers=headers))
    assert redact("Location: /users/ann.walrus", secrets(exchange)) == f"Location: /users/{MASK}"


def test_short_numbers_are_taken_out_where_they_are_secrets() -> None:
    known = secrets(carrying(content='{"cvv": "739", "pin": 482913, "amount": 400}', kind=JSON))
    assert redact("739 and 482913 but 400", known) == f"{MASK} and {MASK} but 400"


def exchange_with_secrets() -> Any:
    return Exchange(
        request=Request(
            method="POST",
            target="/login?key=qwertzy1",
            headers=Headers.of(
                ("Authorization", "Bearer plainword"), ("Cookie", "theme=dark; s=crumble"), ("X-Api-Key", "walrus")
            ),
            body=Body(b'{"user": "ada", "auth": {"password": "swordfish"}}', media=media_type("application/json")),
        ),
        response=Response(
            status=200,
            headers=Headers.of(("Set-Cookie", "sid=biscuit; HttpOnly")),
            body=Body(b'{"token": "rosebud"}', media=media_type("application/json")),
        ),
    )


@pytest.mark.parametrize("secret", ["qwertzy1", "plainword", "crumble", "walrus", "swordfish", "biscuit", "rosebud"])
def test_what_the_exchange_carries_is_taken_out_wherever_it_is_echoed(secret: Any) -> None:
    known = secrets(exchange_with_secrets())
    assert secret in known
    assert secret not in redact(f"no account for {secret}, sorry", known)


def test_a_short_secret_is_not_taken_out_of_a_longer_word() -> None:
    assert redact("the latest news", ("test",)) == "the latest news"


def test_text_is_cut_and_printable() -> None:
    text = redact("a b " * 200 + "\x1b[31m\x00", limit=50)
    assert len(text) == 50
    assert text.endswith("…")
    assert redact("\x1b[31mred\x00") == " [31mred "


@given(st.text(max_size=5000))
def test_no_text_takes_long_or_raises(text: Any) -> None:
    redact(text, ("abcd", text[:20]))


@pytest.mark.parametrize(
    "piece", ["token", "a@", "eyJ", "?a=", "://a:", "Bearer ", "-----BEGIN A", "password is ", "=", "a.b-c_"]
)
def test_time_is_linear(piece: Any) -> None:
    began = time.process_time()
    redact(piece * 20_000)
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    "path", ["/v1/occurrence/search", "/api/v2/users/me/settings", "/apis/apps/v1beta1/deployments"]
)
def test_versions_do_not_make_a_path_look_random(path: str) -> None:
    assert redact(f"GET {path} → 404", frozenset()) == f"GET {path} → 404"


def test_a_random_segment_is_masked_beside_a_version() -> None:
    assert "b7Xq2Lw9Zt4Kd8Rv3Pn6" not in redact("GET /v1/b7Xq2Lw9Zt4Kd8Rv3Pn6/users", frozenset())


@pytest.mark.parametrize(
    "beginning",
    [
        "sk_",
        "pk-",
        "rk.",
        "ghp_",
        "gho",
        "ghu",
        "ghs",
        "ghr",
        "glpat-",
        "xoxa-",
        "xoxs-",
        "shpat_",
        "npm_",
        "pypi-",
        "AIza",
        "ya29.",
        "sk_live_",
        "tok_",
        "cus_",
        "whsec_",
        "seti_",
        "acct_",
        "AKIA",
        "ASIA",
        "bot123456:",
        "eyJ",
    ],
)
def test_every_known_beginning_is_looked_for(beginning: str) -> None:
    value = beginning + "abcdefghijklmno" + (".abc" if beginning == "eyJ" else "")
    assert redact(f"a b {value} c") == f"a b {MASK} c"


def test_forms_are_read_up_to_a_number_of_values() -> None:
    form = "&".join(f"password{number}=walrus{number}x" for number in range(16000))[:65536]
    values = {each.value for each in carried(carrying(content=form, kind=FORM), Sensitivity.PRIVATE)}
    assert "walrus2047x" in values
    assert "walrus2048x" not in values
