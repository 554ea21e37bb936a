"""Whether two requests follow from each other: one caller, who knew the first answer when sending the second."""

from __future__ import annotations

from wirelint.core.visit import Visit


def same_caller(one: Visit, other: Visit) -> bool:
    """Return whether one caller provably sent both requests, with the same rights and about the same tenant.

    That is so for one credential, for one signer, and for two requests of one client that came without. Who cannot be
    told apart is not the same for that.
    """
    if one.credential != other.credential or one.tenant != other.tenant or one.stranger is not other.stranger:
        return False
    if one.credential is not None:
        return True
    if one.stranger:
        return one.client == other.client
    return one.principal is not None and one.principal == other.principal


def in_turn(earlier: Visit, later: Visit) -> bool:
    """Return whether one caller sent the later request once the earlier one was answered.

    Requests that overlap prove nothing: the service may have taken them in any order, and where two hops are seen they
    may be one and the same.
    """
    return earlier.ended <= later.started and same_caller(earlier, later)
