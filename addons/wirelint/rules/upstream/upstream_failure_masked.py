"""An upstream failed, but the gateway sent 500, 4xx or an error under 2xx

What it does
------------
Sees both sides of a service, and reports it if the last call that it made in order to answer failed (no answer, or 502,
503 or 504), and it sent its own client 500, 400, 401, 403, 404 or an error under 2xx.

Why it matters
--------------
The failure is one hop further than the status says. The engineer on call looks at the wrong service. Clients give up
although a retry would help, or retry in vain. Under 2xx or 4xx no alert fires at all.

Known exceptions
----------------
Calls that succeeded when repeated, failures that later calls made up for, and complete answers under 2xx (from a cache,
or without an optional part) are no faults. Client errors count only if the service made no other call. A 400 that
criticises the request may be justified anyway, so it is a hint. 401 to an anonymous client is correct whatever failed.

How to fix
----------
Answer 504 if the upstream did not answer in time, 502 if it could not be reached or sent an invalid response, and 503
if it sent 503 itself. nginx: no ``=200`` in ``error_page 502 503 504``; answer ``auth_request`` failures with 502.

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
    because="the upstream's failure and the response to the client were both seen, joined by a trace id",
    basis="policy: RFC 9110 sections 15.6.3 to 15.6.5 define the statuses for it",
    when=When(status="none 500 400 401 403 404 2xx"),
    needs_fields=False,
    reads=Reads.NOTHING,
    verdict=Verdict.SERVER_ERROR,
    recalls=(Traces,),
    after=completes_hops,
)


def check(exchange: Exchange, context: Context) -> Iterator[Hit]:
    """Look for a failed last call that the response hides."""
    hops = context.recall(Traces).hops(exchange)
    call = hops.last_word() if hops is not None else None
    if hops is None or call is None or not _masks(hops, exchange):
        return
    status = 503 if call.status == 503 else 504 if timed_out(call) else 502
    yield Hit(
        f"{hops.outer.outcome} although the call to {call.service[:40]} failed: {call.outcome}",
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
        if hops.outer.aside or (status == 401 and hops.outer.anonymous):
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
    """Return whether the answer criticises the request, which needs no call."""
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
