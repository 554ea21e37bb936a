"""A service sends one client request to its upstream many times

What it does
------------
Sees both sides of a service, and reports an exchange for which the service made the same call (method, target and
content) three times or more, each after a failure of the previous one.

Why it matters
--------------
Retries multiply: if three services in a row each try three times, one request becomes 27 at the last one, just when
that one is overloaded.

Known exceptions
----------------
Repeating a call once is reasonable. Polling until something is ready, pages of a list, and concurrent calls are not
retries.

How to fix
----------
Retry in one place of the chain, at most once or twice, with growing and random pauses, within a budget (for example a
tenth of all calls), and never before Retry-After has passed.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-9.2.2
- https://sre.google/sre-book/addressing-cascading-failures/
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from wirelint.core.exchange import Exchange
from wirelint.core.finding import Confidence, Hit, Severity, Side
from wirelint.core.rule import Context, Rule, When
from wirelint.core.visit import Visit
from wirelint.history.hops import Traces, completes_hops, failed

RULE = Rule(
    severity=Severity.LOW,
    confidence=Confidence.STRONG,
    because="the calls were seen, and are joined to their exchange by a trace id",
    basis="policy: RFC 9110 section 9.2.2 limits automatic retries",
    when=When(status="none 1xx 2xx 3xx 4xx 5xx"),
    needs_fields=False,
    side=Side.CLIENT,
    recalls=(Traces,),
    after=completes_hops,
)

_TRIES: Final = 3


def check(exchange: Exchange, context: Context) -> Iterator[Hit]:
    """Look for the same call three times, each after a failure."""
    hops = context.recall(Traces).hops(exchange)
    if hops is None or len(hops.calls) < _TRIES:
        return
    calls: dict[int, list[Visit]] = defaultdict(list)
    for call in hops.calls:
        if call.request is not None:
            calls[call.request].append(call)
    for same in calls.values():
        if len(same) < _TRIES or not all(_repeats(one, other) for one, other in pairwise(same)):
            continue
        first = same[0]
        yield Hit(
            f"one call to {first.service[:40]} made {len(same)} times for one request",
            f"{first.method} {first.route} → {', '.join(call.outcome for call in same[:8])}",
            confidence=hops.confidence,
            story=hops.story({id(call): "tried" if call is first else "tried again" for call in same}, "one request"),
            note="one request" if hops.late is None else "tried again",
            about=hops.about,
        )


def _repeats(call: Visit, later: Visit) -> bool:
    """Return whether a call was repeated because it failed."""
    throttled = call.status == 429
    return (failed(call) or throttled or call.status == 500) and later.started >= call.ended


BAD = (
    """\
# outbound stock
GET /levels/7 HTTP/1.1
Host: stock.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4731

HTTP/1.1 502 Bad Gateway
Content-Type: application/json

{"error": "not reachable"}
# outbound stock
GET /levels/7 HTTP/1.1
Host: stock.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4731

HTTP/1.1 502 Bad Gateway
Content-Type: application/json

{"error": "not reachable"}
# outbound stock
GET /levels/7 HTTP/1.1
Host: stock.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4731

HTTP/1.1 502 Bad Gateway
Content-Type: application/json

{"error": "not reachable"}
GET /items/7 HTTP/1.1
Host: shop.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4731

HTTP/1.1 502 Bad Gateway
Content-Type: application/json

{"error": "stock cannot be reached"}
""",
)

GOOD = (
    """\
# outbound stock
GET /levels/8 HTTP/1.1
Host: stock.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4732

HTTP/1.1 502 Bad Gateway
Content-Type: application/json

{"error": "not reachable"}
# outbound stock
GET /levels/8 HTTP/1.1
Host: stock.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4732

HTTP/1.1 200 OK
Content-Type: application/json

{"level": 3}
GET /items/8 HTTP/1.1
Host: shop.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4732

HTTP/1.1 200 OK
Content-Type: application/json

{"name": "chair", "level": 3}
""",
    """\
# outbound builds
GET /builds/8 HTTP/1.1
Host: builds.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4733

HTTP/1.1 200 OK
Content-Type: application/json

{"ready": false}
# outbound builds
GET /builds/8 HTTP/1.1
Host: builds.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4733

HTTP/1.1 200 OK
Content-Type: application/json

{"ready": false}
# outbound builds
GET /builds/8 HTTP/1.1
Host: builds.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4733

HTTP/1.1 200 OK
Content-Type: application/json

{"ready": true}
POST /releases HTTP/1.1
Host: ci.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4733

HTTP/1.1 201 Created
Location: /releases/4
Content-Type: application/json

{"number": 4}
""",
)
