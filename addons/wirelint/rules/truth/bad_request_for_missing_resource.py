"""400 for a resource that does not exist; 404 is expected

What it does
------------
Reports a 400 whose code or text says that the subject of the request does not exist: its id is in the path, or the
request reads, changes or deletes it.

Why it matters
--------------
404 lets clients drop stale references, caches remember the absence, and crawlers stop. Under 400 they all look for a
mistake in the request.

Known exceptions
----------------
A reference inside the content of a creating request is part of its validation. Unknown fields, parameters and columns
are not resources.

How to fix
----------
Answer 404, or 410 if it is permanently gone.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.5
"""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.evidence.protocols import Protocol, protocol
from wirelint.evidence.relayed import relayed_status
from wirelint.evidence.said import meanings, said
from wirelint.evidence.texts import Meaning

_no_resource: Final = re.compile(
    r"\b(?:parameter|field|column|attribute|property|argument|filter|facet|operator|function|option|header|key|route|cursor|locale|version|api)s?\b"
    # The subject of an SQL query is not a target.
    r"|\bno such table\b|\brelation \S{1,80} does not exist",
    re.IGNORECASE,
)
_table: Final = re.compile(
    r"no such table: ?(\S{1,80})$|relation [\"']?([^\s\"']{1,80})[\"']? does not exist", re.IGNORECASE | re.MULTILINE
)
_unknown: Final = re.compile(r"\b[Uu]nknown(?: [\w-]{1,30}){1,3}:?$")
_LONGEST: Final = 512
_OTHER: Final = frozenset({Meaning.AUTHN, Meaning.RATE, Meaning.MALFORMED, Meaning.CONFLICT, Meaning.METHOD})

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.STRONG,
    because="the text says that the requested resource does not exist",
    basis="policy: RFC 9110 section 15.5.5",
    when=When(status="400"),
    needs_fields=False,
    reads=Reads.PREFIX,
    suggested_status=404,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for a text that says that the target itself is missing."""
    about = meanings(exchange)
    if about & _OTHER:
        return
    if Meaning.NOT_FOUND not in about:
        yield from _unknown_in_path(exchange)
        return
    if protocol(exchange) in (Protocol.OAUTH, Protocol.ACME):
        return
    words = said(exchange)
    if relayed_status(words.prose) is not None:
        return  # what is missing is another service's
    path = exchange.request.path[:1024]
    doubtful = Meaning.INVALID in about or _no_resource.search(words.prose) is not None
    if doubtful and not _is_target(path, words.prose):
        return
    # If a field or a member names the operation, its subject is in the content.
    sure = (
        exchange.request.method != "POST"
        or "x-amz-target" in exchange.request.headers
        or protocol(exchange) is Protocol.JSON_RPC
        or _names(path, words.prose)
    )
    yield Hit(
        "400 for a resource that does not exist",
        words.prose or " ".join(words.codes),
        confidence=Confidence.STRONG if sure else Confidence.WEAK,
    )


def _unknown_in_path(exchange: Answered) -> Iterator[Hit]:
    """Find ``Unknown plugin zz`` for ``/api/zz``."""
    prose = said(exchange).prose[:_LONGEST]
    if "nknown" not in prose or relayed_status(prose) is not None:
        return
    for part in exchange.request.path[:1024].rstrip("/").split("/")[-3:]:
        segment = unquote(part)
        at = prose.find(f" {segment}") if len(segment) > 1 else -1
        if at >= 0 and _unknown.search(prose[:at]) and not prose[at + len(segment) + 1 :][:1].isalnum():
            yield Hit("400 for a resource that does not exist", prose)
            return


def _is_target(path: str, prose: str) -> bool:
    """Return whether what is missing is the path itself, or a table that it names."""
    return (len(path) > 1 and path in prose) or any(
        table in path.split("/") for found in _table.findall(prose[:_LONGEST]) for table in found if table
    )


def _names(path: str, prose: str) -> bool:
    """Return whether a text names the path, or a part of it that is no word, or that the text has in quotes."""
    return (len(path) > 1 and path in prose) or any(
        (len(part) > 2 and part in prose) if not part.isalpha() else (f"'{part}'" in prose or f'"{part}"' in prose)
        for part in map(unquote, path.split("/"))
        if part
    )


BAD = (
    """\
DELETE /v1/integrations/171234 HTTP/1.1
Host: metrics.example

HTTP/1.1 400 Bad Request
Content-Type: application/json

{"errors": ["account 171234 does not exist in integration"]}
""",
    """\
GET /api/4/zz HTTP/1.1
Host: metrics.example

HTTP/1.1 400 Bad Request
Content-Type: application/json

{"detail": "Unknown plugin zz (available plugins: ['cpu', 'mem'])"}
""",
)

GOOD = (
    """\
GET /plugins?sort=size HTTP/1.1
Host: metrics.example

HTTP/1.1 400 Bad Request
Content-Type: application/json

{"detail": "Unknown sort order size"}
""",
    """\
POST /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

{"customer": 7}

HTTP/1.1 400 Bad Request
Content-Type: application/json

{"error": "customer not found"}
""",
)
