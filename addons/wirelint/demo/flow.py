"""Define scenarios (one request with its answer) and flows (sequences of scenarios)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

FIRST_NUMBER = 42
"""The value of ``{n}`` when every scenario is played once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One request, the answer of a service, and the expected finding.

    ``{n}`` in the path, the content and the answer is a number drawn for the flow; ``{id}`` is the last path segment of
    the latest ``Location`` in this flow.

    :param name: unique over the demo, in kebab case, starting with the name of the service.
    :param shows: the fault, or the correct behaviour, in a sentence.
    :param request: method and path, such as ``GET /users/{n}``.
    :param headers: request fields in addition to those that every client sends.
    :param sends: the content of the request; JSON unless the headers say otherwise.
    :param status: the status that the service sends.
    :param answer: the exact content that it sends.
    :param rule: the rule that must find this; None if none may.
    :param also: rules that may also find it, because they describe the same fault.
    :param complete: False if the content ends before its announced length.
    """

    name: str
    shows: str
    request: str
    status: int
    answer: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    sends: str | None = None
    rule: str | None = None
    also: tuple[str, ...] = ()
    complete: bool = True

    @property
    def service(self) -> str:
        """Return the service of this scenario."""
        return self.name.partition("-")[0]

    @property
    def method(self) -> str:
        """Return the method of the request."""
        return self.request.partition(" ")[0]

    @property
    def path(self) -> str:
        """Return path and query of the request, with its variables."""
        return self.request.partition(" ")[2]


@dataclass(frozen=True, slots=True)
class Flow:
    """Scenarios of one service that a persona plays one after the other.

    :param persona: the client that plays it; see ``wirelint.demo.clients.PERSONAS``.
    :param weight: its frequency among the flows of the same persona.
    :param steps: the scenarios, in order.
    """

    persona: str
    weight: int
    steps: tuple[Scenario, ...]

    @property
    def service(self) -> str:
        """Return the service that this flow calls."""
        return self.steps[0].service


def flow(persona: str, *steps: Scenario, weight: int = 1) -> Flow:
    """Return a flow; the arguments are in reading order."""
    return Flow(persona, weight, steps)


def fill(text: str, variables: Mapping[str, str]) -> str:
    """Return ``text`` with its ``{n}`` and ``{id}`` replaced; other braces stay."""
    for name, value in variables.items():
        text = text.replace(f"{{{name}}}", value)
    return text
