"""A malformed 206, or another part than the one requested

What it does
------------
Reports a 206 response to a request without ``Range``, or to a method other than GET. Reports a single part without
``Content-Range``, another part than the requested one, and a part whose length differs from its ``Content-Range``.
Reports a ``multipart/byteranges`` response with ``Content-Range`` in its head, without a boundary, with a part that
lacks ``Content-Range``, or to a request for one range.

Why it matters
--------------
206 says "this is a part, put it where Content-Range says". Caches and download managers that cannot place the part
discard it, store it as the whole, or write it at the wrong offset.

Known exceptions
----------------
Units other than bytes have their own rules; for them only the request's ``Range`` is required. Ranges may be requested
by the service's own fields, such as ``x-ms-range``. 206 to POST is another rule's finding. Some object stores answer
HEAD with 206, which is a note. A shorter part than requested is allowed. Recordings without any request fields are not
judged.

How to fix
----------
Answer 200 if no range was requested. 206 is not the status for a page of a list, nor for "some of it failed". For
ranges, use the framework or the web server: Express ``res.sendFile``, Go ``http.ServeContent``, nginx, Starlette
``FileResponse``.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.3.7
- https://www.rfc-editor.org/rfc/rfc9110.html#section-14.2
- https://www.rfc-editor.org/rfc/rfc9110.html#section-14.6
"""

import re
from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered, Response
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When

RULE = Rule(
    severity=Severity.HIGH,
    confidence=Confidence.CERTAIN,
    because="the request's range and the response's fields were both seen",
    basis="MUST: RFC 9110 section 15.3.7",
    when=When(status="206"),
)

_NOT_ASKING: Final = ("content-range", "if-range")
_SCANNED: Final = 16384
_content_range: Final = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/(?:[0-9]{1,18}|\*)")
_range: Final = re.compile(r"bytes=([0-9]{1,18})-([0-9]{0,18})")
_digits: Final = re.compile(r"[0-9]{1,18}")
_MOST_PARTS: Final = 32


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Check the request, then its part or parts."""
    request, response = exchange.request, exchange.response
    if request.method == "POST" or not len(request.headers):
        return
    asked = request.headers.get("range")
    if asked is None:
        if any(name.endswith("-range") and name not in _NOT_ASKING for name in request.headers.names()):
            return  # x-ms-range: requested by a field of the service's own
        yield Hit("206 to a request without Range", f"206 {response.reason}".rstrip(), suggested_status=200)
    elif request.method != "GET":
        yield Hit(
            f"206 to {request.method}, for which ranges are not defined",
            f"Range: {asked}",
            severity=Severity.INFO if request.method == "HEAD" else None,
        )
    elif asked.strip().lower().startswith("bytes="):
        fault = (
            _many(response, asked)
            if response.headers.media_type.essence == "multipart/byteranges"
            else _one(response, asked.strip().lower())
        )
        if fault:
            yield Hit(fault, f"Content-Type: {response.headers.get('content-type') or ''}")


def _one(response: Response, asked: str) -> str:
    described = response.headers.get("content-range")
    if described is None:
        return "206 without Content-Range"
    sent, wanted = _content_range.fullmatch(described.strip().lower()), _range.fullmatch(asked)
    if sent is None or wanted is None:
        return ""
    first, last = int(sent[1]), int(sent[2])
    # Less than requested is allowed (RFC 9110 section 15.3.7), another part is not.
    if first != int(wanted[1]) or (wanted[2] and last > int(wanted[2])):
        return f"206 with bytes {first}-{last} where {asked.removeprefix('bytes=')} was asked for"
    length = response.headers.get("content-length") or ""
    if "content-encoding" not in response.headers and _digits.fullmatch(length) and int(length) != last - first + 1:
        return f"206 with {length} octets for bytes {first}-{last}"
    return ""


def _many(response: Response, asked: str) -> str:
    boundary = response.headers.media_type.boundary
    if not boundary:
        return "206 of several parts without a boundary"
    if "content-range" in response.headers:
        return "206 of several parts with a Content-Range for them all"
    if "," not in asked:
        return "206 of several parts although one range was asked for"
    if response.body.unavailable is not None:
        return ""
    text = (response.body.text or "")[:_SCANNED].replace("\r\n", "\n")
    for part in text.split(f"--{boundary}")[1:_MOST_PARTS]:
        head, gap, _ = part.partition("\n\n")
        if gap and not head.startswith("--") and "content-range:" not in head.lower():
            return "206 with a part that lacks Content-Range"
    return ""


BAD = (
    """\
GET /video.mp4 HTTP/1.1
Host: media.example
Range: bytes=500-999

HTTP/1.1 206 Partial Content
Content-Type: video/mp4
Content-Range: bytes 0-499/1000
Content-Length: 500

…
""",
    """\
GET /v1/orders HTTP/1.1
Host: api.example

HTTP/1.1 206 Partial Content
Content-Type: application/json

[{"id": 1}, {"id": 2}]
""",
    """\
GET /video.mp4 HTTP/1.1
Host: api.example
Range: bytes=0-3

HTTP/1.1 206 Partial Content
Content-Type: video/mp4

abcd
""",
    """\
GET /notes.txt HTTP/1.1
Host: api.example
Range: bytes=0-1, 4-5

HTTP/1.1 206 Partial Content
Content-Type: multipart/byteranges; boundary=xyz

--xyz
Content-Type: text/plain

ab
--xyz--
""",
)

GOOD = (
    """\
GET /video.mp4 HTTP/1.1
Host: api.example
Range: bytes=0-3

HTTP/1.1 206 Partial Content
Content-Type: video/mp4
Content-Range: bytes 0-3/1000

abcd
""",
    """\
GET /notes.txt HTTP/1.1
Host: api.example
Range: bytes=0-1, 4-5

HTTP/1.1 206 Partial Content
Content-Type: multipart/byteranges; boundary=xyz

--xyz
Content-Type: text/plain
Content-Range: bytes 0-1/9

ab
--xyz
Content-Type: text/plain
Content-Range: bytes 4-5/9

ef
--xyz--
""",
    """\
GET /v1/orders HTTP/1.1
Host: api.example
Range: items=0-1

HTTP/1.1 206 Partial Content
Content-Type: application/json

[{"id": 1}, {"id": 2}]
""",
    """\
GET /box/notes.txt HTTP/1.1
Host: blobs.example
x-ms-range: bytes=2-4

HTTP/1.1 206 Partial Content
Content-Type: text/plain
Content-Range: bytes 2-4/11

llo
""",
)
