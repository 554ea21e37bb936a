"""A response with faulty framing

What it does
------------
Reports responses whose fields frame the content twice: ``Content-Length`` beside ``Transfer-Encoding``, several lengths,
``Transfer-Encoding`` in a 1xx or 204 response. Reports field names that are no tokens, such as ``X-A[0]``.

Why it matters
--------------
Two receivers that read such a response in two ways disagree about where the next one begins. That is how responses are
split and caches are poisoned, so strict proxies answer 502 in place of such a response: it works in one environment
and not in the other.

Known exceptions
----------------
With equal lengths all receivers agree, so they are a note. HTTP/2 and HTTP/3 frame the content themselves. Recorders
write what their library decoded, so in a recording this is a hint.

How to fix
----------
Let the server or framework write ``Content-Length`` and ``Transfer-Encoding``; most often an application copied the
fields of a response that it called for itself. Drop both when you forward one. Build field names of letters, digits and
hyphens.

References
----------
- https://www.rfc-editor.org/rfc/rfc9112.html#section-6.1
- https://www.rfc-editor.org/rfc/rfc9112.html#section-6.3
- https://www.rfc-editor.org/rfc/rfc9110.html#section-5.1
"""

import re
from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.CERTAIN,
    because="the fields were seen on the wire",
    basis="MUST NOT: RFC 9112 sections 6.1 and 6.2; RFC 9110 section 5.1",
    when=When(),
)

_odd: Final = re.compile(r"[^!#$%&'*+\-.^_`|~0-9a-z]")
_LONGEST: Final = 80


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Compare the fields that frame the content, and look at the names."""
    response = exchange.response
    if not response.http_version.startswith("HTTP/1"):
        return
    headers = response.headers
    index = headers.index
    if "transfer-encoding" in index or _may_differ(index.get("content-length")):
        yield from _lengths(exchange)
    if "" in index or _odd.search("".join(index)):  # nearly all names are tokens
        odd = next((name for name in index if not name or _odd.search(name)), "")
        if not odd.startswith(":"):
            weak = Confidence.WEAK if exchange.origin is not None else None
            yield Hit("field name is not a token", odd[:_LONGEST], severity=Severity.LOW, confidence=weak)


def _may_differ(value: bytes | tuple[bytes, ...] | None) -> bool:
    """Return whether there is more than one length."""
    return value is not None and (isinstance(value, tuple) or b"," in value)


def _lengths(exchange: Answered) -> Iterator[Hit]:
    response = exchange.response
    headers = response.headers
    weak = Confidence.WEAK if exchange.origin is not None else None
    lengths = [each.strip() for line in headers.get_all("content-length") for each in line.split(",")]
    codings = headers.get_all("transfer-encoding")
    evidence = "; ".join(
        [f"Content-Length: {each}" for each in lengths[:2]] + [f"Transfer-Encoding: {each}" for each in codings[:2]]
    )[:200]
    if codings and (response.status == 204 or 100 <= response.status < 200):
        yield Hit(f"{response.status} with a Transfer-Encoding field", evidence, confidence=weak)
    elif codings and lengths:
        yield Hit("Content-Length beside Transfer-Encoding", evidence, confidence=weak)
    elif len(set(lengths)) > 1:
        yield Hit("Content-Length with different values", evidence, confidence=weak)
    elif len(lengths) > 1:
        yield Hit("Content-Length more than once", evidence, severity=Severity.INFO, confidence=weak)


BAD = (
    """\
GET /v1/orders/42 HTTP/1.1
Host: api.example

HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 11
Transfer-Encoding: chunked

{"id": 42}
""",
    """\
DELETE /v1/orders/42 HTTP/1.1
Host: api.example

HTTP/1.1 204 No Content
Transfer-Encoding: chunked

""",
    """\
GET /v1/orders/43 HTTP/1.1
Host: api.example

HTTP/1.1 200 OK
Content-Type: application/json
X-Rates[0]: 7

{"id": 43}
""",
)

GOOD = (
    """\
GET /v1/orders/42 HTTP/1.1
Host: api.example

HTTP/1.1 200 OK
Content-Type: application/json
Transfer-Encoding: chunked

{"id": 42}
""",
    """\
HEAD /v1/orders/42 HTTP/1.1
Host: api.example

HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 11

""",
)
