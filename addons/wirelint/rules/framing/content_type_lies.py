"""The content does not match its Content-Type

What it does
------------
Reports content with a JSON media type that is not JSON, and JSON objects sent as a web page or plain text.

Why it matters
--------------
Clients choose their parser by the media type. They fail to parse the content, or show data as a page in which a script
would run.

Known exceptions
----------------
Lines of JSON, guarded JSON (``)]}'``), JSONP and event streams are separate formats. Static files (``.json`` under
``text/plain``) are not the service's own content. A part (206) is not a complete document. JSON that only ends early
may have been cut by the recorder, unless ``Content-Length`` shows that it is complete.

How to fix
----------
Let the framework serialize (``res.json``, ``jsonify``, ``JsonResponse``). Set the correct media type in error handlers
and gateways.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-8.3
- https://www.rfc-editor.org/rfc/rfc8259.html
"""

import re
from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.media import Kind
from wirelint.core.rule import Context, Reads, Rule, When

# Lines of JSON, JSONP, event streams, comments, and placeholders that recorders write.
_other_form: Final = re.compile(
    r"[\[{].{0,500}[\]}]\s*\n\s*[\[{]|[\w$.]{1,80}\(|/\*|(?:data|event|id|retry):|\x1e|\[?<?(?:redacted|filtered|omitted|binary|hidden|masked)|\*{3,}",
    re.IGNORECASE | re.DOTALL,
)
_SHORTEST: Final = 3
_file: Final = re.compile(r"\.(?:json|geojson|har|txt|md|map|ya?ml|log|m?js|webmanifest)$|(?:^|/)raw/", re.IGNORECASE)

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="the whole content was parsed",
    basis="SHOULD: RFC 9110 section 8.3",
    when=When(status="2xx 4xx 5xx", media=(Kind.JSON, Kind.HTML, Kind.TEXT)),
    reads=Reads.WHOLE,
    json_keys=None,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Parse what claims to be JSON; look at the first octet of what does not."""
    response = exchange.response
    if exchange.request.method == "HEAD" or response.status == 206 or len(response.body.content or b"") < _SHORTEST:
        return
    body, media = response.body, response.headers.media_type
    if media.kind is Kind.JSON:
        # Scanning the top level of an object or array proves the same as parsing all of it, at a third of the cost.
        if (
            body.top_level is None
            and body.elements is None
            and body.is_broken_json
            and not _other_form.match(text := (body.text or "").strip()[:512])
            and not (body.is_cut_json and response.headers.get("content-length") != str(len(body.raw or b"")))
        ):
            yield Hit(f"content sent as {media.essence} is not JSON", text[:120])
    elif (body.content or b"")[:1] == b"{" and body.top_level and not _file.search(exchange.request.path[-128:]):
        yield Hit(
            f"JSON sent as {media.essence}",
            f"Content-Type: {media.essence}",
            severity=Severity.LOW if media.kind is Kind.HTML else Severity.INFO,
            discriminator="json",
        )


BAD = (
    """\
GET /features HTTP/1.1
Host: proxy.example

HTTP/1.1 403 Forbidden
Content-Type: application/json

could not read client cert from environment
""",
    """\
POST /Domain.Info HTTP/1.1
Host: dns.example

HTTP/1.1 200 OK
Content-Type: text/html

{"domains": []}
""",
)

GOOD = (
    """\
GET /export HTTP/1.1
Host: api.example
Range: bytes=0-15

HTTP/1.1 206 Partial Content
Content-Type: application/json
Content-Range: bytes 0-15/90

{"orders": [{"id
""",
    """\
GET /export HTTP/1.1
Host: api.example

HTTP/1.1 200 OK
Content-Type: application/json

{"orders": [{"id": 7}, {"id
""",
    """\
GET /events HTTP/1.1
Host: api.example

HTTP/1.1 200 OK
Content-Type: application/json

{"n": 1}
{"n": 2}
""",
    """\
GET /raw/package.json HTTP/1.1
Host: git.example

HTTP/1.1 200 OK
Content-Type: text/plain

{"name": "left"}
""",
)
