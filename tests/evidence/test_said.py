"""Texts that surround what a service says: stock sentences, echoes, tracebacks; and codes inside texts."""

from __future__ import annotations

import pytest

from lab.rule import answer
from wirelint.core.wire import exchanges
from wirelint.evidence.said import Said, said

TRACE = '<pre>Traceback (most recent call last):\n  File "x.py", line 1, in f\n    g()\nValueError: bad colour\n</pre>'


def told(status: str, kind: str, body: str) -> Said:
    (exchange,) = exchanges(answer(status, f"Content-Type: {kind}", body=body))
    return said(exchange)


WEBOB = "403 Forbidden\n\nAccess was denied to this resource.\n\n\nYou must be logged in\n\n"
BOTTLE = """<title>Error: 404 Not Found</title><p>Sorry, the requested URL <tt>&#039;http://a/age/-3&#039;</tt>
caused an error:</p><pre>Age must be positive</pre>"""
GROONGA = '[[-22, 17.5, 0.1, "nonexistent table: <T>"], false]'


@pytest.mark.parametrize(
    ("status", "kind", "body", "prose"),
    [
        ("403 Forbidden", "text/plain", WEBOB, "You must be logged in"),
        ("404 Not Found", "text/html", BOTTLE, "Age must be positive"),
        (
            "500 Internal Server Error",
            "text/html",
            f"<p>No such task</p>{TRACE}",
            "No such task\nValueError: bad colour",
        ),
        ("400 Bad Request", "application/json", GROONGA, "nonexistent table: <T>"),
        ("403 Forbidden", "application/json", '{"reason": "403 Forbidden: Sign in first"}', "Sign in first"),
        ("404 Not Found", "application/json", '{"reason": "403 Forbidden: no"}', "403 Forbidden: no"),
        (
            "404 Not Found",
            "text/html",
            "<p>Howdy guest (you're not logged in)</p><p>No such file</p>",
            "Howdy guest \nNo such file",
        ),
        ("401 Unauthorized", "text/html", "<p>You are not logged in (yet)</p>", "You are not logged in (yet)"),
        ("404 Not Found", "text/plain", "The resource could not be found.", "The resource could not be found."),
    ],
)
def test_only_what_the_service_itself_says(status: str, kind: str, body: str, prose: str) -> None:
    lines = told(status, kind, body).prose.splitlines()
    assert [line for line in lines if line.strip()] == prose.splitlines()


def test_codes_inside_texts() -> None:
    text = "Code: 57. DB::Exception: Table default.t already exists. (TABLE_ALREADY_EXISTS) (version 23.3)"
    assert told("500 Internal Server Error", "text/plain", text).codes == ("TABLE_ALREADY_EXISTS",)
    assert told("500 Internal Server Error", "application/json", '{"message": "INVALID_TOKEN"}').codes == (
        "INVALID_TOKEN",
    )
    assert told("200 OK", "text/plain", "A label (MAX_LENGTH) for a field").codes == ()
    assert told("500 Internal Server Error", "application/json", '{"message": "Invalid"}').codes == ()
