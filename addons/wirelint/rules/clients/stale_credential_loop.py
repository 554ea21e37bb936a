"""A client keeps sending a credential that is refused each time

What it does
------------
Reports the fourth 401 in a row to one client for one credential that got no other answer in the last ten minutes, each
request sent after the previous refusal.

Why it matters
--------------
401 asks for other credentials. A client that keeps sending the old ones is down without anyone noticing, may lock its
account, and looks like an attacker who guesses.

Known exceptions
----------------
In Digest, NTLM, Negotiate and the like, the first 401 is a step of the protocol. A credential that the service accepts
elsewhere may be valid; then the question is why it was refused here. Browsers send cookies by themselves: a page with
an old one makes several requests before it notices, so the same thing must be requested twice. At a login, the service
refused a password or a code.

How to fix
----------
On 401, get a new token once and repeat once; then stop and report the error. Renew tokens before they expire.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.2
- https://www.rfc-editor.org/rfc/rfc9110.html#section-11.4
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from wirelint.core.exchange import Answered, Exchange
from wirelint.core.finding import Confidence, Hit, Severity, Side
from wirelint.core.rule import Context, Rule, When
from wirelint.core.visit import Visit
from wirelint.evidence.challenges import challenges
from wirelint.evidence.credentials import credentials
from wirelint.history.repeats import knew, same_client
from wirelint.history.visits import Visits

_COUNT: Final = 4
_proving: Final = re.compile(
    r"(?:log|sign)-?(?:in|on|up)|session|auth|token|passw|passcode|pin\b|otp|[m2]fa|factor|code|verif|confirm|challenge|unlock",
    re.IGNORECASE,
)
_HANDSHAKES: Final = ("digest", "ntlm", "negotiate", "kerberos", "scram-", "hoba", "mutual", "dpop", "gnap")

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="one credential was refused each time, and the client knew it each time",
    basis="policy: RFC 9110 section 15.5.2 lets clients repeat with new or replaced credentials",
    when=When(status="401"),
    side=Side.CLIENT,
    recalls=(Visits,),
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for four refusals and no other answer."""
    visits = context.recall(Visits)
    story = visits.of_credential(exchange)
    if len(story) < _COUNT - 1 or any(visit.status != 401 for visit in story):
        return
    if _is_handshake(exchange):
        return
    now = visits.now(exchange)
    if _proving.search(now.route):
        return
    by_itself = credentials(exchange) == {"cookie"}
    row = [now]
    for visit in reversed(story):
        if same_client(visit, now) and knew(row[-1], visit) and not _proving.search(visit.route):
            row.append(visit)
            if len(row) > _COUNT and not by_itself:
                return  # reported when it began
    if not _is_loop(row, by_itself=by_itself) or _is_loop(row[1:], by_itself=by_itself):
        return
    yield Hit(
        f"the client keeps sending a credential that was refused {len(row)} times in a row",
        f"{now.method} {now.route} → 401, the {len(row)}th for one credential in {now.started - row[-1].started:.1f} s",
        story=tuple(visit.step("refused") for visit in reversed(row[1:])),
        note="the same credential once more",
    )


def _is_loop(row: Sequence[Visit], *, by_itself: bool) -> bool:
    """Return whether enough were refused; with credentials that browsers add themselves, one request twice."""
    return len(row) >= _COUNT and not (by_itself and len({(visit.method, visit.route) for visit in row}) == len(row))


def _is_handshake(exchange: Exchange) -> bool:
    sent = (exchange.request.headers.get("authorization") or "").lower()
    asked = (challenge.scheme for challenge in challenges(exchange).items)
    return sent.startswith(_HANDSHAKES) or any(scheme.startswith(_HANDSHAKES) for scheme in asked)


BAD = (
    """\
# 4 times, every 20s
GET /orders?since={n} HTTP/1.1
Host: shop.example
Authorization: Bearer 66d3d6c2aa3e8a2a1d1a8d3f9f1b2c4e

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Bearer error="invalid_token"
Content-Type: application/json

{"error": "token expired"}
""",
)

GOOD = (
    """\
GET /orders HTTP/1.1
Host: shop.example
Authorization: Bearer 66d3d6c2aa3e8a2a1d1a8d3f9f1b2c4e

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Bearer error="invalid_token"
Content-Type: application/json

{"error": "token expired"}
GET /orders HTTP/1.1
Host: shop.example
Authorization: Bearer 0cc175b9c0f1b6a831c399e269772661

HTTP/1.1 200 OK
Content-Type: application/json

[{"id": 1}]
""",
)
