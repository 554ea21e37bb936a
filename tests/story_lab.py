"""Writes stories of several exchanges as the HTTP text that rules are tried on."""

from __future__ import annotations

from wirelint.core.exchange import Exchange
from wirelint.core.state import Memory, State
from wirelint.core.verdict import presumed
from wirelint.core.wire import exchanges

ADA = "Authorization: Bearer 4d1f0c9be6a24b0c9d3e"
BOB = "Authorization: Bearer 9a7e55c1f02d48b6a1c4"
JSON = "Content-Type: application/json"


def turn(request: str, status: int, shown: str = "", *fields: str, asked: tuple[str, ...] = (), sent: str = "") -> str:
    """One exchange.

    :param request: method and target.
    :param shown: the response's content, JSON unless a field says otherwise.
    :param fields: the response's fields.
    :param asked: the request's fields, besides Host and the type of its content.
    :param sent: the request's content, JSON unless a field says otherwise.
    """
    got, given = list(fields), list(asked)
    if shown and not any(field.startswith("Content-Type:") for field in got):
        got.append(JSON)
    if sent and not any(field.startswith("Content-Type:") for field in given):
        given.append(JSON)
    host = [] if any(field.startswith("Host:") for field in given) else ["Host: shop.example"]
    return "\n".join([f"{request} HTTP/1.1", *host, *given, "", sent, f"HTTP/1.1 {status} X", *got, "", shown, ""])


def later(seconds: float) -> str:
    """Time that passes."""
    return f"# +{seconds}s\n"


def remembered[M: Memory](kind: type[M], story: str) -> tuple[M, list[Exchange]]:
    """A memory that noted a story, all but its last exchange, and the exchanges."""
    state = State()
    memory = state.recall(kind)
    told = list(exchanges(story))
    for exchange in told[:-1]:
        state.note(exchange, presumed(exchange))
    return memory, told
