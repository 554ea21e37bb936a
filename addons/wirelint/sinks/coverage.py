"""Count which documented answers were seen, how often, and when last: by service, operation and status."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from wirelint.core.contract import AnswerKey, Contract
from wirelint.core.exchange import Exchange
from wirelint.evidence.contract import answer, contract

_MOST_SERVICES: Final = 100
_MOST_CLIENTS: Final = 1000


class AnswerCoverage(NamedTuple):
    """A documented answer of an operation, and what was seen of it.

    :param status: ``200``, ``4XX`` or ``default``.
    :param seen: how often.
    :param last: Unix seconds; None if it was never seen, or its times are not known.
    """

    method: str
    path: str
    status: str
    deprecated: bool
    seen: int
    last: float | None


class ServiceCoverage:
    """What was seen of the document of one service.

    Attributes:
        contract: the document.
    """

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self._seen: dict[AnswerKey, tuple[int, float | None]] = {}
        self._clients: set[int] = set()

    def follow(self, contract: Contract) -> None:
        """Take another document of the same service; what both have stays seen."""
        self.contract = contract
        self._seen = {key: seen for key, seen in self._seen.items() if key in contract.answers}

    def add(self, exchange: Exchange) -> None:
        """Count an exchange."""
        found = answer(exchange)
        if found is None:
            return
        key = (found.operation.method, found.operation.template, found.key)
        count, last = self._seen.get(key, (0, None))
        at = exchange.timestamp
        self._seen[key] = (count + 1, at if last is None or (at is not None and at > last) else last)
        if found.operation.deprecated and len(self._clients) < _MOST_CLIENTS:
            self._clients.add(hash(exchange.client))

    @property
    def ratio(self) -> float:
        """Return the seen share of the documented answers, 0 to 1."""
        documented = len(self.contract.answers)
        return len(self._seen) / documented if documented else 0.0

    @property
    def deprecated_clients(self) -> int:
        """Return how many clients called a deprecated operation; at most 1,000."""
        return len(self._clients)

    def rows(self) -> Iterator[AnswerCoverage]:
        """Yield all documented answers, in the order of the document."""
        for method, path, status in self.contract.answers:
            count, last = self._seen.get((method, path, status), (0, None))
            operation = self.contract.answers[method, path, status]
            yield AnswerCoverage(method, path, status, operation.deprecated, count, last)


class Coverage:
    """What was seen of the documents of all services."""

    def __init__(self) -> None:
        self.services: dict[str, ServiceCoverage] = {}

    def expect(self, service: str, contract: Contract) -> ServiceCoverage | None:
        """Return the coverage of a service with a document, be it that nothing was seen; None if there are too many."""
        found = self.services.get(service)
        if found is None:
            if len(self.services) >= _MOST_SERVICES:
                return None
            found = self.services[service] = ServiceCoverage(contract)
        elif found.contract is not contract:
            found.follow(contract)
        return found

    def add(self, exchange: Exchange) -> None:
        """Count an exchange of a service that has a document."""
        promised = contract(exchange)
        if promised is None or not (promised.named or answer(exchange) is not None):
            return
        found = self.expect(exchange.service, promised)
        if found is not None:
            found.add(exchange)
