"""The demo's documents behind the proxy: tidy keeps its own, each way in which shop leaves its own is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.proxy import Audited
from wirelint.demo import Demo
from wirelint.demo.clients import walk
from wirelint.demo.scenarios import DOCUMENTS
from wirelint.rules import catalogue

pytestmark = pytest.mark.e2e

DRIFT = {
    ("undocumented-route", "GET", "/payments/{id}"),
    ("undocumented-status", "POST", "/cart/items"),
    ("response-breaks-schema", "GET", "/cart"),
    ("response-field-missing", "GET", "/products/{sku}"),
    ("accepted-request-breaks-schema", "POST", "/orders"),
    ("undocumented-auth-status", "GET", "/me"),
    ("documented-failure-as-success", "POST", "/login"),
    ("deprecated-operation-called", "GET", "/cart"),
}
CONTRACT = {rule.id for rule in catalogue() if rule.contract}


def test_each_difference_is_found_and_nothing_else(tmp_path: Path) -> None:
    documents = [word for name, path in DOCUMENTS.items() for word in ("--openapi", f"{name}={path}")]
    with Demo(DOCUMENTS) as demo, Audited(demo.services, tmp_path, *documents) as proxy:
        proxy.settle(len(walk({name: proxy.url(name) for name in DOCUMENTS})))
        found = [(each["service"], each["rule"], each["method"], each["route"]) for each in proxy.findings()]
        assert {(rule, method, route) for service, rule, method, route in found if service == "shop"} >= DRIFT
        assert {each[1:] for each in found if each[0] == "shop" and each[1] in CONTRACT} == DRIFT
        tidy = [each for each in found if each[0] == "tidy"]
        assert tidy == [("tidy", "deprecated-operation-called", "GET", "/catalogue")]
        covered = proxy.samples("wirelint_contract_coverage_ratio")
        assert 0.5 < covered["tidy",] < 1
