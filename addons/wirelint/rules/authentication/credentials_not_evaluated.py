"""Valid credentials get the same 401 as no credentials

What it does
------------
Reports a 401 on a route that gives everyone the same answer: requests without credentials, and at least two callers
whose credentials the service accepted elsewhere both before and after. No request ever succeeded there.

Why it matters
--------------
The route never checks credentials: its authentication is not wired up, or a gateway in front refuses everything.
Clients refresh tokens and ask for passwords, and neither helps.

Known exceptions
----------------
If the challenge asks for another scheme than the one that was sent, the refusal is correct; see
``challenge-scheme-mismatch``. Other versions of an interface, administration and login endpoints may require
credentials of their own. A success proves a credential only on a route that refuses anonymous requests, and only in the
realm that it names. Requests for a nonce or for stronger authentication are not refusals.

How to fix
----------
Put the route behind the same authentication as the others. Look for a missing filter, a wrong prefix, a wrong order of
handlers, or a gateway that drops ``Authorization``. If the credential was checked, say so: ``error="invalid_token"``,
or 403.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.2
- https://www.rfc-editor.org/rfc/rfc9110.html#section-11.4
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.core.visit import Visit
from wirelint.evidence.caches import from_cache
from wirelint.history.routes import Route, Routes
from wirelint.history.visits import Visits, credential_was_doubted

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="two credentials that are valid elsewhere, before and after, got the answer for no credentials",
    basis="policy: RFC 9110 section 15.5.2 defines 401 as lacking valid credentials",
    when=When(status="2xx"),
    recalls=(Visits, Routes),
    after=credential_was_doubted,
    once_per="route",
)

_CALLERS: Final = 2
_area: Final = re.compile(
    r"/(?:v\d+(?:\.\d+)*|admin\w*|internal|management|actuator|partners?|webhooks?|hooks?|callbacks?|oauth2?|auth\w*|log-?in|sign-?in"
    r"|tokens?|sessions?|passwords?|scim|metrics|debug|public)(?=/|$)",
    re.IGNORECASE,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Check, when a refused credential succeeds elsewhere, whether everybody got the same refusal."""
    visits = context.recall(Visits)
    now = visits.now(exchange)
    if now.credential is None or not now.succeeded:
        return
    refused = {visit.route: visit for visit in visits.of_credential(exchange) if visit.status == 401}
    refused.pop(now.route, None)
    if not refused or from_cache(exchange):
        return
    routes = context.recall(Routes)
    here = routes.of(exchange)
    if not here.checks(now.method):
        return
    for visit in refused.values():
        if _area.findall(visit.route) != _area.findall(now.route) or visit.ended > now.started:
            continue
        if not _asks_alike(here, now.method, visit):
            continue
        proofs = _proofs(visit, now, visits, routes)
        if proofs is None:
            continue
        anonymous, (before, other) = proofs
        yield Hit(
            "401 to valid credentials, the same as without credentials",
            f"{visit.method} {visit.route} → one 401 for none, and for {_CALLERS} valid credentials",
            story=(
                before.step("accepted elsewhere"),
                anonymous.step("the answer without credentials"),
                other.step("the same answer to one that is accepted elsewhere, before and after"),
                visit.step("the same answer to another"),
            ),
            note="accepted again elsewhere",
            about=visit,
        )


def _proofs(refused: Visit, now: Visit, visits: Visits, routes: Routes) -> tuple[Visit, tuple[Visit, Visit]] | None:
    """Return an anonymous 401, the caller's earlier success, and another valid caller's 401; None if one is missing."""
    route = routes.at(refused.service, refused.route, now.ended)
    if refused.answer is None or refused.method in route.admitted or _asks_otherwise(refused):
        return None
    anonymous = next(
        (
            visit
            for (method, status, _), tally in route.to_anonymous.items()
            if method == refused.method and status == 401
            for visit in (*tally.samples, tally.last)
            if visit is not None and visit.answer == refused.answer
        ),
        None,
    )
    before = _accepted(visits.of(now.service, now.credential or b"", now.ended), refused, routes, later=False)
    if anonymous is None or before is None:
        return None
    for credential, visit in route.unauthorized.get((refused.method, refused.answer), {}).items():
        story = visits.of(now.service, credential, now.ended)
        if (
            visit.principal != now.principal
            and not _asks_otherwise(visit)
            and _accepted(story, visit, routes, later=False) is not None
            and _accepted(story, visit, routes, later=True) is not None
        ):
            return anonymous, (before, visit)
    return None


def _accepted(story: Sequence[Visit], refused: Visit, routes: Routes, *, later: bool) -> Visit | None:
    """Return a success elsewhere, before or after a refusal, that proves the credential to be valid."""
    return next(
        (
            visit
            for visit in story
            if visit.succeeded
            and visit.route != refused.route
            and (visit.started >= refused.ended if later else visit.ended <= refused.started)
            and _area.findall(visit.route) == _area.findall(refused.route)
            and (route := routes.at(visit.service, visit.route, visit.ended)).checks(visit.method)
            and _asks_alike(route, visit.method, refused)
        ),
        None,
    )


def _asks_alike(route: Route, method: str, refused: Visit) -> bool:
    """Return whether a route names the same protection space as a refusal elsewhere, as far as is known."""
    spaces = {
        visit.space
        for (refusing, status, _), tally in route.to_anonymous.items()
        if refusing == method and status == 401
        for visit in tally.samples
    }
    spaces |= {
        visit.space
        for (refusing, _), by_credential in route.unauthorized.items()
        if refusing == method
        for visit in by_credential.values()
    }
    return not spaces or refused.space in spaces


def _asks_otherwise(visit: Visit) -> bool:
    return bool(visit.asked) and bool(visit.scheme) and visit.scheme not in visit.asked


BAD = (
    """\
GET /orders HTTP/1.1
Host: shop.example

HTTP/1.1 401 Unauthorized
WWW-Authenticate: ApiKey realm="shop"
Content-Type: application/json

{"error": "authentication required"}
GET /orders HTTP/1.1
Host: shop.example
X-Api-Key: b1946ac92492d234

HTTP/1.1 200 OK
Content-Type: application/json

[{"id": 1}]
GET /orders HTTP/1.1
Host: shop.example
X-Api-Key: 7215ee9c7d9dc229

HTTP/1.1 200 OK
Content-Type: application/json

[{"id": 1}]
GET /reports HTTP/1.1
Host: shop.example

HTTP/1.1 401 Unauthorized
WWW-Authenticate: ApiKey realm="shop"
Content-Type: application/json

{"error": "authentication required"}
GET /reports HTTP/1.1
Host: shop.example
X-Api-Key: b1946ac92492d234

HTTP/1.1 401 Unauthorized
WWW-Authenticate: ApiKey realm="shop"
Content-Type: application/json

{"error": "authentication required"}
GET /reports HTTP/1.1
Host: shop.example
X-Api-Key: 7215ee9c7d9dc229

HTTP/1.1 401 Unauthorized
WWW-Authenticate: ApiKey realm="shop"
Content-Type: application/json

{"error": "authentication required"}
GET /orders HTTP/1.1
Host: shop.example
X-Api-Key: b1946ac92492d234

HTTP/1.1 200 OK
Content-Type: application/json

[{"id": 1}]
GET /orders HTTP/1.1
Host: shop.example
X-Api-Key: 7215ee9c7d9dc229

HTTP/1.1 200 OK
Content-Type: application/json

[{"id": 1}]
""",
)

GOOD = (
    """\
GET /orders HTTP/1.1
Host: shop.example

HTTP/1.1 401 Unauthorized
WWW-Authenticate: ApiKey realm="shop"
Content-Type: application/json

{"error": "authentication required"}
GET /orders HTTP/1.1
Host: shop.example
X-Api-Key: b1946ac92492d234

HTTP/1.1 200 OK
Content-Type: application/json

[{"id": 1}]
GET /reports HTTP/1.1
Host: shop.example

HTTP/1.1 401 Unauthorized
WWW-Authenticate: ApiKey realm="shop"
Content-Type: application/json

{"error": "authentication required"}
GET /reports HTTP/1.1
Host: shop.example
X-Api-Key: b1946ac92492d234

HTTP/1.1 401 Unauthorized
WWW-Authenticate: ApiKey realm="shop"
Content-Type: application/json

{"error": "this key is for orders alone"}
GET /orders HTTP/1.1
Host: shop.example
X-Api-Key: b1946ac92492d234

HTTP/1.1 200 OK
Content-Type: application/json

[{"id": 1}]
""",
)
