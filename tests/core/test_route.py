"""Paths become templates that show words of developers, and nothing of a client's own."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wirelint.core.route import route


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/", "/"),
        ("/users/42", "/users/{id}"),
        ("/v1/users/42/orders", "/v1/users/{id}/orders"),
        ("/v2beta1/zones", "/v2beta1/zones"),
        ("/items/8d2c1f9e-1c2d-4f3a-9b8c-7d6e5f4a3b2c", "/items/{uuid}"),
        ("/o/5f2b8c9d1e", "/o/{id}"),
        ("/bot123456:AAEhBP0av28/sendMessage", "/{id}/sendMessage"),
        ("/reports/2026-11-21", "/reports/{date}"),
        ("/api/Domain.Info", "/api/Domain.Info"),
        ("/oauth2/token", "/oauth2/token"),
        ("/mail/kQ9xTz", "/mail/{id}"),
        ("/mail/kQxTz", "/mail/{id}"),
        ("/getUserById", "/getUserById"),
        ("/prices/tea-41", "/prices/{id}"),
        ("/api/2.0/items", "/api/2.0/items"),
        ("/*", "/*"),
        ("/reset/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefghijklmnop", "/reset/{token}"),
        ("/files/ZXhhbXBsZVNlY3JldFRva2Vu", "/files/{id}"),
    ],
)
def test_paths_fold_to_templates(path: Any, template: Any) -> None:
    assert route(path) == template


@given(st.text(max_size=3000))
def test_templates_are_bounded_and_stable(path: Any) -> None:
    template = route("/" + path)
    assert len(template) < 700
    assert route("/" + path) == template


def test_deep_paths_are_cut() -> None:
    assert route("/a" * 100).count("/") <= 14


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/users/ann.miller@example.com", "/users/{name}"),
        ("/users/alice%40example.com", "/users/{name}"),
        ("/u/alice%2540example.com", "/u/{id}"),
        ("/v2/test777@example.info", "/v2/{name}"),
        ("/people-of/john.smith", "/people-of/{name}"),
        ("/staff/John.Smith/badge", "/staff/{name}/badge"),
        ("/staff/Max-Mustermann", "/staff/{name}"),
        ("/staff/O'Brien", "/staff/{name}"),
        ("/staff/Sch%C3%B6n", "/staff/{name}"),
        ("/~ann/notes", "/{name}/notes"),
        ("/users/ann/orders", "/users/{name}/orders"),
        ("/members/OddBloke", "/members/{name}"),
        ("/odata/Users('ann')", "/odata/Users({name})"),
        ("/odata/Products(42)", "/odata/Products({id})"),
        ("/files/john.smith.json", "/files/{name}.json"),
        ("/files/4242.json", "/files/{id}.json"),
        ("/zones/example.com/records", "/zones/{name}/records"),
        ("/rooms/@alice:live.test", "/rooms/{name}"),
        ("/cities/berlin,germany", "/cities/{name}"),
        ("/go/jsessionid=abcdef", "/go/{name}"),
        ("/go/bob:swordfish", "/go/{name}"),
        ("/go;user=ann/x", "/go/x"),
    ],
)
def test_people_are_not_shown(path: str, template: str) -> None:
    assert route(path) == template


@pytest.mark.parametrize(
    "segment",
    [
        "tok_visa",
        "sk_live_abc",
        "cus_Abcdef",
        "cus_123",
        "AKIAIOSFODNN",
        "ghp_abc",
        "xqzjvkwpf",
        "qwhfkzmxpvbtnrjcydlgaous",
        "hunter2",
        "x9Qz",
        "book99",
        "de89-3704",
        "k51abc",
        "deadbeef",
        "eyJhb.eyJzd.sig",
        "+49-170-1234567",
        "4111-1111-1111-1111",
        "9780198746140.013.5",
    ],
)
def test_tokens_and_ids_are_not_shown(segment: str) -> None:
    assert route(f"/go/{segment}") in ("/go/{id}", "/go/{token}", "/go/{name}")


@pytest.mark.parametrize(
    "path",
    [
        "/js/app.js",
        "/js/bootstrap.bundle.min.js",
        "/index.html",
        "/openapi.json",
        "/robots.txt",
        "/README.md",
        "/data.tar.gz",
        "/wp-login.php",
        "/v1.2/status",
        "/api/2.0/items",
        "/.well-known/openid-configuration",
        "/odata/$metadata",
        "/api/chat.postMessage",
        "/api/conversations.list",
        "/api/dns.zone_info",
        "/xrpc/com.atproto.server.createSession",
        "/grpc.health.v1.Health/Check",
        "/helloworld.Greeter/SayHello",
        "/redfish/v1/Actions/ComputerSystem.Reset",
        "/redfish/v1/Actions/Chassis.Foo",
        "/instances/web:restart",
        "/x509/oauth2/sha256/s3/ipv6",
        "/users/me",
        "/users/search",
        "/users/create_many.json",
        "/users/AuthenticateByName",
        "/project/-/issues",
        "/sessions/access_token",
        "/xmlrpc",
        "/test-Reset",
    ],
)
def test_words_of_developers_stay(path: str) -> None:
    assert route(path) == path


@given(st.emails())
def test_no_address_is_shown(address: str) -> None:
    shown = route(f"/go/{address.replace('/', '')}")
    assert "@" not in shown


@pytest.mark.parametrize("piece", ["a", "a-", "A", "aB", "1", "a.", "%", "(", "a(", ":", "a/", "_"])
def test_time_is_linear(piece: Any) -> None:
    began = time.process_time()
    for number in range(200):
        route(f"/{number}{piece * 20_000}")
    assert time.process_time() - began < 1
