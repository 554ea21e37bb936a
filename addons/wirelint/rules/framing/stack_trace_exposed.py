"""An error response exposes a stack trace

What it does
------------
Reports an error response whose content holds a stack trace of Python, Java, JavaScript, .NET, PHP, Ruby, Go or
Clojure: several frames, or two below the name of an exception.

Why it matters
--------------
A trace shows attackers paths, versions and the structure of the service. It is no use to its users.

Known exceptions
----------------
Services that store logs or show code return traces as data; successful responses are not reported.

How to fix
----------
Log the trace under an id and send the id. Flask: ``debug=False``. Django: ``DEBUG = False``. Spring:
``server.error.include-stacktrace=never``. ASP.NET Core: the developer exception page in development only. Express: set
``NODE_ENV=production``. PHP: ``display_errors = Off``.

References
----------
- https://cwe.mitre.org/data/definitions/209.html
- https://opensource.zalando.com/restful-api-guidelines/#177
"""

import re
from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Reads, Rule, When

_READ: Final = 32 * 1024
_SHORTEST: Final = 60
_MOST_SIGNS: Final = 512  # of each kind
_BEFORE, _BEHIND = 640, 256
# Each kind of frame contains one of these, at most this far from its beginning and its end. Searching them costs a
# hundredth of the pattern.
_SIGNS: Final = (
    ", line ",
    ".java:",
    ".kt:",
    ".scala:",
    ".groovy:",
    "Native Method",
    "Unknown Source",
    "js:",
    "ts:",
    ":line ",
    ".php(",
    ".rb:",
    ".clj:",
    ".go:",
)
_frame: Final = re.compile(
    r"File (?:\\?\"|&quot;|&#34;)[^\"\n]{1,200}(?:\\?\"|&quot;|&#34;), line \d{1,6}"
    r"|\bat [\w.$<>]{3,160}\((?:[\w$]{1,80}\.(?:java|kt|scala|groovy):\d{1,6}|Native Method|Unknown Source)\)"
    # Tomcat omits the «at».
    r"|(?<![\w.])[a-z]{1,24}(?:\.|/|&#47;)[\w.$<>]{3,160}\([\w$]{1,80}\.(?:java|kt|scala|groovy):\d{1,6}\)"
    r"|\bat (?:async )?[^\s()]{0,120} ?\(?[\w@./\\:-]{1,200}\.[cm]?[jt]s:\d{1,6}:\d{1,6}\)?"
    r"|\bat [\w.`<>\[\],]{3,160}\([^()\n]{0,160}\) in [^\n]{1,200}\.(?:cs|vb|fs):line \d{1,6}"
    r"|#\d{1,3} [^\s()]{1,200}\.php\(\d{1,6}\)"
    r"|[\w/.-]{1,200}\.rb:\d{1,6}:in [`']"
    r"|\b[\w$.*!?-]{3,160}\((?:\w{1,60}\.clj):\d{1,6}\)"
    r"|\b[\w./-]{1,160}\.go:\d{1,6} \+0x"
)
_error: Final = re.compile(r"Traceback|[Ee]xception|\b\w{0,40}Error\b|Caused by:|panic:|goroutine")

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="frames have a form that prose never has",
    basis="policy: CWE-209",
    when=When(status="4xx 5xx"),
    needs_fields=False,
    reads=Reads.PREFIX,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Count frames."""
    response = exchange.response
    text = (response.body.text or "")[:_READ]
    if len(text) < _SHORTEST:
        return
    signs = [sign for sign in _SIGNS if sign in text]
    if not signs:
        return
    frames = [frame for start, end in _places(text, signs) for frame in _frame.findall(text, start, end)]
    if len(frames) >= 3 or (len(frames) >= 2 and _error.search(text)):
        yield Hit(f"{exchange.status} with a stack trace", frames[0].strip())


def _places(text: str, signs: list[str]) -> list[tuple[int, int]]:
    """Return where frames can be: around their marks, in order, without overlap."""
    found: list[int] = []
    for sign in signs:
        at = text.find(sign)
        left = _MOST_SIGNS
        while at >= 0 and left:
            found.append(at)
            at, left = text.find(sign, at + 1), left - 1
    places: list[tuple[int, int]] = []
    for at in sorted(found):
        start, end = max(0, at - _BEFORE), at + _BEHIND
        if places and start <= places[-1][1]:
            start = places.pop()[0]
        places.append((start, end))
    return places


BAD = (
    """\
GET /orders HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: text/plain

Traceback (most recent call last):
  File "/srv/shop/views.py", line 12, in orders
    return load(request)
  File "/srv/shop/store.py", line 40, in load
    return rows[0]
IndexError: list index out of range
""",
    """\
GET /pages?n=abc HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: text/html

<html><body><h1>HTTP Status 500</h1><pre>java.lang.IllegalStateException: no page
	java.base&#47;java.util.Optional.orElseThrow(Optional.java:403)
	shop.Pages.page(Pages.java:31)
	jakarta.servlet.http.HttpServlet.service(HttpServlet.java:658)
</pre></body></html>
""",
)

GOOD = (
    """\
GET /orders HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "Internal Server Error", "id": "3f2a"}
""",
)
