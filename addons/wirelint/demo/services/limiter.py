"""An API that hides its rate limits: no retry hint, or a status other than 429."""

from __future__ import annotations

import threading
import time

from wirelint.demo.app import App, Call, Reply, as_json
from wirelint.demo.flow import Scenario, flow

_SPENT = {"X-API-Key": "demo-spent"}
_FRESH = {"X-API-Key": "demo-fresh"}
_PER_WINDOW = 2
_WINDOW_SECONDS = 1


class _Window:
    """A limit of calls per window of time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began = 0.0
        self._used = 0

    def admits(self) -> bool:
        with self._lock:
            if (now := time.monotonic()) - self._began >= _WINDOW_SECONDS:
                self._began, self._used = now, 0
            self._used += 1
            return self._used <= _PER_WINDOW


def _spent(call: Call) -> bool:
    return call.fields.get("x-api-key") != "demo-fresh"


def build() -> App:
    """Build the service, with all windows open."""
    app = App("limiter")
    feed_window = _Window()

    @app.route("GET /v1/search")
    def search(call: Call) -> Reply:
        if _spent(call):
            return as_json(429, {"error": "Too many requests"})
        return as_json(200, {"hits": [], "query": call.query.get("q", "")})

    @app.route("GET /v1/feed")
    def feed(_: Call) -> Reply:
        if not feed_window.admits():
            return as_json(429, {"error": "Too many requests"}, Retry_After=str(_WINDOW_SECONDS))
        return as_json(200, {"entries": ["tea is back", "new pots"]})

    @app.route("GET /v1/export")
    def export(call: Call) -> Reply:
        if _spent(call):
            return as_json(403, {"error": "Rate limit exceeded"})
        return as_json(200, {"rows": 3})

    @app.route("GET /v1/quotes")
    def quotes(call: Call) -> Reply:
        if _spent(call):
            return as_json(200, {"status": "error", "message": "Too many requests, please slow down"})
        return as_json(200, {"quote": "Less is more"})

    @app.route("GET /v1/reports")
    def reports(_: Call) -> Reply:
        return as_json(503, {"error": "Down for maintenance"})

    return app


_SEARCH = Scenario(
    name="limiter-search",
    shows="A caller within its limits.",
    request="GET /v1/search?q=tea-{n}",
    headers=_FRESH,
    status=200,
    answer='{"hits":[],"query":"tea-{n}"}',
)
_THROTTLED = Scenario(
    name="limiter-no-hint",
    shows="A 429 that does not say when to come back.",
    request="GET /v1/search?q=tea-{n}",
    headers=_SPENT,
    status=429,
    answer='{"error":"Too many requests"}',
    rule="throttled-without-retry-hint",
)
_FEED = Scenario(
    name="limiter-feed",
    shows="Two a second are fine; what is more gets an honest 429 with Retry-After.",
    request="GET /v1/feed",
    headers=_FRESH,
    status=200,
    answer='{"entries":["tea is back","new pots"]}',
)
_FORBIDDEN = Scenario(
    name="limiter-forbidden",
    shows="A rate limit sent as 403.",
    request="GET /v1/export",
    headers=_SPENT,
    status=403,
    answer='{"error":"Rate limit exceeded"}',
    rule="throttle-misreported",
)
_EXPORT = Scenario(
    name="limiter-export",
    shows="The same within limits.",
    request="GET /v1/export",
    headers=_FRESH,
    status=200,
    answer='{"rows":3}',
)
_QUOTES = Scenario(
    name="limiter-ok",
    shows="A rate limit sent as 200.",
    request="GET /v1/quotes",
    headers=_SPENT,
    status=200,
    answer='{"status":"error","message":"Too many requests, please slow down"}',
    rule="throttle-misreported",
    also=("ok-with-error-body",),
)
_MAINTENANCE = Scenario(
    name="limiter-maintenance",
    shows="A 503 for maintenance that does not say until when.",
    request="GET /v1/reports",
    headers=_FRESH,
    status=503,
    answer='{"error":"Down for maintenance"}',
    rule="unavailable-without-retry-hint",
)

FLOWS = (
    flow("mobile app", _SEARCH, weight=4),
    flow("mobile app", _FEED, weight=3),
    flow("admin script", _FEED),
    flow("mobile app", _THROTTLED),
    flow("admin script", _EXPORT, _FORBIDDEN),
    flow("shopper", _QUOTES),
    flow("monitoring", _MAINTENANCE),
)
