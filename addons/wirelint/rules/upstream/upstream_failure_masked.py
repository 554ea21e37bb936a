"""An upstream failed, but the gateway sent 500, 4xx or an error under 2xx

What it does
------------
Sees both sides of a service, and reports it if the last call that it made in order to answer got no answer (or 502, 503
or 504), and it sent its own client 500, 400, 401, 403, 404 or an error under 2xx.

Why it matters
--------------
The failure is one hop further than the status says. The engineer on call looks at the wrong service, clients give
up on what a retry would mend or repeat what cannot succeed, and under 2xx or 4xx no alert is raised at all.

Known exceptions
----------------
Calls that were repeated and then succeeded, failures that later calls made up for, and full answers under 2xx (from a
cache, or without an optional part) are no faults. Client errors count only where nothing but the failed call was asked;
a 400 that finds fault with the request may have been due all the same, so it is a hint, and 401 to an anonymous client is right
whatever failed.

How to fix
----------
Answer 504 where the upstream did not answer in time, 502 where it could not be reached or answered with nonsense, and 503
where it said so itself. nginx: no ``=200`` in ``error_page 502 503 504``; answer ``auth_request`` failures by 502.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.3
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.5
"""

from collections.abc import Iterator

from wirelint.core.exchange import Exchange
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.core.verdict import Verdict
from wirelint.evidence.failing import holds_error
from wirelint.evidence.said import meanings
from wirelint.evidence.texts import Meaning
from wirelint.history.hops import Hops, Traces, completes_hops, timed_out

RULE = Rule(
    severity=Severity.HIGH,
    confidence=Confidence.STRONG,
    because="both the upstream's failure and what was made of it were seen, joined by a trace id",
    basis="policy: RFC 9110 sections 15.6.3 to 15.6.5 define the statuses for it",
    when=When(status="none 500 400 401 403 404 2xx"),
    reads=Reads.NOTHING,
    verdict=Verdict.SERVER_ERROR,
    recalls=(Traces,),
    after=completes_hops,
)


def check(exchange: Exchange, context: Context) -> Iterator[Hit]:
    """The last call failed for good, and the answer does not say so."""
    hops = context.recall(Traces).hops(exchange)
    call = hops.last_word() if hops is not None else None
    if hops is None or call is None or not _masks(hops, exchange):
        return
    status = 503 if call.status == 503 else 504 if timed_out(call) else 502
    yield Hit(
        f"{hops.outer.outcome} where the call to {call.service[:40]} had failed: {call.outcome}",
        hops.text(call),
        suggested_status=status,
        confidence=Confidence.WEAK if _is_own_matter(hops, exchange) else hops.confidence,
        story=hops.story({id(call): "failed"}, "hides the failure"),
        note="hides the failure" if hops.late is None else "given up",
        about=hops.about,
    )


def _masks(hops: Hops, exchange: Exchange) -> bool:
    status = hops.outer.status
    if status == 500:
        return True
    if status in (400, 401, 403, 404):
        if hops.outer.aside or (status == 401 and hops.outer.stranger):
            return False
        return len({call.target for call in hops.calls}) == 1
    if status is None or not 200 <= status < 300:
        return False
    return (
        holds_error(exchange)
        if hops.late is None
        else hops.outer.verdict
        in (
            Verdict.CLIENT_ERROR,
            Verdict.SERVER_ERROR,
        )
    )


def _is_own_matter(hops: Hops, exchange: Exchange) -> bool:
    """Whether the answer finds fault with the request, as it may have done without any call."""
    if hops.outer.status != 400 or hops.late is not None:
        return False
    about = meanings(exchange)
    return bool(about) and about <= {Meaning.INVALID, Meaning.MALFORMED}


BAD = (
    """\
# outbound stock
GET /levels/7 HTTP/1.1
Host: stock.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4730

HTTP/1.1 503 Service Unavailable
Retry-After: 5
Content-Type: application/json

{"error": "maintenance"}
GET /items/7 HTTP/1.1
Host: shop.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4730

HTTP/1.1 500 Internal Server Error
Content-Type: application/json
Retry-After: 5

{"error": "could not load the item"}
""",
    """\
# outbound stock
GET /levels/7 HTTP/1.1
Host: stock.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4731

# failure: connect connection to the upstream was not accepted
GET /items/7 HTTP/1.1
Host: shop.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4731

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "no item 7"}
""",
)

GOOD = (
    """\
# outbound stock
GET /levels/7 HTTP/1.1
Host: stock.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4732

# failure: connect connection to the upstream was not accepted
GET /items/7 HTTP/1.1
Host: shop.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4732

HTTP/1.1 502 Bad Gateway
Content-Type: application/json

{"error": "stock cannot be reached"}
""",
    """\
# outbound stock
GET /levels/7 HTTP/1.1
Host: stock.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4733

# failure: reset peer closed
# outbound stock
GET /levels/7 HTTP/1.1
Host: stock.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4733

HTTP/1.1 200 OK
Content-Type: application/json

{"level": 3}
GET /items/7 HTTP/1.1
Host: shop.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4733

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "could not work out the price"}
""",
)
