"""List everything that the demo shows: how each service misbehaves, and which rule must find it.

``SCENARIOS`` is the whole list, one request each. Those with a ``rule`` misbehave, and that rule must find them; all
others are correct, including all of the ``tidy`` service.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from wirelint.demo.flow import Flow, Scenario
from wirelint.demo.flow import flow as _flow
from wirelint.demo.services import admin, gateway, limiter, rpc, shop, tidy_flows

ABOUT: Final[Mapping[str, str]] = {
    "shop": "answers 200 to failed logins and refused coupons, 401 without a challenge, 201 without a Location",
    "gateway": "hides timeouts and refused connections of its backends behind 500 and 200, and sends half files",
    "limiter": "throttles without saying when to come back, or calls it something else",
    "admin": "mixes up 401 and 403, answers 500 to bad input, and contradicts its own content",
    "rpc": "speaks JSON-RPC and GraphQL, whose errors travel under 200",
    "tidy": "does the same things right",
}
"""The purpose of each service, in the order to present them."""

DOCUMENTS: Final[Mapping[str, Path]] = {
    name: Path(__file__).with_name("documents") / f"{name}.yaml" for name in ("shop", "tidy")
}
"""The OpenAPI documents of services: tidy keeps its own, shop does not."""


def _health(name: str) -> Flow:
    health = Scenario(
        name=f"{name}-health",
        shows="A health check.",
        request="GET /health",
        status=200,
        answer=f'{{"service":"{name}","up":true}}',
    )
    return _flow("monitoring", health, weight=2)


FLOWS: Final[tuple[Flow, ...]] = (
    *shop.FLOWS,
    *gateway.FLOWS,
    *limiter.FLOWS,
    *admin.FLOWS,
    *rpc.FLOWS,
    *tidy_flows.FLOWS,
    *(_health(name) for name in ABOUT),
)
"""The flows that clients play; see ``wirelint.demo.clients``."""

SCENARIOS: Final[tuple[Scenario, ...]] = tuple({step.name: step for flow in FLOWS for step in flow.steps}.values())
"""Every scenario once."""


def expected_rules(service: str) -> frozenset[str]:
    """Return the rules that must find something at ``service``."""
    return frozenset(s.rule for s in SCENARIOS if s.service == service and s.rule is not None)
