"""A service reports errors in different formats

What it does
------------
Reports a service whose errors have at least two forms (problem details, ``{error: …}``, ``{errors: […]}``,
``{message: …}``, text, HTML), each in at least a tenth of at least 20 errors.

Why it matters
--------------
Clients read errors in one place. An error in another form becomes «unknown error» there, and its reason is lost.

Known exceptions
----------------
Not counted: errors that a gateway made in the service's place, errors of another server behind the same name (by
``Server`` and ``Via``), errors for callers that asked for HTML, XML, text or a picture, and pages if nothing shows that
data was requested. An ``error`` beside a ``message`` counts as either form. OAuth, GraphQL and other protocols have
their own forms.

How to fix
----------
Answer with ``application/problem+json`` everywhere, from one error handler. Use it for the framework's own 404, 405 and
500, too.

References
----------
- https://www.rfc-editor.org/rfc/rfc9457.html
- https://opensource.zalando.com/restful-api-guidelines/#176
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.evidence.families import BOTH, ERROR, MESSAGE
from wirelint.evidence.makers import gateway_made, maker
from wirelint.evidence.protocols import protocol
from wirelint.history.services import Services, asked_form

_LEAST: Final = 20
_LEAST_SHARE: Final = 0.1

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.STRONG,
    because="the forms were seen, and each is frequent",
    basis="policy: RFC 9457, Zalando RESTful API Guidelines rule 176",
    when=When(status="4xx 5xx"),
    reads=Reads.PREFIX,
    recalls=(Services,),
    once_per="service",
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for more than one common form of errors from one server."""
    families = context.recall(Services).of(exchange).families
    if len(families) < 2:
        return
    by = maker(exchange)
    forms = {form: seen for (other, form), seen in families.items() if other == by}
    total = sum(seen.count for seen in forms.values()) + 1
    if len(forms) < 2 or total < _LEAST or protocol(exchange) is not None or gateway_made(exchange):
        return
    own = asked_form(exchange)
    counts = {form: seen.count + (form == own) for form, seen in forms.items()}
    if BOTH in counts and (kin := max((ERROR, MESSAGE), key=lambda form: counts.get(form, 0))) in counts:
        # An error may lack some of the members.
        counts[kin] += counts.pop(BOTH)
        own = kin if own == BOTH else own
    usual = sorted(
        (form for form, count in counts.items() if count >= _LEAST_SHARE * total), key=lambda form: -counts[form]
    )
    if len(usual) < 2 or own not in usual:
        return
    yield Hit(
        f"errors in {len(usual)} forms: {', '.join(usual[:4])}",
        ", ".join(f"{form} {counts[form]}x" for form in usual),
        story=tuple(forms[form].first.step(f"sent as {form}") for form in usual),
        note=f"sent as {own}",
    )


BAD = (
    """\
# 10 times, every 20s
GET /orders/{n} HTTP/1.1
Host: shop.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"message": "no such order"}
# 10 times, every 20s
GET /customers/{n} HTTP/1.1
Host: shop.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"errors": [{"title": "no such customer"}]}
""",
)

GOOD = (
    """\
# 20 times, every 20s
GET /orders/{n} HTTP/1.1
Host: shop.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"message": "no such order"}
# 2 times, every 20s
GET /health?probe={n} HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: text/plain

checks did not pass
""",
    """\
# 10 times, every 20s
GET /orders/{n} HTTP/1.1
Host: shop.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"statusCode": 404, "message": "Not Found"}
# 10 times, every 20s
GET /customers/{n} HTTP/1.1
Host: shop.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"statusCode": 404, "message": "no such customer", "error": "Not Found"}
""",
)
