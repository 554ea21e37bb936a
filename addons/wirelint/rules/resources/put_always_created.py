"""201 to a PUT that replaced an existing resource

What it does
------------
Reports a 201 to PUT after the same caller got 201 for the same resource, if it evidently existed: it was read in
between, or this is the third 201 in a row. If no PUT came before, but GET showed the resource, it is a note (info).

Why it matters
--------------
201 means that the resource did not exist before; replacing one is 200 or 204 (RFC 9110 section 9.3.4). Clients use it
to detect that they overwrote something, and to count what they created.

Known exceptions
----------------
A resource that was deleted in between, or not found, is created again. If each PUT makes its own version, or something
under another ``Location``, 201 is correct. Some stores document 201 for every PUT (Azure Blob Storage, OpenStack Swift,
CouchDB, Artifactory, Nexus, image registries); they are recognised by their header fields. Locks, leases and resources
with a time to live may have expired in between.

How to fix
----------
Answer 201 only if the resource did not exist before. If it was replaced, answer 200 with a representation or 204
without one.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-9.3.4
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from wirelint.core.exchange import Answered, Exchange, Response
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.core.visit import Step, Visit
from wirelint.evidence.locations import location
from wirelint.history.turns import in_turn
from wirelint.history.visits import Visits
from wirelint.history.writes import Writes

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="the resource existed; it may have expired in between",
    basis="MUST: RFC 9110 section 9.3.4",
    when=When(status="201", method="PUT"),
    suggested_status=200,
    recalls=(Visits, Writes),
    once_per="route",
)

# Versions, and stores that use 201 by convention.
_VERSIONED: Final = frozenset(
    {
        "x-ms-version",
        "x-ms-request-id",
        "x-trans-id",
        "x-amz-version-id",
        "x-goog-generation",
        "content-location",
        "docker-content-digest",
        "x-couch-request-id",
        "x-artifactory-id",
    }
)
# The names of a revision in CouchDB and compatible stores (PouchDB, Cloudant).
_revision: Final = re.compile(r"\d+-[0-9a-f]{32}")
_stores: Final = re.compile(r"couchdb|artifactory|nexus", re.IGNORECASE)
_passing: Final = re.compile(r"(?:\b|_)(?:ttl|expir|leases?\b|locks?\b|heartbeat|presence|valid_?until)", re.IGNORECASE)
_LONGEST: Final = 4096


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for a second 201 for a resource that existed."""
    response, visits = exchange.response, context.recall(Visits)
    story = visits.of_resource(exchange)
    puts = [visit for visit in story if visit.method == "PUT" and visit.succeeded]
    first = puts[-1] if puts else _shown(story)
    if first is None or (puts and first.status != 201):
        return
    now = visits.now(exchange)
    if not in_turn(first, now) or not _VERSIONED.isdisjoint(response.headers.names()):
        return
    if _stores.match(response.headers.get("server") or "") or _is_revision(response) or _is_passing(exchange, now):
        return
    if "location" in response.headers and location(exchange) != exchange.request.target:
        return
    proof = _proof(story, puts) if puts else (first.step("there"),)
    if proof is None or context.recall(Writes).removed(exchange, first):
        return
    yield Hit(
        "201 to a PUT that replaced a resource",
        f"{first.method} {now.route} → {first.status}, then PUT → 201",
        severity=None if puts else Severity.INFO,
        story=proof,
        note="created once more" if puts else "created",
    )


def _shown(story: Sequence[Visit]) -> Visit | None:
    """Return the latest GET if it showed the resource; None if the resource was deleted since."""
    last = next((visit for visit in reversed(story) if visit.method in ("GET", "DELETE")), None)
    return last if last is not None and last.method == "GET" and last.succeeded else None


def _is_revision(response: Response) -> bool:
    """Return whether the answer names the new revision."""
    revision = (response.body.members or {}).get("rev")
    return isinstance(revision, str) and _revision.fullmatch(revision) is not None


def _is_passing(exchange: Exchange, now: Visit) -> bool:
    """Return whether the resource may exist for a limited time only."""
    text = exchange.request.body.text or ""
    return _passing.search(now.route) is not None or _passing.search(text[:_LONGEST]) is not None


def _proof(story: Sequence[Visit], puts: Sequence[Visit]) -> tuple[Step, ...] | None:
    """Return the steps that prove that the resource existed, None without proof.

    :param puts: the successful PUTs of the story; the last one is a 201.
    """
    first = puts[-1]
    looks = [visit for visit in story if visit.method in ("GET", "HEAD") and in_turn(first, visit)]
    if looks:
        last = looks[-1]
        return (first.step("created"), last.step("there")) if last.succeeded else None
    if len(puts) > 1 and puts[-2].status == 201 and in_turn(puts[-2], first):
        return (puts[-2].step("created"), first.step("created again"))
    return None


BAD = (
    """\
PUT /documents/42 HTTP/1.1
Host: shop.example
Content-Type: application/json

{"title": "Tea"}
HTTP/1.1 201 Created

GET /documents/42 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"title": "Tea"}
PUT /documents/42 HTTP/1.1
Host: shop.example
Content-Type: application/json

{"title": "Green tea"}
HTTP/1.1 201 Created

""",
)

GOOD = (
    """\
PUT /documents/42 HTTP/1.1
Host: shop.example
Content-Type: application/json

{"title": "Tea"}
HTTP/1.1 201 Created

PUT /documents/42 HTTP/1.1
Host: shop.example
Content-Type: application/json

{"title": "Green tea"}
HTTP/1.1 204 No Content

""",
    """\
PUT /documents/42 HTTP/1.1
Host: shop.example
Content-Type: application/json

{"title": "Tea"}
HTTP/1.1 201 Created

DELETE /documents/42 HTTP/1.1
Host: shop.example

HTTP/1.1 204 No Content

PUT /documents/42 HTTP/1.1
Host: shop.example
Content-Type: application/json

{"title": "Green tea"}
HTTP/1.1 201 Created

""",
)
