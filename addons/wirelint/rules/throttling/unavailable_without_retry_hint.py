"""503 without Retry-After

What it does
------------
Reports a 503 response without ``Retry-After`` or another hint. It is a note, or more if the text says that the service
is in maintenance, is overloaded, or asks to try again later.

Why it matters
--------------
503 says that the condition is temporary. Clients with a hint wait that long. Clients without one retry at once and add
to the load, or give up although the service is back in a second.

Known exceptions
----------------
The field is optional. A gateway whose upstream is down cannot know when it will be back, so without a text about
maintenance or overload it stays a note. The default pages of nginx and Apache have such a text for every cause.

How to fix
----------
Send ``Retry-After`` with the seconds until the maintenance ends, or a few seconds (with some jitter) on overload.
nginx: ``add_header Retry-After 30 always;`` in the location that answers 503. Django: set it in the maintenance
middleware. Kubernetes: prefer failing the readiness probe, so that no traffic arrives.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.4
- https://www.rfc-editor.org/rfc/rfc9110.html#section-10.2.3
"""

import re
from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.evidence.hints import hint_field

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.CERTAIN,
    because="the head of the response was seen without the fields",
    basis="MAY: RFC 9110 section 15.6.4",
    when=When(status="503"),
)

_passing: Final = re.compile(
    r"maintenance|over ?load|over ?capacity|(?:try|retry) (?:your request )?again (?:later|in|after|shortly)"
    r"|slow ?down|too busy|temporarily unavailable",
    re.IGNORECASE,
)
_phrase: Final = re.compile(
    r"(?:<title>|<h1>)(?:503 )?Service Temporarily Unavailable|maintenance downtime or capacity\s{1,4}problems\.\s{0,4}Please try again later",
    re.IGNORECASE,
)
_SCANNED: Final = 4096


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for a hint; the text only decides the severity."""
    response = exchange.response
    if hint_field(exchange) is not None:
        return
    # The default text for 503 of nginx and Apache, whatever the cause.
    match = _passing.search(_phrase.sub("", (response.body.text or "")[:_SCANNED]))
    if match is None:
        yield Hit("503 without Retry-After or another retry hint", f"503 {response.reason}".rstrip())
    else:
        yield Hit(
            "503 for a temporary condition without Retry-After or another retry hint",
            match[0],
            severity=Severity.MEDIUM,
        )


BAD = (
    """\
GET /v1/clusters/7/kubeconfig HTTP/1.1
Host: api.example

HTTP/1.1 503 Service Unavailable
Content-Type: application/json

{"errors": [{"reason": "Not yet available. Please try again later."}]}
""",
    """\
GET /v1/clusters HTTP/1.1
Host: api.example

HTTP/1.1 503 Service Unavailable
Content-Type: text/plain

No server is available to handle this request.
""",
)

GOOD = (
    """\
GET /v1/clusters HTTP/1.1
Host: api.example

HTTP/1.1 503 Service Unavailable
Retry-After: 120
Content-Type: application/json

{"errors": [{"reason": "maintenance until noon"}]}
""",
    """\
GET /v1/clusters HTTP/1.1
Host: api.example

HTTP/1.1 503 Service Unavailable
Retry-After-Ms: 1500
Content-Type: application/json

{"errors": [{"reason": "overloaded"}]}
""",
)
