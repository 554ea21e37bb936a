"""403 sent to a request without valid credentials; 401 is expected

What it does
------------
Reports a 403 whose code or text says that credentials are missing, invalid or expired. Also reports a 403 to an
anonymous request if a request with credentials succeeds there and no anonymous one ever did, or if its words are those
of such a refusal. Also reports, as low, a credential that was never accepted and gets the same words as no credential.

Why it matters
--------------
403 means that the caller is known and that a retry will not help. Clients give up instead of logging in or refreshing a
token, and without a challenge they cannot learn how.

Known exceptions
----------------
Tokens against request forgery, firewalls and bot pages, signed links that expired, S3, CORS preflights, and known keys
that are disabled: these refusals are not about who the caller is. Generic words (Forbidden) prove nothing on other
paths until two paths have shown what they mean.

How to fix
----------
Answer 401 with ``WWW-Authenticate``. FastAPI before 0.122.0: ``HTTPBearer`` answers 403, so upgrade or use
``auto_error=False`` and raise the 401 yourself. Django REST framework: the *first* authenticator decides, so put one
with ``authenticate_header`` before ``SessionAuthentication``. Spring Security: replace ``Http403ForbiddenEntryPoint``.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-11.4
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.2
"""

import re
from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered, Exchange
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.core.state import Opens, State, either
from wirelint.core.visit import Visit
from wirelint.evidence.credentials import is_anonymous
from wirelint.evidence.expiry import is_expired
from wirelint.evidence.protocols import Protocol, protocol
from wirelint.evidence.refusals import OTHER_MATTERS
from wirelint.evidence.said import meanings, said
from wirelint.evidence.texts import Meaning
from wirelint.history.callers import MISSING, Callers, callers_prove

_signed: Final = re.compile(
    r"(?:^|&)(?:sig|signature|X-Amz-Signature|X-Goog-Signature|Key-Pair-Id|hmac)=", re.IGNORECASE
)

# Codes that S3's protocol sends under 403, on any server.
_PRESCRIBED: Final = frozenset(
    {
        "AccessDenied",
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "RequestTimeTooSkewed",
        "InvalidSecurity",
        "NotSignedUp",
    }
)


def is_403(state: State) -> Opens:
    """Open for each 403, whatever came before."""
    return _is_403


def _is_403(exchange: Exchange, visit: Visit) -> bool:
    return exchange.status == 403


RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="the text asks for credentials, or the same request succeeds with credentials",
    basis="SHOULD: RFC 9110 section 11.4",
    when=When(status="2xx 403 404 409"),
    reads=Reads.PREFIX,
    suggested_status=401,
    recalls=(Callers,),
    after=either(is_403, callers_prove),
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Read the text of a 403, else compare it with other exchanges."""
    found = tuple(_by_text(exchange)) if exchange.status == 403 else ()
    yield from found
    current = context.state.visit(exchange)
    for proof in () if found else context.recall(Callers).proofs(exchange):
        if proof.kind != MISSING:
            continue
        fault = proof.fault
        who = "a request without credentials" if fault.anonymous else "a request whose credentials were not accepted"
        other = next((step for step in (*proof.story, current.step("")) if step.outcome != "403"), current.step(""))
        yield Hit(
            f"403 sent to {who}; 401 is expected",
            f"{fault.method} {fault.route} → 403; {other.request} with a credential → {other.outcome}"
            if proof.story
            else f"{fault.method} {fault.route} → 403, {proof.note}",
            severity=Severity.LOW if proof.weaker else None,
            story=proof.story,
            note=proof.note,
            about=None if fault is current else fault,
        )


def _by_text(exchange: Answered) -> Iterator[Hit]:
    """Look for missing, invalid or expired credentials as the only reason."""
    about = meanings(exchange)
    if about & {Meaning.RATE, Meaning.QUOTA}:
        return
    if not is_expired(exchange) and (Meaning.AUTHN not in about or Meaning.AUTHZ in about):
        return
    if (
        exchange.request.method == "OPTIONS"
        or protocol(exchange) in (Protocol.S3, Protocol.ACME)
        or _signed.search(exchange.request.query[:4096])
    ):
        return
    words = said(exchange)
    text = words.prose or " ".join(words.codes)
    if OTHER_MATTERS.search(f"{text} {' '.join(words.codes)}") or not _PRESCRIBED.isdisjoint(words.codes):
        return
    who = "a request without credentials" if is_anonymous(exchange) else "a request whose credentials were not accepted"
    yield Hit(f"403 sent to {who}; 401 is expected", text)


BAD = (
    """\
GET /v1/validate HTTP/1.1
Host: metrics.example

HTTP/1.1 403 Forbidden
Content-Type: application/json

{"errors": ["API key required"]}
""",
    """\
GET /v1/board HTTP/1.1
Host: admin.example

HTTP/1.1 403 Forbidden
Content-Type: application/json

{"message": "Forbidden"}
GET /v1/board HTTP/1.1
Host: admin.example
X-Api-Key: b1946ac92492d234

HTTP/1.1 200 OK
Content-Type: application/json

{"cards": 3}
""",
    """\
GET /v1/me HTTP/1.1
Host: admin.example

HTTP/1.1 403 Forbidden
Content-Type: application/json

{"detail": "Authentication credentials were not provided."}
""",
)

GOOD = (
    """\
GET /v1/addresses/7 HTTP/1.1
Host: post.example
Authorization: Basic c29tZWtleTpvcGVu

HTTP/1.1 403 Forbidden
Content-Type: application/json

{"error": {"code": "APIKEY.INACTIVE", "message": "This api key is no longer active."}}
""",
    """\
POST /comments HTTP/1.1
Host: blog.example

HTTP/1.1 403 Forbidden
Content-Type: application/json

{"detail": "CSRF Failed: CSRF token missing."}
""",
)
