"""Services that cannot be connected to are named at once."""

from __future__ import annotations

import msgspec

from lab.audits import audit
from wirelint.core.audit import Audit
from wirelint.core.exchange import Direction, FailureKind
from wirelint.core.verdict import Verdict
from wirelint.sinks.reachability import Reachability

ADDRESS = "127.0.0.1:20098"


def dead(service: str = "dead", at: float = 1000.0, direction: Direction = Direction.INBOUND) -> Audit:
    failed = audit(
        service=service, status=None, verdict=Verdict.SERVER_ERROR, failure=FailureKind.CONNECT, address=ADDRESS
    )
    return msgspec.structs.replace(
        failed, exchange=msgspec.structs.replace(failed.exchange, timestamp=at, direction=direction)
    )


def outbound(made: Audit) -> Audit:
    return msgspec.structs.replace(made, exchange=msgspec.structs.replace(made.exchange, direction=Direction.OUTBOUND))


def test_a_service_is_announced_once_and_again_when_it_answers() -> None:
    said: list[str] = []
    reach = Reachability(said.append)
    for _ in range(3):
        reach.accept(dead())
    assert said == [f"dead: cannot connect to {ADDRESS} (connect)"]
    assert reach.now() == [{"service": "dead", "address": ADDRESS, "reason": "connect", "since": 1000.0, "count": 3}]
    assert [sample.value for family in reach.collect() for sample in family.samples] == [1]
    reach.accept(audit(service="dead"))
    assert said[1:] == ["dead: answers again"]
    assert reach.now() == []
    assert [sample.value for family in reach.collect() for sample in family.samples] == [0]


def test_one_that_comes_and_goes_is_not_announced_each_time() -> None:
    said: list[str] = []
    reach = Reachability(said.append)
    for at in (1000.0, 1010.0, 1070.0):
        reach.accept(dead(at=at))
        reach.accept(audit(service="dead"))
    assert said == [f"dead: cannot connect to {ADDRESS} (connect)", "dead: answers again"] * 2


def test_hosts_that_clients_make_up_are_not_followed() -> None:
    said: list[str] = []
    reach = Reachability(said.append)
    for number in range(500):
        reach.accept(dead(f"host-{number}.example", direction=Direction.OUTBOUND))
    assert (said, reach.now()) == ([], [])
    reach.accept(outbound(audit(service="db.example")))
    reach.accept(dead("db.example", direction=Direction.OUTBOUND))
    assert [each["service"] for each in reach.now()] == ["db.example"]


def test_it_follows_no_more_services_than_it_may() -> None:
    said: list[str] = []
    reach = Reachability(said.append, services=2)
    for name in ("a", "b", "c"):
        reach.accept(dead(name))
    assert [each["service"] for each in reach.now()] == ["a", "b"]
    assert len(said) == 2
