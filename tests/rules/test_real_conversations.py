"""Traffic of well-known servers, reduced to the essential: harmless, but reported as a fault before.

Beside each stands what is nearly the same and a fault, so that the rule is known to look.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

import pytest
from msgspec.structs import replace

from lab.rule import run
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange
from wirelint.core.finding import Confidence, Finding
from wirelint.core.wire import exchanges
from wirelint.rules import catalogue

REFUSED = "# failure: connect connection refused\n"
NOT_FOUND = 'HTTP/1.1 404 Not Found\nContent-Type: application/json\n\n{"error": "no such todo"}\n'
BROKEN = 'HTTP/1.1 502 Bad Gateway\nContent-Type: application/json\n\n{"error": "connection refused"}\n'

_numbers = count()


def seen(service: str, started: float, ended: float, request: str, answer: str, *, trace: int = 1) -> Exchange:
    """Return one exchange at a service, at times of its own.

    :param started: seconds; so is ``ended``.
    :param request: the request line; HTTP/1.0 is what nginx speaks to what is behind it.
    :param trace: the number in the trace's id, 0 for none.
    """
    field = f"traceparent: 00-{trace:032x}-00f067aa0ba902b7-01\n" if trace else ""
    text = f"{request}\nHost: shop.example\n{field}\n{answer}"
    (exchange,) = exchanges(text, service=service)
    return replace(exchange, id=f"x{next(_numbers)}", started=started, ended=ended)


def told(rule_id: str, conversation: Iterable[Exchange]) -> list[Finding]:
    engine = Engine([rule for rule in catalogue() if rule.id == rule_id], least=Confidence.WEAK)
    return [finding for exchange in conversation for finding in engine.audit(exchange).findings]


def balanced(failed_until: float, failure: str = REFUSED) -> list[Exchange]:
    """Return a balancer whose first choice is down, and whose second one says 404."""
    return [
        seen("first", 0.004, failed_until, "GET /api/todos/9 HTTP/1.0", failure),
        seen("second", 0.0072, 0.0103, "GET /api/todos/9 HTTP/1.0", NOT_FOUND),
        seen("edge", 0.0, 0.013, "GET /api/todos/9 HTTP/1.1", NOT_FOUND),
    ]


@pytest.mark.parametrize(
    "conversation",
    [
        pytest.param(balanced(0.006), id="a moment after it was refused"),
        pytest.param(balanced(0.0074), id="noted to be refused a moment later"),
        pytest.param(balanced(0.006, BROKEN), id="a moment after it failed"),
    ],
)
def test_nginx_asks_the_next_server_at_once(conversation: list[Exchange]) -> None:
    assert told("upstream-failure-masked", conversation) == []


def test_nginx_has_no_other_server_to_ask() -> None:
    first, _, edge = balanced(0.006)
    assert told("upstream-failure-masked", [first, edge])


FAVICON = """\
GET /favicon.ico HTTP/1.1
Host: shop.example
User-Agent: Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0.0.0
Accept: image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8
Sec-Fetch-Mode: no-cors

HTTP/1.1 404 Not Found
Content-Type: text/html

<!doctype html><title>Not Found</title>
"""


def test_chromium_asks_for_an_icon() -> None:
    assert run("html-error-to-json-client", FAVICON) == []
    assert run("html-error-to-json-client", FAVICON.replace("image/svg+xml", "application/xml"))


def test_a_page_wants_a_picture_from_its_interface() -> None:
    picture = FAVICON.replace("/favicon.ico", "/api/chart").replace("image/avif", "application/json")
    assert run("html-error-to-json-client", picture.replace("no-cors", "no-cors\nSec-Fetch-Dest: image")) == []
    assert run("html-error-to-json-client", picture)


def relayed(traces: Iterable[int]) -> list[Exchange]:
    """Return many requests to a gateway, which calls a service that is down, once for each."""
    return [
        exchange
        for number, trace in enumerate(traces)
        for exchange in (
            seen("stock", number + 0.1, number + 0.2, "GET /prices HTTP/1.0", REFUSED, trace=trace),
            seen("edge", number, number + 0.3, f"GET /articles/{number} HTTP/1.1", BROKEN, trace=trace),
        )
    ]


def test_a_gateway_asks_once_for_each_request_of_its_own() -> None:
    assert told("hot-retry-loop", relayed(range(1, 9))) == []


def test_a_gateway_whose_later_calls_bear_no_id() -> None:
    conversation = relayed(range(1, 4)) + [
        seen("stock", at, at + 0.1, "GET /prices HTTP/1.0", REFUSED, trace=0) for at in (4.0, 5.0)
    ]
    assert told("hot-retry-loop", conversation) == []


def dashboard(starts: Iterable[float]) -> list[Exchange]:
    """Return calls of a service to one that is down, one for each of its requests, without ids."""
    return [seen("stock", at, at + 0.001, "GET /prices HTTP/1.1", REFUSED, trace=0) for at in starts]


def test_two_views_of_a_dashboard_need_the_same() -> None:
    assert told("hot-retry-loop", dashboard((0.0, 0.026, 6.202, 6.221, 9.606))) == []
    assert told("hot-retry-loop", dashboard((0.0, 2.2, 4.4, 4.43, 6.6)))
    assert told("hot-retry-loop", dashboard((0.0, 1.9, 1.91, 1.92, 1.93)))


def test_a_client_begins_a_trace_with_each_attempt() -> None:
    found = told("hot-retry-loop", [exchange for exchange in relayed(range(1, 9)) if exchange.service == "stock"])
    assert [finding.service for finding in found] == ["stock"]


def test_a_service_repeats_within_one_trace() -> None:
    found = told("hot-retry-loop", relayed([1] * 8))
    assert [finding.service for finding in found] == ["stock"]


POUCH = """\
PUT /notes/tea HTTP/1.1
Host: shop.example
Content-Type: application/json

{"text": "buy"}
HTTP/1.1 201 Created
Location: /notes/tea
Content-Type: application/json

{"ok": true, "id": "tea", "rev": "1-19cd2bd172717dd53cec6d9c72e60faa"}
GET /notes/tea HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"text": "buy", "_id": "tea", "_rev": "1-19cd2bd172717dd53cec6d9c72e60faa"}
PUT /notes/tea HTTP/1.1
Host: shop.example
Content-Type: application/json

{"text": "bought", "_rev": "1-19cd2bd172717dd53cec6d9c72e60faa"}
HTTP/1.1 201 Created
Location: /notes/tea
Content-Type: application/json

{"ok": true, "id": "tea", "rev": "2-8ec2ad588b49a2d8cb9a8eeba8906cdd"}
"""


def test_pouchdb_makes_revisions() -> None:
    assert run("put-always-created", POUCH) == []
    assert run("put-always-created", POUCH.replace('"rev": ', '"revised": '))


RADICALE = """\
PROPFIND /ann/ HTTP/1.1
Host: dav.example
Authorization: Basic YW5uOndyb25n
Content-Type: text/xml

<D:propfind xmlns:D="DAV:"><D:prop><D:current-user-principal/></D:prop></D:propfind>
HTTP/1.1 401 Unauthorized
Content-Type: text/plain; charset=utf-8
WWW-Authenticate: Basic realm="Radicale - Password Required"

Access to the requested resource forbidden.
"""


def test_radicale_says_forbidden_to_a_wrong_password() -> None:
    assert run("forbidden-as-401", RADICALE) == []
    assert run("forbidden-as-401", RADICALE.replace("Access to the requested resource", "Lacking the role admin:"))


SITE = """\
# 12 times, every 1s
GET /private/{n} HTTP/1.1
Host: shop.example
Accept: */*

HTTP/1.1 403 Forbidden
Content-Type: text/html

admin only
# 12 times, every 1s
GET /api/notes/{n} HTTP/1.1
Host: shop.example
Accept: */*

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Cookie
Content-Type: application/json

{"error": "login required"}
"""


def test_flask_serves_pages_and_an_interface() -> None:
    assert run("error-envelope-inconsistent", SITE) == []
    assert run("error-envelope-inconsistent", SITE.replace("/private/", "/api/private/"))
