"""Content of a media type that the OpenAPI document does not have

What it does
------------
With ``--openapi``: reports content whose media type is not in the documented ranges for the status.

Why it matters
--------------
Clients choose their parser by the document. They fail on another media type, under status 200.

Known exceptions
----------------
If no content is documented for a status, its type is not judged. Errors under ``default`` often come from a gateway,
and are left out. Parameters such as ``charset`` are ignored.

How to fix
----------
Document the media type, or send the documented one. If the operation documents several, answer by ``Accept``.

References
----------
- https://spec.openapis.org/oas/v3.1.1.html#media-types
- https://www.rfc-editor.org/rfc/rfc9110.html#section-12
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.media import media_type
from wirelint.core.rule import Context, Rule, When
from wirelint.evidence.contract import answer, differs

RULE = Rule(
    severity=Severity.LOW,
    confidence=Confidence.CERTAIN,
    because="the document names the media types of the answer, and not this one",
    basis="policy: the service's own OpenAPI document",
    when=When(status="2xx 4xx 5xx", response_fields=("content-type",)),
    contract=differs,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Report content of an undocumented media type."""
    documented, body = answer(exchange), exchange.response.body
    if documented is None or not documented.content.media or body.empty or exchange.request.method == "HEAD":
        return
    media = exchange.response.headers.media_type
    if not media.essence or documented.content.range_of(media.essence) is not None:
        return
    if documented.key == "default" and exchange.status >= 400:
        return
    promised = sorted(documented.content.media)
    alike = any(media_type(each).kind is media.kind for each in promised)
    yield Hit(
        f"{exchange.status} with content of a media type that is not documented",
        f"{media.essence} sent, {', '.join(promised)[:160]} documented",
        severity=Severity.LOW if alike or exchange.status >= 400 else Severity.MEDIUM,
        discriminator=media.essence,
    )


DOCUMENT = """\
openapi: 3.0.3
paths:
  /orders/{id}:
    get:
      responses:
        200:
          description: the order
          content: {application/json: {}}
        default:
          description: an error
          content: {application/problem+json: {}}
"""

BAD = (
    """\
GET /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/xml

<order id="42"/>
""",
)

GOOD = (
    """\
GET /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json; charset=utf-8

{"id": 42}
""",
    """\
GET /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 502 Bad Gateway
Content-Type: text/html

<html><body><h1>502 Bad Gateway</h1></body></html>
""",
)
