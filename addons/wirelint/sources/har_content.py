"""Read bodies of HAR entries: recorders keep them decoded, as text or base64, in part, or not at all.

Unknown is not empty: unless an entry says that there was no content, the body is unknown. Content is stored without its
coding, so a Content-Length that differs from the stored length proves nothing.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final
from urllib.parse import urlencode

from wirelint.core.body import EMPTY, Body
from wirelint.core.headers import Headers
from wirelint.core.json_parts import NOTHING
from wirelint.core.media import Kind, media_type
from wirelint.sources.parts import BODILESS

_NOT_CAPTURED: Final = "not_captured"
_CUT_STEP: Final = 1024
_CUT_LEAST: Final = 64 * 1024


def request_body(request: dict[str, Any], method: str, headers: Headers) -> Body:  # noqa: PLR0911 - a table of cases
    """Return the content of an entry's request."""
    posted = request.get("postData")
    if isinstance(posted, dict):
        text = posted.get("text")
        if isinstance(text, str) and text:
            return _stored(text, posted, headers)
        if isinstance(params := posted.get("params"), list) and params:
            # Firefox and WebKit may list a form's fields in place of its text. A multipart form cannot be reassembled:
            # its boundaries and part headers are missing.
            if media_type(headers.get("content-type")).kind is Kind.MULTIPART:
                return Body.unknown(_NOT_CAPTURED)
            pairs = [(_string(p.get("name")), _string(p.get("value"))) for p in params if isinstance(p, dict)]
            return _octets(urlencode(pairs, errors="replace").encode(), headers)
    length = _content_length(headers)
    size = _size(request.get("bodySize"))
    if length:
        return Body.unknown(_NOT_CAPTURED, size=length)
    if size:
        return Body.unknown(_NOT_CAPTURED)
    if size == 0 or length == 0:
        return EMPTY
    framed = "transfer-encoding" in headers or "content-type" in headers
    return EMPTY if method in BODILESS and not framed else Body.unknown(_NOT_CAPTURED)


def response_body(response: dict[str, Any], status: int, method: str, headers: Headers) -> Body:
    """Return the content of an entry's response."""
    content = response.get("content")
    if not isinstance(content, dict):
        content = {}
    # Responses to HEAD and 304 have no content on the wire (RFC 9112 §6.3). Firefox and Chrome put the content of their
    # cache into the entry of a 304.
    if method == "HEAD" or status == 304 or status // 100 == 1:
        return EMPTY
    text = content.get("text")
    size = _size(content.get("size"))
    if isinstance(text, str) and text:
        body = _stored(text, content, headers)
        return _cut(body, headers) if _is_cut(text, body, size, content) else body
    if size:
        return Body.unknown(_NOT_CAPTURED)
    if status in (204, 205):
        return EMPTY
    # Firefox writes a comment if bodies are not logged; a few recorders write size 0 for unseen bodies.
    length = _content_length(headers)
    if length or (content.get("comment") and not isinstance(text, str)):
        return Body.unknown(_NOT_CAPTURED, size=length)
    says_empty = size == 0 or isinstance(text, str) or length == 0 or _size(response.get("bodySize")) == 0
    return EMPTY if says_empty else Body.unknown(_NOT_CAPTURED)


def cut_short(body: Body, headers: Headers) -> Body:
    """Return a body marked as the beginning of a message that ended early."""
    return _cut(body, headers) if body.raw is not None else body


def _stored(text: str, store: dict[str, Any], headers: Headers) -> Body:
    if store.get("encoding") == "base64":
        try:
            octets = base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError):
            plain = _octets(text.encode("utf-8", "replace"), headers)
            return plain if _is_plain(text, plain) else Body.unknown("undecodable")
        media = media_type(headers.get("content-type"))
        return Body(octets, media=media)
    return _octets(text.encode("utf-8", "replace"), headers)


def _is_plain(text: str, body: Body) -> bool:
    """Return whether text that is no base64 is the content itself: Firefox says base64 of some plain text, too."""
    match body.media.kind if body.media is not None else Kind.NONE:
        case Kind.JSON:
            return body.json is not NOTHING
        case Kind.XML | Kind.HTML:
            return text.lstrip()[:1] == "<"
        case _:
            return False


def _octets(octets: bytes, headers: Headers, *, complete: bool = True) -> Body:
    # The text is Unicode now, whatever its charset was.
    return Body(octets, complete=complete, media=media_type(headers.get("content-type"))._replace(charset="utf-8"))


def _cut(body: Body, headers: Headers) -> Body:
    return Body(body.raw, complete=False, media=body.media or media_type(headers.get("content-type")))


def _is_cut(text: str, body: Body, size: int | None, content: dict[str, Any]) -> bool:
    """Return whether the recorder kept only the beginning."""
    if content.get("truncated") is True or content.get("_truncated") is True:
        return True
    comment = content.get("comment")
    if isinstance(comment, str) and "truncated" in comment.lower():
        return True
    # Firefox stops at a limit, a round number; only the size shows it. Other differing sizes were counted before
    # decoding, in characters, or in base64.
    stored = len(body.raw or b"")
    round_number = any(length >= _CUT_LEAST and length % _CUT_STEP == 0 for length in (stored, len(text)))
    return size is not None and size > stored and round_number


def _content_length(headers: Headers) -> int | None:
    value = headers.get("content-length")
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 19 else None


def _size(value: object) -> int | None:
    """Return a size in bytes; None for -1 and other values that mean "unknown"."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**63:
        return None
    return int(value)


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""
