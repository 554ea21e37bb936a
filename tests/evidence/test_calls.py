"""The operation that a call names."""

from __future__ import annotations

import pytest

from wirelint.core import wire
from wirelint.evidence.calls import is_safe, operation


def called(path: str, content: str, fields: str = "", method: str = "POST") -> str:
    text = f"{method} {path} HTTP/1.1\nHost: a\n{fields}\n{content}\nHTTP/1.1 200 OK\n\n"
    (exchange,) = wire.exchanges(text, service="s")
    return operation(exchange)


JSON = "Content-Type: application/json\n"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ('{"jsonrpc": "2.0", "method": "account.balance", "id": 1}', "account.balance"),
        ('[{"jsonrpc": "2.0", "method": "ping", "id": 1}, {"jsonrpc": "2.0", "method": "ping", "id": 2}]', "ping"),
        ('[{"jsonrpc": "2.0", "method": "ping", "id": 1}, {"jsonrpc": "2.0", "method": "pong", "id": 2}]', ""),
        ('{"jsonrpc": "2.0", "method": "ann@example.com", "id": 1}', ""),
        ('{"jsonrpc": "2.0", "method": "8f14e45fceea167a5a36dedd4bea2543", "id": 1}', ""),
        ('{"jsonrpc": "2.0", "method": ["ping"], "id": 1}', ""),
        ('{"jsonrpc": "2.0", "method": "%s", "id": 1}' % ("x" * 100), ""),
        ('{"query": "query GetOrder($id: ID) { order(id: $id) { id } }"}', "GetOrder"),
        ('{"query": "query A { a } query B { b }", "operationName": "B"}', "B"),
        ('{"query": "{ order { id } }"}', ""),
    ],
)
def test_json(content: str, name: str) -> None:
    assert called("/rpc", content, JSON) == name


def test_others() -> None:
    assert called("/shop.Orders/Get", "", "Content-Type: application/grpc\n") == "shop.Orders/Get"
    call = "<methodCall><methodName>domain.info</methodName></methodCall>"
    assert called("/xmlrpc", call, "Content-Type: text/xml\n") == "domain.info"
    envelope = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><GetPrice/></s:Body></s:Envelope>'
    )
    assert called("/soap", envelope, 'Content-Type: text/xml\nSOAPAction: "urn:shop#GetPrice"\n') == "GetPrice"
    assert called("/soap", envelope, "Content-Type: text/xml\n") == "getprice"
    assert called("/graphql?query=query+Me+%7Bme%7D&operationName=Me", "", method="GET") == "Me"
    assert called("/orders", "{}", JSON) == ""


@pytest.mark.parametrize(
    ("name", "safe"),
    [("account.balance", True), ("GetOrder", True), ("shop.Orders/Get", True), ("miller", False), ("annMiller", False)],
)
def test_names_of_people_are_not_safe(name: str, safe: bool) -> None:
    assert is_safe(name) is safe
