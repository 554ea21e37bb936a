"""200 with empty content to a DELETE; 204 is expected

What it does
------------
Reports a 200 to DELETE with no content, or with content that says only "it worked": ``{}``, ``[]``, ``null``, ``""``,
``{"success": true}``, ``{"status": "ok"}``.

Why it matters
--------------
200 announces content about the result. Clients that rely on it fail to parse the empty content; other clients must
treat all statuses alike. 204 says the same in the status line, where caches, libraries and dashboards can read it.

Known exceptions
----------------
200 is correct if the content says anything about the deletion (what was deleted, how many, what is left). Content that
was not captured, or only in part, is not judged. GraphQL and RPC endpoints do not use DELETE.

How to fix
----------
Answer ``204 No Content`` without content, or ``202 Accepted`` if the deletion is only queued. Express:
``res.sendStatus(204)``. FastAPI: ``status_code=204`` on the route. Spring: ``ResponseEntity.noContent().build()``.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-9.3.5
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.3.5
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Reads, Rule, When

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.CERTAIN,
    because="the whole content was seen and says nothing beyond the status",
    basis="SHOULD: RFC 9110 section 9.3.5",
    when=When(status="200", method="DELETE"),
    needs_fields=False,
    reads=Reads.WHOLE,
    suggested_status=204,
)

_LONGEST: Final = 200
_FLAGS: Final = frozenset({"success", "ok", "succeeded", "result", "status", "message", "code", "statuscode"})
_HOLDERS: Final = frozenset({"data", "error", "errors", "result", "message"})
_WORDS: Final = frozenset({"", "ok", "success", "succeeded", "successful", "true", "200", "done"})


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Check the content, which must be complete."""
    response = exchange.response
    if response.status != 200:
        return
    content = response.body.content
    if content is None or len(content) > _LONGEST:
        return
    text = content.strip()
    if not text:
        yield Hit("DELETE answered 200 with no content", f"200 {response.reason}".rstrip())
    elif text == b"null" or (text[:1] in b'{["' and _says_nothing(response.body.json)):
        yield Hit("DELETE answered 200 with content that adds nothing", text.decode("utf-8", "replace"))


def _says_nothing(value: object) -> bool:
    if isinstance(value, dict):
        return all(_adds_nothing(name.lower(), inner) for name, inner in value.items())
    return value in ([], "")


def _adds_nothing(name: str, value: object) -> bool:
    return (name in _FLAGS and _affirms(value)) or (name in _HOLDERS and value in (None, {}, [], "", False))


def _affirms(value: object) -> bool:
    if isinstance(value, str):
        return value.strip(" .!").lower() in _WORDS
    return value is True or value is None or value == 200


BAD = (
    """\
DELETE /v1/orders/42 HTTP/1.1
Host: api.example

HTTP/1.1 200 OK
Content-Type: application/json

{}
""",
    """\
DELETE /v1/orders/42 HTTP/1.1
Host: api.example

HTTP/1.1 200 OK
Content-Length: 0

""",
    """\
DELETE /v1/orders/42 HTTP/1.1
Host: api.example

HTTP/1.1 200 OK
Content-Type: application/json

{"status": "ok"}
""",
)

GOOD = (
    """\
DELETE /v1/orders/42 HTTP/1.1
Host: api.example

HTTP/1.1 200 OK
Content-Type: application/json

{"id": 42, "state": "cancelled", "refund": "12.50"}
""",
    """\
DELETE /v1/orders/42 HTTP/1.1
Host: api.example

HTTP/1.1 204 No Content

""",
)
