"""201 to a PUT that replaced an existing resource

What it does
------------
Reports a 201 to PUT where the same caller was told 201 for the same resource before, and it was evidently there: it
was read in between, or this is the third 201 in a row. Where no PUT came before but GET showed the resource, it is a
note (info).

Why it matters
--------------
201 means that the resource did not exist before; replacing one is 200 or 204 (RFC 9110 section 9.3.4). Clients tell by
it whether they overwrote something, and count what they created.

Known exceptions
----------------
What was deleted in between, or was found missing, is created again. Where each PUT makes a version of its own, or
something under another ``Location``, 201 is right. Some stores answer 201 to every PUT by their documentation (Azure
Blob Storage, OpenStack Swift, CouchDB, Artifactory, Nexus, registries of images): they are known by their fields. Locks,
leases and what has a time to live may have gone in between.

How to fix
----------
Answer 201 only where there was nothing before, 200 with a representation or 204 without one where it was replaced.

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
    because="the resource was there; what expires by itself could have gone in between",
    basis="MUST: RFC 9110 section 9.3.4",
    when=When(status="201", method="PUT"),
    suggested_status=200,
    recalls=(Visits, Writes),
    once_per="route",
)

# Versions, and the stores whose convention it is.
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
# What CouchDB and those that speak as it does (PouchDB, Cloudant) name a revision.
_revision: Final = re.compile(r"\d+-[0-9a-f]{32}")
_stores: Final = re.compile(r"couchdb|artifactory|nexus", re.IGNORECASE)
_passing: Final = re.compile(r"(?:\b|_)(?:ttl|expir|leases?\b|locks?\b|heartbeat|presence|valid_?until)", re.IGNORECASE)
_LONGEST: Final = 4096


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Created, seen, and created again."""
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
        "201 to PUT for what was there already",
        f"{first.method} {now.route} → {first.status}, then PUT → 201",
        severity=None if puts else Severity.INFO,
        story=proof,
        note="created once more" if puts else "created",
    )


def _shown(story: Sequence[Visit]) -> Visit | None:
    """The latest GET, where it showed that the resource is there; None where it was deleted since."""
    last = next((visit for visit in reversed(story) if visit.method in ("GET", "DELETE")), None)
    return last if last is not None and last.method == "GET" and last.succeeded else None


def _is_revision(response: Response) -> bool:
    """Whether the answer tells which revision was made."""
    revision = (response.body.members or {}).get("rev")
    return isinstance(revision, str) and _revision.fullmatch(revision) is not None


def _is_passing(exchange: Exchange, now: Visit) -> bool:
    """Whether what is put may last for a time only."""
    text = exchange.request.body.text or ""
    return _passing.search(now.route) is not None or _passing.search(text[:_LONGEST]) is not None


def _proof(story: Sequence[Visit], puts: Sequence[Visit]) -> tuple[Step, ...] | None:
    """The steps that prove that the resource was there, None where nothing does.

    :param puts: those of the story that succeeded; the last one is a 201.
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
