"""What a memory is: something that notes exchanges, for rules to look back on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from wirelint.core.exchange import Exchange
from wirelint.core.verdict import Verdict
from wirelint.core.when import When

if TYPE_CHECKING:
    from wirelint.core.state import State


class Memory(Protocol):
    """Notes exchanges for rules to look back on: those whose status and method fit ``wants``."""

    wants: When

    def __init__(self, state: State) -> None: ...

    def note(self, exchange: Exchange, verdict: Verdict) -> None:
        """Remember of an exchange what may be asked for later. It is called after the rules have run."""

    def __len__(self) -> int:
        """How many things are remembered."""


@runtime_checkable
class Joining(Protocol):
    """A memory that joins exchanges by their traces, and so wants those, too, in which nothing else is new."""

    def joins(self, exchange: Exchange) -> bool:
        """Whether an exchange belongs to earlier ones that something is to be concluded from."""

    def join(self, exchange: Exchange, verdict: Verdict) -> None:
        """Remember an exchange of which one alike was noted a moment ago, all but its trace."""
