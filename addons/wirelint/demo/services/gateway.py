"""A gateway in front of flaky backends, which hides the outcome of its calls."""

from __future__ import annotations

from collections.abc import Callable

from wirelint.demo.app import App, Call, Reply, as_json, as_text
from wirelint.demo.backends import BackendError, Backends, BackendTimeoutError, Fetched
from wirelint.demo.flow import Scenario, flow

_PROXY_PAGE = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
_ROWS = "sku,sold\n" + "".join(f"tea-{n},{n * 7}\n" for n in range(60))


def build() -> App:
    """Build the service, with its backends listening."""
    app = App("gateway")
    backends = Backends()
    _relay(app, "/weather", lambda: backends.fetch("steady", known_as="weather:9000"), _raised)
    _relay(app, "/stock/{sku}", lambda: backends.fetch("slow", known_as="stock:9000"), _as_internal_error)
    _relay(app, "/prices/{sku}", lambda: backends.fetch("dead", known_as="prices:9000"), _as_exception_text)
    _relay(app, "/similar/{sku}", lambda: backends.fetch("dead", known_as="similar:9000"), _as_empty_list)
    _relay(app, "/reviews/{sku}", lambda: backends.fetch("garbled", known_as="reviews:9000"), _as_proxy_page)
    _relay(app, "/shipping/{sku}", lambda: backends.fetch("slow", known_as="shipping:9000"), _as_it_was)
    _relay(app, "/export.csv", lambda: backends.fetch("broken", known_as="export:9000"), _raised)
    return app


def _relay(app: App, path: str, fetch: Callable[[], Fetched], failed: Callable[[Call, BackendError], Reply]) -> None:
    """Return a route that forwards a backend's answer, and calls ``failed`` if there is none."""
    media = "text/csv; charset=utf-8" if path.endswith(".csv") else "application/json"

    @app.route(f"GET {path}")
    def relay(call: Call) -> Reply:
        try:
            fetched = fetch()
        except BackendError as error:
            return failed(call, error)
        cut = len(fetched.content) < fetched.announced
        return Reply(200, fetched.content, media, announced=fetched.announced if cut else None)


def _raised(_: Call, error: BackendError) -> Reply:
    raise error


def _as_internal_error(_: Call, error: BackendError) -> Reply:
    return as_text(500, str(error))


def _as_exception_text(_: Call, error: BackendError) -> Reply:
    return as_json(500, {"message": f"request to http://prices:9000/ failed: {error}"})


def _as_empty_list(call: Call, error: BackendError) -> Reply:
    return as_json(200, {"sku": call.captured["sku"], "items": [], "error": str(error)})


def _as_proxy_page(_: Call, __: BackendError) -> Reply:
    return as_text(200, _PROXY_PAGE, "text/html; charset=utf-8")


def _as_it_was(_: Call, error: BackendError) -> Reply:
    if isinstance(error, BackendTimeoutError):
        return as_json(504, {"error": "shipping did not answer in time"})
    return as_json(502, {"error": "shipping cannot be reached"})


_WEATHER = Scenario(
    name="gateway-weather",
    shows="A backend that answers, passed on.",
    request="GET /weather",
    status=200,
    answer='{"degrees": 7}',
)
_STOCK = Scenario(
    name="gateway-slow-stock",
    shows="The backend timed out, and the client is told 500 instead of 504.",
    request="GET /stock/tea-{n}",
    status=500,
    answer="upstream request timeout",
    rule="masked-upstream-text",
)
_PRICES = Scenario(
    name="gateway-dead-prices",
    shows="The backend refused the connection, and the client is told 500 instead of 502.",
    request="GET /prices/tea-{n}",
    status=500,
    answer='{"message":"request to http://prices:9000/ failed: connect ECONNREFUSED prices:9000"}',
    rule="masked-upstream-text",
)
_SIMILAR = Scenario(
    name="gateway-dead-similar",
    shows="The backend refused the connection, and the client is told 200.",
    request="GET /similar/tea-{n}",
    status=200,
    answer='{"sku":"tea-{n}","items":[],"error":"connect ECONNREFUSED similar:9000"}',
    rule="masked-upstream-text",
    also=("ok-with-error-body",),
)
_REVIEWS = Scenario(
    name="gateway-garbled-reviews",
    shows="The backend spoke no HTTP, and the proxy's error page comes under 200.",
    request="GET /reviews/tea-{n}",
    status=200,
    answer=_PROXY_PAGE,
    rule="error-page-as-success",
    also=("masked-upstream-text",),
)
_SHIPPING = Scenario(
    name="gateway-slow-shipping",
    shows="The backend timed out, and the client is told so.",
    request="GET /shipping/tea-{n}",
    status=504,
    answer='{"error":"shipping did not answer in time"}',
)
_EXPORT = Scenario(
    name="gateway-broken-export",
    shows="The backend broke off, and so does the response: 200, and half a file.",
    request="GET /export.csv",
    headers={"Accept": "text/csv"},
    status=200,
    answer=_ROWS,
    rule="response-truncated",
    complete=False,
)

FLOWS = (
    flow("mobile app", _WEATHER, weight=4),
    flow("mobile app", _STOCK),
    flow("mobile app", _PRICES),
    flow("shopper", _SIMILAR),
    flow("shopper", _REVIEWS),
    flow("mobile app", _SHIPPING),
    flow("admin script", _EXPORT),
)
