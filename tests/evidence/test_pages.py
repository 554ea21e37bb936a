"""Which pages stand in place of an answer, and which are what was asked for."""

from __future__ import annotations

import pytest

from wirelint.core import wire
from wirelint.core.exchange import Exchange
from wirelint.evidence.pages import error_page, is_application_shell

SITE = "<header><a href=/>Home</a></header><nav><a href=/login>Log in</a></nav>"


def answered(page: str, *, path: str = "/orders/7", media: str = "text/html", status: str = "200 OK") -> Exchange:
    (found,) = wire.exchanges(f"GET {path} HTTP/1.1\nHost: a\n\nHTTP/1.1 {status}\nContent-Type: {media}\n\n{page}\n")
    return found


@pytest.mark.parametrize(
    ("page", "status"),
    [
        ("<html><head><title>502 Bad Gateway</title></head><body></body></html>", 502),
        ("<title>Page not found &mdash; Shop</title><body><h1>Page not found</h1></body>", 404),
        ("<html><title>Shop</title><body><h1>Not Found</h1></body></html>", 404),
        ("<html><body><p>Error establishing a database connection</p></body></html>", 500),
        (
            "<html><title>Database Error</title><body>Unable to connect to the database</body></html>",
            500,
        ),
        (
            "<title>Rejected</title>The requested URL was rejected. Please consult with your administrator.",
            403,
        ),
        ("<title>Attention Required! | Cloudflare</title><h1>Sorry, you have been blocked</h1>", 403),
        ("<html><title>Shop</title><body>Request unsuccessful. Incapsula incident ID: 7-8</body></html>", 403),
        (
            "<title>Maintenance</title><h1>We are performing some scheduled maintenance.<br>Back soon.</h1>",
            503,
        ),
        ("<title>Wiki</title><p>The site is down for maintenance. Please try again later.</p>", 503),
        ("<html><body>Access denied for user 'shop'@'localhost' (using password: YES)</body></html>", 500),
        ("<html><head><title>Error</title></head><body><h1>An error occurred while saving</h1></body></html>", 500),
        ("<html><body>You must be logged in to view this order.</body></html>", 401),
        (
            f"<title>Permission error - Wiki</title>{SITE}<h1>Permission error</h1><p>Sorry.</p>",
            403,
        ),
        (f"<title>Page not found | Shop</title>{SITE}<h1 class=x>Page not found</h1>{'<p>Try these.</p>' * 900}", 404),
    ],
)
def test_pages_in_place_of_an_answer(page: str, status: int | None) -> None:
    found = error_page(answered(page))
    assert found is not None
    assert found.status == status


@pytest.mark.parametrize(
    ("page", "path"),
    [
        ("<title>Maintenance</title><h1>Maintenance</h1><p>We look after your car.</p>", "/services"),
        ("<title>Access denied - Wiki</title><h1>Access denied</h1><p>A message.</p>", "/wiki/Access_denied"),
        ("<title>Too many connections</title><p>Too many connections: what to do", "/kb/too-many-connections"),
        (f"<title>Not found: a novel</title>{SITE}<h1>Not found</h1>", "/books/7"),
        (f"<title>Orders</title>{SITE}<h1>Page not found</h1>", "/orders"),
        (f"<title>Errors</title>{SITE}<p>Error establishing a database connection</p>", "/kb/7"),
        ("<title>Log in</title><form><p>You must be logged in</p><input name=user></form>", "/login"),
        ("<title>Log</title><pre>" + "The job failed.\n" * 200 + "</pre>", "/log"),
        ("<title>Orders</title><p>No orders yet.</p>", "/orders"),
        ("<title>Purged</title><h1>Error 200 Purged</h1>", "/orders"),
        ("<p>Is your printer not connected?</p>", "/kb/8"),
        ("<title>404 ways to cook rice</title><p>One.</p>", "/rice"),
    ],
)
def test_pages_that_were_asked_for(page: str, path: str) -> None:
    assert error_page(answered(page, path=path)) is None


def test_xml_and_error_statuses_are_read_elsewhere() -> None:
    assert error_page(answered("<r><title>Page not found</title></r>", media="text/xml")) is None
    page = "<html><body><p>You may not delete this page.</p></body></html>"
    assert error_page(answered(page, status="403 Forbidden")) is None


def test_the_frame_of_an_application_has_no_text() -> None:
    frame = '<!doctype html><title>Shop</title><div id="root"></div><script type="module" src="/a.js"></script>'
    assert is_application_shell(frame)
    assert is_application_shell("<html><body><app-root></app-root><script src=main.js></script>")
    assert not is_application_shell(frame.replace("src=", "data-x="))
    assert not is_application_shell(frame.replace("></div>", "><p>Orders</p></div>"))
    assert not is_application_shell(frame + "<p>" + "A page rendered by the server. " * 9)


@pytest.mark.parametrize(
    "page",
    [
        "<title>What does error 404 Not Found mean?</title><h1>Error 404 explained</h1><p>The page could not be found.",
        "<title>Help</title><h1>404 Not Found: how to fix it</h1><p>Page not found means a wrong link.</p>",
    ],
)
def test_an_article_about_errors_is_none(page: str) -> None:
    assert error_page(answered(page, path="/faq/7")) is None
