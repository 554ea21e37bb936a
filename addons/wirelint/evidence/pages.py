"""Recognise error pages, which gateways and servers send in place of the answer."""

from __future__ import annotations

import re
from html import unescape
from typing import Final, NamedTuple

from wirelint.core.answers import once_per_answer
from wirelint.core.exchange import Exchange
from wirelint.core.media import Kind
from wirelint.evidence.failures import reads_as_error
from wirelint.evidence.markup import visible_text
from wirelint.evidence.texts import best_status, of_prose

_LARGEST: Final = 8 * 1024
_LARGEST_SITE: Final = 96 * 1024
_SCANNED: Final = 16 * 1024
_LARGEST_SHELL: Final = 32 * 1024
_LONGEST_TEXT: Final = 1500
_LONGEST_MESSAGE: Final = 300
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
_TITLES: Final = {
    "not found": 404, "page not found": 404, "file not found": 404, "404 not found": 404, "error 404": 404, "404 error": 404,
    "object not found": 404, "the page cannot be found": 404, "page does not exist": 404, "no such page": 404,
    "forbidden": 403, "access denied": 403, "permission denied": 403, "permission error": 403, "access forbidden": 403,
    "permissions error": 403, "not authorized": 403, "unauthorized": 401, "authorization required": 401, "bad request": 400,
    "request rejected": 403, "request blocked": 403, "too many requests": 429, "method not allowed": 405,
}  # fmt: skip
"""Titles and headings of error pages for people, with their statuses."""
_GENERAL: Final = frozenset(
    {
        "error",
        "an error occurred",
        "an error has occurred",
        "oops",
        "oops, an error occurred",
        "whoops, looks like something went wrong",
        "something went wrong",
        "server error",
        "application error",
        "unexpected error",
        "system error",
        "runtime error",
        "fatal error",
        "exception",
    }
)
"""Titles that only say that there was an error: the page's text must say so, too."""
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
_NOTICES: Final = (
    ("error establishing a database connection", 500),
    ("could not connect to the database", 500),
    ("could not connect to mysql", 500),
    ("unable to connect to the database", 500),
    ("unable to connect to database", 500),
    ("database connection failed", 500),
    ("database connection error", 500),
    ("cannot access the database", 500),
    ("can't connect to mysql server", 500),
    ("access denied for user", 500),
    ("sqlstate[", 500),
    ("too many connections", 503),
    ("the requested url was rejected. please consult with your administrator", 403),
    ("sorry, you have been blocked", 403),
    ("attention required! | cloudflare", 403),
    ("incapsula incident id", 403),
    ("access denied - sucuri website firewall", 403),
    ("not acceptable! an appropriate representation of the requested resource could not be found", 403),
    ("this request was blocked by the security rules", 403),
    ("request was blocked by the web application firewall", 403),
    ("the request could not be satisfied", 403),
    ("your access to this site has been limited", 403),
    ("access to this page has been denied", 403),
    ("you don't have permission to access", 403),
    ("you do not have permission to access", 403),
    ("web page blocked", 403),
    ("our systems have detected unusual traffic", 429),
    ("briefly unavailable for scheduled maintenance", 503),
    ("the page you requested could not be found", 404),
    ("the requested url was not found on this server", 404),
    ("the page you are looking for could not be found", 404),
    ("the page you're looking for doesn't exist", 404),
)
"""Texts of pages in place of the answer: a database that is down, a firewall, maintenance, a missing page."""
_maintenance: Final = re.compile(
    r"\b(?:under|down for|undergoing|performing|in|for|scheduled|planned|routine|system|site|website|server) (?:some |a |our |an? )?(?:\w+ )?maintenance\b|\bmaintenance mode\b"
)
_back: Final = re.compile(
    r"\bback (?:soon|shortly|online|up|in a|as soon|later)|\b(?:check|try|come|visit) (?:again|back)|\bthank you for your patience|\bsorry for the inconvenience|\btemporarily|\bcurrently|\bunavailable"
)
_success: Final = re.compile(r"\b20[0-4]\b")
_mount: Final = re.compile(
    r"<(?:div|main|section|body)\b[^<>]{0,128}\bid=[\"']?(?:root|app|__next|__nuxt|svelte|q-app|main-app|react-root|vue-app|app-root|application|mount|gatsby-focus-wrapper|___gatsby)\b[^<>]{0,128}>\s{0,64}</"
    r"|<(?:app-root|my-app|ember-app|app-shell)\b[^<>]{0,128}>",
    re.IGNORECASE,
)
_script: Final = re.compile(r"<script\b[^<>]{0,512}\bsrc=", re.IGNORECASE)
_not_word: Final = re.compile(r"[^a-z0-9]+")
_site: Final = re.compile(r"\s+(?:[|\u2013\u2014\u00b7:-]|&[mn]dash;|&middot;|&raquo;|\u00bb)\s+")
# PHP with displayed errors ends with one of these after a fatal error, under 200.
_fatal: Final = re.compile(r"<b>(Fatal|Parse) error</b>: {1,3}([^\n<]{1,200})", re.IGNORECASE)
_menu: Final = re.compile(r"<nav\b|role=[\"']navigation", re.IGNORECASE)


class ErrorPage(NamedTuple):
    """An error page: its status, or None if it only says that something failed, and the text that shows it."""

    status: int | None
    evidence: str
    framed: bool = False
    """Whether it is within a site's frame, with navigation."""


@once_per_answer
def error_page(exchange: Exchange) -> ErrorPage | None:
    """Return the error page in a response; None if it is not one.

    Small documents without navigation count by their text. Larger ones may be *about* errors, unless title and heading
    are those of an error page and the request did not ask for one. Under an error status, only pages of servers and
    gateways count: other pages are the service's own message.
    """
    response = exchange.response
    if response is None or response.body.unavailable is not None:
        return None
    body = response.body
    content = body.content or b""
    if not content or content[:1] in b"{[":
        return None
    success = response.status < 400
    if len(content) > _LARGEST or not body.complete:
        return _of_site(exchange, content, body.text) if success and len(content) <= _LARGEST_SITE else None
    text = body.text or ""
    if text.lstrip()[:1] != "<":
        page = _of_plain(text)
        return None if page is None or _menu.search(text) else page
    if _menu.search(text):
        return _of_site(exchange, content, text) if success else None
    kind = response.headers.media_type.kind
    written = success and kind in (Kind.HTML, Kind.NONE) and not text.lstrip().startswith("<?xml")
    return _of_page(text) or (_of_text(exchange, text) if written else None)


def _of_page(text: str) -> ErrorPage | None:
    lower = text.lower()
    if "> on line <b>" in lower and (match := _fatal.search(text)) is not None:
        return ErrorPage(500, f"{match[1]} error: {match[2].strip()}")
    for tag, pattern in (("<title", _title), ("<h1", _heading)):
        match = pattern.search(text) if tag in lower else None
        if match is not None and (page := _of_line(match[1].strip())):
            return page
    return next((ErrorPage(status, banner) for banner, status in _BANNERS if banner in lower), None)


def _of_site(exchange: Exchange, content: bytes, text: str | None) -> ErrorPage | None:
    """Find an error page in a site's frame: ``Permission error - Wiki`` with the heading ``Permission error``."""
    if b"<h1" not in content[:_LARGEST_SITE] or b"<title" not in content[: _SCANNED // 2]:
        return None
    title = _title.search((text or "")[:_SCANNED])
    named = _named(title[1]) if title is not None else None
    if named is None or _is_asked_for(exchange, named[0]):
        return None
    headings = [_named(heading) for heading in _heading.findall(text or "")[:2]]
    return (
        ErrorPage(named[1], named[0], framed=True)
        if any(each is not None and each[1] == named[1] for each in headings)
        else None
    )


def _of_text(exchange: Exchange, page: str) -> ErrorPage | None:
    """Find a small page whose visible text is only a notice or an error message."""
    text = visible_text(page)
    if not text or len(text) > _LONGEST_TEXT or _article.match(text[:256].replace("\n", " ")) is not None:
        return None
    lower = text.lower().replace("\u2019", "'")
    found = next((ErrorPage(status, notice) for notice, status in _NOTICES if notice in lower), None)
    if found is None and (match := _maintenance.search(lower)) is not None and _back.search(lower):
        found = ErrorPage(503, match[0])
    if found is not None:
        return None if _is_asked_for(exchange, found.evidence) else found
    lines = text.split("\n")
    for line in lines[:2]:
        if (named := _named(line)) is not None:
            return None if _is_asked_for(exchange, named[0]) else ErrorPage(named[1], line)
    message = " ".join(lines[1:] if _name(lines[0]) in _GENERAL and len(lines) > 1 else lines)
    if (
        len(message) > _LONGEST_MESSAGE
        or _success.search(message)
        or not reads_as_error(message)
        or "<form" in page.lower()
    ):
        return None
    return ErrorPage(best_status(of_prose(message)), message)


def _name(line: str) -> str:
    return _site.split(line.strip())[0].strip(" .!:'\"").lower()


def _named(line: str) -> tuple[str, int] | None:
    """Return the error page's name in a title or heading, without the site's name, and its status."""
    name = _name(line)
    status = _TITLES.get(name) or _PHRASES.get(name)
    return None if status is None else (name, status)


def _is_asked_for(exchange: Exchange, name: str) -> bool:
    """Return whether the path requests this subject, such as an article about denied access."""
    asked = _not_word.sub("", exchange.request.target[:512].lower())
    return _not_word.sub("", name) in asked


def is_application_shell(text: str) -> bool:
    """Return whether a page is the empty frame of a single-page application: a mount point, scripts, no text."""
    return (
        len(text) <= _LARGEST_SHELL
        and _mount.search(text) is not None
        and _script.search(text) is not None
        and len("".join(visible_text(text).split("\n")[1:])) <= 120
    )


_article: Final = re.compile(
    r"\s{0,8}(?:what|how|why|when)\b|.{0,120}\b(?:explained|meaning of|how to (?:fix|solve|handle)|what (?:is|does|are))\b",
    re.IGNORECASE,
)
"""The title of an article about errors."""


def _of_line(line: str) -> ErrorPage | None:
    line = unescape(line)
    if _article.match(line) is not None:
        return None
    match = _status.match(line)
    if match is not None and _reads_like_status(match[2]):
        return ErrorPage(int(match[1]), line)
    status = _PHRASES.get(line.strip(" .!").lower())
    return ErrorPage(status, line) if status is not None else None


def _reads_like_status(rest: str) -> bool:
    """Return whether a text is a status line, such as ``502 Bad Gateway``; ``404 ways to cook rice`` is not."""
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
    # A number alone is data: a count, a price, a reading.
    return _of_line(first) if len(first) <= 80 and not first.isdigit() else None
