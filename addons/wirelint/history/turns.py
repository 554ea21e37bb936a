"""Find requests of one caller in sequence: the second was sent with knowledge of the first answer."""

from __future__ import annotations

from wirelint.core.visit import Visit


def same_caller(one: Visit, other: Visit) -> bool:
    """Return whether one caller provably sent both requests, with the same rights and for the same tenant.

    That is so for one credential, for one signer, and for two requests of one client without credentials. Callers that
    cannot be distinguished are not therefore the same.
    """
    if one.credential != other.credential or one.tenant != other.tenant or one.anonymous is not other.anonymous:
        return False
    if one.credential is not None:
        return True
    if one.anonymous:
        return one.client == other.client
    return one.principal is not None and one.principal == other.principal


def in_turn(earlier: Visit, later: Visit) -> bool:
    """Return whether one caller sent the later request once the earlier one was answered.

    Concurrent requests prove nothing: the service may have processed them in any order, and if two hops are seen, they
    may be the same request.
    """
    return earlier.ended <= later.started and same_caller(earlier, later)
