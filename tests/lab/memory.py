"""Exchanges in a line or two, and memories that note them."""

from __future__ import annotations

from wirelint.core.body import Body
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.state import State
from wirelint.core.verdict import presumed


def exchange(
    status: int = 200,
    target: str = "/notes",
    key: str | None = "k-1234567",
    *,
    at: float = 1.0,
    service: str = "shop",
    sent: tuple[tuple[str, str], ...] = (),
    got: tuple[tuple[str, str], ...] = (),
    content: bytes = b"",
    answer: bytes = b"",
    method: str = "GET",
) -> Exchange:
    """Return one exchange; ``key`` is the credential, ``at`` its time, ``sent`` and ``got`` are further fields."""
    headers = Headers.of(*([("x-api-key", key)] if key else []), *sent)
    return Exchange(
        request=Request(method=method, target=target, authority="shop.example", headers=headers, body=Body(content)),
        response=Response(status=status, headers=Headers.of(*got), body=Body(answer)),
        service=service,
        started=at,
        ended=at,
    )


def note(state: State, *exchanges: Exchange) -> None:
    """Let all memories of a state note exchanges, one after the other."""
    for each in exchanges:
        state.note(each, presumed(each))
