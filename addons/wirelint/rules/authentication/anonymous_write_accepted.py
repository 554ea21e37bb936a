"""A write without credentials succeeds where nearly all other writes carry some

What it does
------------
Hints at a PUT, PATCH or DELETE without any credentials that succeeded, on a service where at least four fifths of such
requests carry credentials.

Why it matters
--------------
Routes are left out of authentication by accident: a new prefix, a handler registered before the filter. Anyone who
finds such a route can change or delete its data.

Known exceptions
----------------
Callers may be identified by a client certificate, by a signature, by a gateway or sidecar in front of the service, or
by a secret in the path (invitations, uploads, webhooks, mailboxes). wirelint cannot see all of these, so this is a
hint. A PUT that creates is left out: a drop box accepts files that its senders cannot read back.

How to fix
----------
Refuse anonymous requests with 401 and ``WWW-Authenticate``. Require authentication by default, and list the open routes
one by one.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.2
- https://owasp.org/API-Security/editions/2023/en/0xa2-broken-authentication/
"""

import re
from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.history.services import Services
from wirelint.history.visits import Visits

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.WEAK,
    because="the request may not show how the service identifies the caller",
    basis="policy: RFC 9110 section 15.5.2",
    when=When(status="2xx", method="PUT PATCH DELETE"),
    suggested_status=401,
    recalls=(Visits, Services),
    once_per="route",
)

_LEAST_WRITES: Final = 8
_KNOWN_TO_ANONYMOUS: Final = 4
_meant_to_be_open: Final = re.compile(
    r"hook|callback|inbox|mailbox|dropbox|drop-?off|upload|share|public|invit|subscri|opt-?out|consent|preferences|track|beacon|telemetry"
    r"|log-?in|log-?out|sign-?(?:in|up|out)|session|regist|password|reset|verif|confirm|activat|cart|basket|guest|\{token\}|\{uuid\}",
    re.IGNORECASE,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Find an anonymous write among the writes of authenticated clients."""
    now = context.recall(Visits).now(exchange)
    if not now.anonymous or not now.succeeded or (now.method == "PUT" and now.status == 201):
        return
    service = context.recall(Services).of(exchange)
    known, anonymous = service.writes, service.open_writes + 1
    if known < _LEAST_WRITES or known < _KNOWN_TO_ANONYMOUS * anonymous or _meant_to_be_open.search(now.route):
        return
    yield Hit(
        f"{now.status} to a write without credentials",
        f"{now.method} {now.route} → {anonymous} without among {known + anonymous} PUT, PATCH and DELETE of the last hour",
    )


BAD = (
    """\
# 12 times, every 1s
PATCH /notes/{n} HTTP/1.1
Host: shop.example
X-Api-Key: b1946ac92492d234
Content-Type: application/json

{"text": "buy tea"}
HTTP/1.1 200 OK
Content-Type: application/json

{"text": "buy tea"}
DELETE /drafts/7 HTTP/1.1
Host: shop.example

HTTP/1.1 204 No Content

""",
)

GOOD = (
    """\
# 12 times, every 1s
PATCH /notes/{n} HTTP/1.1
Host: shop.example
X-Api-Key: b1946ac92492d234
Content-Type: application/json

{"text": "buy tea"}
HTTP/1.1 200 OK
Content-Type: application/json

{"text": "buy tea"}
DELETE /drafts/7 HTTP/1.1
Host: shop.example
X-Api-Key: 7215ee9c7d9dc229

HTTP/1.1 204 No Content

""",
)
