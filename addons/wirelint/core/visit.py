"""The record of an audited exchange: only what is needed to compare it with later ones."""

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
    """One of the exchanges that prove a finding, safe to show.

    ``request`` is the request line with the path's template in place of the path, so that it contains no secret.
    ``outcome`` is the status, or the kind of failure; ``note`` says what the step proves.
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
    anonymous: bool


class Visit(msgspec.Struct, kw_only=True, eq=False, gc=False):
    """One exchange, in its remembered form.

    ``route`` is the path's template. These are numbers that only this process can compare: ``target`` for path and
    query; ``resource`` for these, the authority and the service; ``content`` for the request's content (None if there
    is none, or if it is not completely known); ``request`` for resource, content and method (None if the content is
    unknown); ``tail`` for the path's last segment; ``client`` for the sender; ``answer`` for an error's text (None for
    successes and unknown content).

    ``credential`` is a hash of the credential that was sent, None if there is none, or if each request has a new one.
    ``principal`` is a hash of the user that it names, None if unknown. ``anonymous``: the request was provably
    anonymous.

    ``scheme`` is the authentication scheme that was sent, ``asked`` has those of a 401's challenges (in lower case,
    empty for none), ``space`` is a number for its protection space (RFC 9110 §11.5), 0 for none. ``tenant`` is a number
    for the fields that choose a tenant, 0 for none. ``aside``: it was refused for a reason other than the caller's
    identity or permissions.

    ``started`` and ``ended`` are seconds of one clock; ``wait`` is the wait in seconds that a refusal asked for.
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
    anonymous: bool
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
        """Set the verdict: first that of the status, then the final one."""
        self.verdict = verdict
        status = self.status
        self.succeeded = verdict is _OK and status is not None and 200 <= status < 300

    @property
    def outcome(self) -> str:
        """Return the outcome as text: the status, else the kind of failure."""
        return outcome(self.status, self.failure)

    def step(self, note: str) -> Step:
        """Return the visit as one step of a story.

        :param note: a phrase that says what it proves.
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
