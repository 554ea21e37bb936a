"""The record kept of an audited exchange: enough to compare it with later ones, and nothing more."""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from wirelint.core.exchange import Direction, FailureKind
from wirelint.core.origin import Origin
from wirelint.core.verdict import Verdict

_WORDS: Final = {
    FailureKind.CONNECT: "not reached",
    FailureKind.TLS: "TLS failed",
    FailureKind.TIMEOUT: "timed out",
    FailureKind.RESET: "broken off",
    FailureKind.PROTOCOL: "garbled",
    FailureKind.CLIENT_GONE: "given up",
}


def outcome(status: int | None, failure: FailureKind | None) -> str:
    """Return the outcome of an exchange as text: its status, else the kind of failure in words."""
    if status is not None:
        return str(status)
    return "no response" if failure is None else _WORDS[failure]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One exchange of the several that a finding is proven by, safe to show.

    ``request`` is the request line with the path's template in place of the path, so that nothing secret can stand in
    it. ``outcome`` is the status, or the kind of failure; ``note`` says what the step proves.
    """

    exchange_id: str
    service: str
    request: str
    outcome: str
    note: str
    timestamp: float | None
    origin: Origin | None


_OK: Final = Verdict.OK


class Identity(NamedTuple):
    """The sender of a request: see ``Visit``."""

    credential: bytes | None
    principal: bytes | None
    stranger: bool


class Visit(msgspec.Struct, kw_only=True, eq=False, gc=False):
    """One exchange, as it is remembered.

    ``route`` is the path's template. ``target`` stands for path and query, ``resource`` for these, the authority and
    the service, ``content`` for the request's content (None where there is none, or not all of it is known),
    ``request`` for resource, content and method (None where the content is not known), ``tail`` for the path's last
    segment, ``client`` for its sender, ``answer`` for what an error said (None for successes, and where its
    content is not known). All seven are numbers that only this process can compare.

    ``credential`` stands for the very credential sent, None where there is none, or a new one is made for each
    request; ``principal`` for whom it speaks of, None where that is unknown. ``stranger``: it provably came without.

    ``scheme`` is the authentication scheme sent, ``asked`` are those that a 401 asks for (all in lower case, empty
    for none), ``space`` stands for the protection space that it names (RFC 9110 §11.5), 0 for none. ``tenant`` stands
    for the fields that choose whose data a request is about, 0 where there are none. ``aside``: it was refused for
    other reasons than who the caller is and what it may see.

    ``started`` and ``ended`` are seconds of one clock; ``wait`` is how many seconds a refusal asked to wait.
    """

    exchange_id: str
    service: str
    direction: Direction
    method: str
    route: str
    target: int
    tail: int
    resource: int
    content: int | None
    request: int | None
    status: int | None
    verdict: Verdict
    credential: bytes | None
    principal: bytes | None
    stranger: bool
    scheme: str
    tenant: int
    client: int
    started: float
    ended: float
    trace_id: str | None
    timestamp: float | None
    origin: Origin | None
    failure: FailureKind | None = None
    answer: int | None = None
    aside: bool = False
    wait: float | None = None
    asked: tuple[str, ...] = ()
    space: int = 0
    succeeded: bool = False

    def judge(self, verdict: Verdict) -> None:
        """Take a verdict: first what the status suggests, then the final one."""
        self.verdict = verdict
        status = self.status
        self.succeeded = verdict is _OK and status is not None and 200 <= status < 300

    @property
    def outcome(self) -> str:
        """Return the outcome as text: the status, else the kind of failure."""
        return outcome(self.status, self.failure)

    def step(self, note: str) -> Step:
        """Return the visit as one step of a story.

        :param note: what it proves, as a phrase.
        """
        return Step(
            exchange_id=self.exchange_id,
            service=self.service,
            request=f"{self.method} {self.route}",
            outcome=self.outcome,
            note=note,
            timestamp=self.timestamp,
            origin=self.origin,
        )
