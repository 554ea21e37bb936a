"""The vocabulary of the demo: one request with the answer it gets, and the flows that requests make up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

FIRST_NUMBER = 42
"""What ``{n}`` stands for where every scenario is played once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One request, the answer a service gives, and what wirelint should think of it.

    ``{n}`` in the path, the content and the answer is a number that its flow has drawn; ``{id}`` is the last path
    segment of the ``Location`` that this flow was given last.

    :param name: unique over the demo, in kebab case, starting with the name of the service.
    :param shows: what goes wrong here, or right, in a sentence.
    :param request: method and path, such as ``GET /users/{n}``.
    :param headers: request fields besides those that every client sends.
    :param sends: the content of the request; it is JSON where the headers do not say otherwise.
    :param status: the status that the service sends.
    :param answer: the content it sends, to the letter.
    :param rule: the rule that must find this; None where none may.
    :param also: rules that may find it too, as they rightly describe the same fault.
    :param complete: False where the content ends before its announced length.
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
        """The service that this scenario belongs to."""
        return self.name.partition("-")[0]

    @property
    def method(self) -> str:
        """The method of the request."""
        return self.request.partition(" ")[0]

    @property
    def path(self) -> str:
        """Path and query of the request, with its variables."""
        return self.request.partition(" ")[2]


@dataclass(frozen=True, slots=True)
class Flow:
    """Scenarios of one service that a persona plays one after the other.

    :param persona: who plays it; see ``wirelint.demo.clients.PERSONAS``.
    :param weight: how often, beside the other flows of the same persona.
    :param steps: the scenarios, in order.
    """

    persona: str
    weight: int
    steps: tuple[Scenario, ...]

    @property
    def service(self) -> str:
        """The service that this flow talks to."""
        return self.steps[0].service


def flow(persona: str, *steps: Scenario, weight: int = 1) -> Flow:
    """A flow, in the order in which one reads it."""
    return Flow(persona, weight, steps)


def fill(text: str, variables: Mapping[str, str]) -> str:
    """``text`` with its ``{n}`` and ``{id}`` replaced; all other braces stay as they are."""
    for name, value in variables.items():
        text = text.replace(f"{{{name}}}", value)
    return text
