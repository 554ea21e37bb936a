"""Writes stories of several exchanges as the HTTP text that rules are tried on."""

from __future__ import annotations

from msgspec.structs import replace

from wirelint.core.exchange import Exchange
from wirelint.core.state import Memory, State
from wirelint.core.verdict import Verdict, presumed
from wirelint.core.visit import Visit
from wirelint.core.wire import exchanges
from wirelint.history.visits import Visits

ADA = "Authorization: Bearer 4d1f0c9be6a24b0c9d3e"
BOB = "Authorization: Bearer 9a7e55c1f02d48b6a1c4"
JSON = "Content-Type: application/json"
CHALLENGE = 'ApiKey realm="shop"'
TEXTS = {
    200: '{"text": "buy tea"}',
    201: '{"text": "buy tea"}',
    401: '{"error": "log in first"}',
    403: '{"error": "you may not do this"}',
    404: '{"error": "no such thing"}',
}
"""What ``pair`` shows unless it is told otherwise, by status."""


def turn(request: str, status: int, shown: str = "", *fields: str, asked: tuple[str, ...] = (), sent: str = "") -> str:
    """Return one exchange.

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


def pair(
    status: int,
    target: str = "/notes",
    key: str | None = None,
    *,
    method: str = "GET",
    sent: str = "",
    got: str = "",
    content: str = "",
    body: str | None = None,
    host: str = "shop.example",
) -> str:
    """Return one exchange of a service that asks for keys; what it shows follows from the status.

    :param key: the credential.
    :param sent: further fields of the request, one a line.
    :param got: further fields of the response, one a line.
    :param content: the request's content.
    :param body: the response's content.
    """
    answer = TEXTS.get(status, "") if body is None else body
    request = [f"{method} {target} HTTP/1.1", f"Host: {host}", *sent.splitlines()]
    if key is not None and "Authorization" not in sent:
        request.append(f"X-Api-Key: {key}")
    response = [f"HTTP/1.1 {status} X", *got.splitlines()]
    if status == 401 and "WWW-Authenticate" not in got:
        response.append(f"WWW-Authenticate: {CHALLENGE}")
    if answer and "Content-Type" not in got:
        response.append("Content-Type: application/json")
    return "\n".join([*request, "", content, *response, "", answer, ""])


def later(seconds: float) -> str:
    """Time that passes."""
    return f"# +{seconds}s\n"


def times(count: int, text: str, every: float = 1) -> str:
    """Return a text repeated ``count`` times, with the seconds from each to the next."""
    return f"# {count} times, every {every}s\n{text}"


def at(text: str, *starts: float, took: float = 0.01) -> list[Exchange]:
    """Return the same exchange at each of these moments, in seconds."""
    found = []
    for start in starts:
        (exchange,) = exchanges(text)
        found.append(replace(exchange, started=start, ended=start + took, timestamp=start))
    return found


def visit_of(exchange: Exchange, state: State, verdict: Verdict | None = None) -> Visit:
    """Return the visit of an exchange.

    :param verdict: what became of it; None for what its status says.
    """
    state.recall(Visits)
    visit = state.visit(exchange)
    visit.judge(visit.verdict if verdict is None else verdict)
    return visit


def remembered[M: Memory](kind: type[M], story: str) -> tuple[M, list[Exchange]]:
    """Return a memory that noted a story, all but its last exchange, and the exchanges."""
    state = State()
    memory = state.recall(kind)
    told = list(exchanges(story))
    for exchange in told[:-1]:
        state.note(exchange, presumed(exchange))
    return memory, told
