"""One status for all operations of a bulk request

What it does
------------
Notes a 200, 201 or 202 to POST, PUT or PATCH whose JSON lists results with a status each.

Why it matters
--------------
One status cannot report several operations. A client that reads 200 assumes that all of them succeeded; 207 says that
it must check each.

Known exceptions
----------------
RFC 4918 defined 207 for WebDAV with an XML format; using it with JSON is a convention of some companies, such as
Zalando. Elasticsearch, Microsoft Graph and OData answer 200 by their own specifications. Therefore the rule is off by
default.

How to fix
----------
Answer 207 whenever the content has a result for each operation, even if all of them failed or all succeeded.

References
----------
- https://opensource.zalando.com/restful-api-guidelines/#152
- https://www.rfc-editor.org/rfc/rfc4918.html#section-11.1
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Reads, Rule, When

_LISTS: Final = ("items", "results", "responses")
_STATUSES: Final = frozenset({"status", "statuscode", "status_code", "httpstatus", "http_status"})
_MOST_SHOWN: Final = 5

RULE = Rule(
    severity=Severity.LOW,
    confidence=Confidence.STRONG,
    because="each listed result has an HTTP status of its own",
    basis="policy: Zalando RESTful API Guidelines rule 152",
    when=When(status="200 201 202", method="POST PUT PATCH"),
    needs_fields=False,
    reads=Reads.WHOLE,
    suggested_status=207,
    default=False,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Read the results' own statuses."""
    body = exchange.response.body
    if body is None:
        return
    members = body.members
    results = body.json if members is None else next((members[name] for name in _LISTS if name in members), None)
    if not isinstance(results, list) or not results:
        return
    statuses = [_status(each) for each in results]
    known = [status for status in statuses if status is not None]
    if len(known) == len(results):
        failed = sum(status >= 400 for status in known)
        yield Hit(
            f"{exchange.status} for {len(known)} operations, {failed} of which failed",
            json.dumps([{"status": status} for status in known[:_MOST_SHOWN]]),
        )


def _status(result: Any) -> int | None:
    """Return the HTTP status of one result, also below the operation's name: ``{"index": {"status": 201}}``."""
    if not isinstance(result, dict):
        return None
    if len(result) == 1 and isinstance(inner := next(iter(result.values())), dict):
        result = inner
    status = next((value for name, value in result.items() if name.lower() in _STATUSES), None)
    if isinstance(status, int) and not isinstance(status, bool) and 200 <= status <= 599:
        return status
    return None


BAD = (
    """\
POST /articles/bulk HTTP/1.1
Host: shop.example
Content-Type: application/json

[{"sku": "A-1"}, {"sku": "A-2"}]

HTTP/1.1 200 OK
Content-Type: application/json

{"items": [{"status": 201, "sku": "A-1"}, {"status": 409, "sku": "A-2"}]}
""",
)

GOOD = (
    """\
POST /articles/bulk HTTP/1.1
Host: shop.example
Content-Type: application/json

[{"sku": "A-1"}, {"sku": "A-2"}]

HTTP/1.1 207 Multi-Status
Content-Type: application/json

{"items": [{"status": 201, "sku": "A-1"}, {"status": 409, "sku": "A-2"}]}
""",
    """\
POST /articles/search HTTP/1.1
Host: shop.example
Content-Type: application/json

{"query": "mug"}

HTTP/1.1 200 OK
Content-Type: application/json

{"items": [{"sku": "A-1", "status": "on sale"}]}
""",
)
