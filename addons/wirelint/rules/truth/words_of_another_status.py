"""500 or 400 in the words of another error of the service; that one's status is expected

What it does
------------
Reports a 500 whose text the service also sends under 400, 404, 409, 413, 415 or 422, and a 400, 404 or 422 whose text
it also sends under 401. Paths, names, ids and numbers in the text are ignored; at least three words must be the
service's own.

Why it matters
--------------
The service knows what is wrong with the request, and says so only in text. By its status it looks broken, or asks a
client to correct a request that lacks credentials.

Known exceptions
----------------
Texts about a database, a connection or a lack of resources, errors that a gateway made, and protocols with their own
conventions. The same text under two statuses more often is same-error-many-statuses.

How to fix
----------
Bind the status to the error where the error is defined, not where it is raised.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.1
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.core.verdict import Verdict
from wirelint.history.wordings import Wordings, wordings_prove

RULE = Rule(
    severity=Severity.LOW,
    confidence=Confidence.STRONG,
    because="the service's own words are the same; they may be too general for one status",
    basis="policy: RFC 9110 section 15.5 gives each status one meaning",
    when=When(status="400 401 404 409 413 415 422 500"),
    reads=Reads.PREFIX,
    verdict=Verdict.CLIENT_ERROR,
    recalls=(Wordings,),
    after=wordings_prove,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Report the error with the wrong status, of two with the same text."""
    current = context.state.visit(exchange)
    for proof in context.recall(Wordings).proofs(exchange):
        fault, other = proof.fault, proof.story[0]
        right = current.step("") if other.outcome == str(fault.status) else other
        yield Hit(
            f"{fault.status} with the text that this service sends under {proof.expected}",
            f"{fault.method} {fault.route} → {fault.status}; the same words: {right.request} → {right.outcome}",
            suggested_status=proof.expected,
            story=proof.story,
            note=proof.note,
            about=None if fault is current else fault,
        )
        return


BAD = (
    """\
POST /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

{"basket": 7}
HTTP/1.1 422 Unprocessable Content
Content-Type: application/json

{"message": "basket 7 holds nothing that can be delivered"}
POST /quotes HTTP/1.1
Host: shop.example
Content-Type: application/json

{"basket": 9}
HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"message": "basket 9 holds nothing that can be delivered"}
""",
)

GOOD = (
    """\
POST /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

{"basket": 7}
HTTP/1.1 422 Unprocessable Content
Content-Type: application/json

{"message": "basket 7 holds nothing that can be delivered"}
POST /quotes HTTP/1.1
Host: shop.example
Content-Type: application/json

{"basket": 9}
HTTP/1.1 422 Unprocessable Content
Content-Type: application/json

{"message": "basket 9 holds nothing that can be delivered"}
""",
)
