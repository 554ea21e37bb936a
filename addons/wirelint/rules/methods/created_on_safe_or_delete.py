"""201 to a request that cannot create anything

What it does
------------
Hints at 201 answers to GET, HEAD, OPTIONS and DELETE.

Why it matters
--------------
Safe methods must not change anything, and DELETE removes. A 201 says that one of them created something, and crawlers,
prefetchers and retries will repeat it.

Known exceptions
----------------
PATCH may create. Some services start a job on DELETE or GET and report it on purpose, so responses whose ``Location``
or content names a job, a task or an id are not reported.

How to fix
----------
Answer 200 (204 without content) if nothing was created. If something was created, use POST.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.3.2
- https://www.rfc-editor.org/rfc/rfc9110.html#section-9.2.1
- https://www.rfc-editor.org/rfc/rfc5789.html
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Reads, Rule, When

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.WEAK,
    because="some services create a job on purpose",
    basis="definition: RFC 9110 section 15.3.2",
    when=When(status="201", method="GET HEAD OPTIONS DELETE"),
    reads=Reads.PREFIX,
    suggested_status=200,
)

_JOBS: Final = frozenset(
    {
        "id",
        "job",
        "job_id",
        "jobid",
        "task",
        "task_id",
        "taskid",
        "operation",
        "action",
        "actions",
        "self",
        "href",
        "url",
    }
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for something that was created."""
    response = exchange.response
    if "location" in response.headers:
        return
    if _JOBS.isdisjoint(name.lower() for name in response.body.members or ()):
        yield Hit(f"{exchange.request.method} answered 201", f"201 {response.reason}".rstrip())


BAD = (
    """\
DELETE /v1/orders/42 HTTP/1.1
Host: api.example

HTTP/1.1 201 Created
Content-Type: application/json

{"state": "cancelled"}
""",
)

GOOD = (
    """\
DELETE /v1/orders/42 HTTP/1.1
Host: api.example

HTTP/1.1 201 Created
Content-Type: application/json

{"job": 17, "state": "queued"}
""",
    """\
PATCH /v1/orders/42 HTTP/1.1
Host: api.example
Content-Type: application/json

{"item": "tea"}
HTTP/1.1 201 Created
Content-Type: application/json

{"item": "tea"}
""",
)
