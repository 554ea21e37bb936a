"""API descriptions among the settings: for one service, for all, from options and tables; unreadable ones."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from wirelint.core.exchange import Exchange, Request, Response
from wirelint.rules import catalogue
from wirelint.settings.engine import engine_for
from wirelint.settings.file import Config
from wirelint.settings.policy import Policy
from wirelint.settings.tables import PolicyOptions, build

DOCUMENT = """
openapi: 3.0.3
servers: [{url: /api}]
paths:
  /users/{login}: {get: {}}
  /users/frobnicate: {get: {}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop.yaml").write_text(DOCUMENT)
    (tmp_path / "other.yaml").write_text(DOCUMENT.replace("login", "name"))
    (tmp_path / "broken.yaml").write_text("a: [")
    return tmp_path


def made(folder: Path, text: str, *options: str) -> Policy:
    config = Config(str(folder / "wirelint.toml"), tomllib.loads(text))
    return build(catalogue(), PolicyOptions(openapi=options), config, now=0.0)


def route(policy: Policy, path: str = "/api/users/ann", service: str = "shop") -> str:
    exchange = Exchange(request=Request(method="GET", target=path), response=Response(status=200), service=service)
    return engine_for(policy).audit(exchange).route


def test_documented_templates_are_routes(folder: Path) -> None:
    policy = made(folder, "", f"shop={folder / 'shop.yaml'}")
    assert route(policy) == "/api/users/{login}"
    assert route(policy, "/api/users/frobnicate") == "/api/users/frobnicate"
    assert route(policy, "/api/users/ann", "cart") == "/api/users/{name}"


def test_a_document_without_a_name_is_for_all_services(folder: Path) -> None:
    policy = made(folder, "", str(folder / "shop.yaml"))
    assert route(policy) == route(policy, service="cart") == "/api/users/{login}"


def test_tables_name_documents_relative_to_their_file(folder: Path) -> None:
    policy = made(folder, '[service."sh*"]\nopenapi = "shop.yaml"')
    assert route(policy) == "/api/users/{login}"
    assert route(policy, service="cart") == "/api/users/{name}"


def test_an_option_beats_the_table_and_keeps_its_other_settings(folder: Path) -> None:
    table = '[service."sh*"]\nopenapi = "shop.yaml"\nselect = ["gone-reversed"]'
    policy = made(folder, table, f"shop={folder / 'other.yaml'}")
    assert route(policy) == "/api/users/{name}"
    assert route(policy, service="shed") == "/api/users/{login}"
    exchange = Exchange(request=Request(method="GET", target="/"), response=Response(status=200), service="shop")
    assert [rule.id for rule in policy.settings(exchange).rules] == ["gone-reversed"]


def test_a_configured_route_beats_the_documented_one(folder: Path) -> None:
    table = '[service.shop]\nopenapi = "shop.yaml"\n[[service.shop.route]]\nmatch = "/api/users/*"'
    assert route(made(folder, table)) == "/api/users/*"


def test_earlier_exchanges_have_the_documented_route(folder: Path) -> None:
    policy = made(folder, "", f"shop={folder / 'shop.yaml'}")
    assert policy.template("shop", "GET", "/api/users/{name}") == "/api/users/{login}"


@pytest.mark.parametrize("name", ["broken.yaml", "absent.yaml"])
def test_a_document_that_cannot_be_read_is_one_line(folder: Path, name: str, caplog: pytest.LogCaptureFixture) -> None:
    policy = made(folder, "", f"shop={folder / name}")
    assert route(policy) == "/api/users/{name}"
    (record,) = caplog.records
    message = record.getMessage()
    assert name in message
    assert message.endswith("continuing without this document")
    assert "\n" not in message
