"""The coverage of documents as live traffic counts it, and as Prometheus sees it."""

from __future__ import annotations

from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.knowledge import Knowledge, attach
from wirelint.openapi.read import read_octets
from wirelint.sinks.coverage import Coverage
from wirelint.sinks.metrics.contract import ContractFigures

DOCUMENT = """
openapi: 3.0.3
paths:
  /things: {get: {responses: {200: {description: all}, 404: {description: none}}}}
  /old: {get: {deprecated: true, responses: {default: {description: any}}}}
"""


def told(
    target: str = "/things",
    status: int = 200,
    document: str = DOCUMENT,
    *,
    service: str = "shop",
    client: str = "c",
    named: bool = True,
) -> Exchange:
    exchange = Exchange(
        request=Request(method="GET", target=target),
        response=Response(status=status),
        service=service,
        client=client,
        timestamp=10.0,
    )
    attach(exchange, Knowledge(contract=read_octets(document.encode(), named=named)))
    return exchange


def figures(coverage: Coverage) -> dict[tuple[str, str], float]:
    return {
        (family.name, sample.labels["service"]): sample.value
        for family in ContractFigures(coverage).collect()
        for sample in family.samples
    }


def test_the_share_of_documented_answers_is_a_gauge() -> None:
    coverage = Coverage()
    assert figures(coverage) == {}
    for exchange in (told(), told(), told(status=500), told("/old", client="a"), told("/old", client="b")):
        coverage.add(exchange)
    assert figures(coverage) == {
        ("wirelint_contract_coverage_ratio", "shop"): 2 / 3,
        ("wirelint_contract_deprecated_clients", "shop"): 2.0,
    }


def test_a_service_that_has_no_document_is_not_counted() -> None:
    coverage = Coverage()
    exchange = told()
    exchange.__dict__.clear()
    coverage.add(exchange)
    coverage.add(told("/strange", named=False))
    assert coverage.services == {}


def test_another_document_keeps_what_both_have() -> None:
    coverage = Coverage()
    coverage.add(told())
    coverage.add(told("/old"))
    coverage.add(told(status=404, document=DOCUMENT.replace("/old", "/older")))
    (service,) = coverage.services.values()
    assert [(row.path, row.status, row.seen) for row in service.rows()] == [
        ("/things", "200", 1),
        ("/things", "404", 1),
        ("/older", "default", 0),
    ]


def test_services_and_clients_are_bounded() -> None:
    coverage = Coverage()
    for number in range(1200):
        coverage.add(told(service=f"s{number}"))
        coverage.add(told("/old", service="s0", client=f"c{number}"))
    assert len(coverage.services) == 100
    assert coverage.services["s0"].deprecated_clients == 1000
