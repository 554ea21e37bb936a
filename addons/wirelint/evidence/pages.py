"""Error pages: what gateways and servers put in place of the answer."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from wirelint.core.exchange import Exchange
from wirelint.core.once import once

_LARGEST: Final = 8 * 1024
_title: Final = re.compile(r"<title[^<>]{0,64}>\s{0,16}([^<]{1,200})", re.IGNORECASE)
_heading: Final = re.compile(r"<h1[^<>]{0,128}>(?:\s{0,16}<[^<>]{0,64}>){0,2}\s{0,16}([^<]{1,200})", re.IGNORECASE)
_status: Final = re.compile(
    r"(?:(?:HTTP )?(?:Error|Status)[ :]{1,3})?([45]\d\d)\b(?!\s*(?:items|results|px|users|errors|%))[\s:|\u2013\u2014.-]{0,4}(.{0,60})",
    re.IGNORECASE,
)
_PHRASES: Final = {
    "bad gateway": 502,
    "gateway time-out": 504,
    "gateway timeout": 504,
    "service unavailable": 503,
    "service temporarily unavailable": 503,
    "internal server error": 500,
    "upstream request timeout": 504,
    "no healthy upstream": 503,
    "error: server error": 500,
}
_BANNERS: Final = (
    ("upstream connect error or disconnect/reset before headers", 503),
    ("upstream request timeout", 504),
    ("no healthy upstream", 503),
    ("the server returned an invalid or incomplete response", 502),
    ("no server is available to handle this request", 503),
    ("the proxy server received an invalid response from an upstream server", 502),
    ("an error occurred while processing your request", 500),
    ("backend fetch failed", 503),
    ("sorry, the page you are looking for is currently unavailable", 502),
)
# PHP that shows its errors ends with one of these where it had to stop, and says 200.
_fatal: Final = re.compile(r"<b>(Fatal|Parse) error</b>: {1,3}([^\n<]{1,200})", re.IGNORECASE)
_menu: Final = re.compile(r"<nav\b|role=[\"']navigation", re.IGNORECASE)


class ErrorPage(NamedTuple):
    """An error page: the status it speaks of and the text that shows it."""

    status: int
    evidence: str


@once
def error_page(exchange: Exchange) -> ErrorPage | None:
    """The error page that a response's content is; None where it is none.

    Only small documents without navigation count: larger ones *write about* errors.
    """
    response = exchange.response
    if response is None or response.body.unavailable is not None or not response.body.complete:
        return None
    content = response.body.content or b""
    if not content or len(content) > _LARGEST or content[:1] in b"{[":
        return None
    text = response.body.text or ""
    page = _of_page(text) if text.lstrip()[:1] == "<" else _of_plain(text)
    return None if page is None or _menu.search(text) else page


def _of_page(text: str) -> ErrorPage | None:
    lower = text.lower()
    if "> on line <b>" in lower and (match := _fatal.search(text)) is not None:
        return ErrorPage(500, f"{match[1]} error: {match[2].strip()}")
    for tag, pattern in (("<title", _title), ("<h1", _heading)):
        match = pattern.search(text) if tag in lower else None
        if match is not None and (page := _of_line(match[1].strip())):
            return page
    return next((ErrorPage(status, banner) for banner, status in _BANNERS if banner in lower), None)


def _of_line(line: str) -> ErrorPage | None:
    match = _status.match(line)
    if match is not None and _reads_like_status(match[2]):
        return ErrorPage(int(match[1]), line)
    status = _PHRASES.get(line.strip(" .!").lower())
    return ErrorPage(status, line) if status is not None else None


def _reads_like_status(rest: str) -> bool:
    """``502 Bad Gateway`` is a status line; ``404 ways to cook rice`` is not."""
    words = rest.strip(" .!-|").lower()
    if not words:
        return True
    return any(
        phrase in words
        for phrase in (
            "not found",
            "gateway",
            "unavailable",
            "server error",
            "forbidden",
            "unauthorized",
            "bad request",
            "denied",
            "time-out",
            "timeout",
            "error",
            "too many",
            "not allowed",
            "gone",
            "method",
        )
    )


def _of_plain(text: str) -> ErrorPage | None:
    text = text.strip()
    if len(text) > 1024:
        return None
    lower = text.lower()
    banner = next((ErrorPage(status, text) for banner, status in _BANNERS if lower.startswith(banner)), None)
    if banner is not None:
        return banner
    first = text.partition("\n")[0].strip()
    # A number alone is what was asked for: a count, a price, a reading.
    return _of_line(first) if len(first) <= 80 and not first.isdigit() else None
