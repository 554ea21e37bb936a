"""The correct service: it does right what the others get wrong. Its requests are in ``tidy_flows``."""

from __future__ import annotations

import itertools
import time
from collections import OrderedDict
from collections.abc import Iterator

from wirelint.demo.app import App, Call, Reply, as_json, problem
from wirelint.demo.backends import BackendError, Backends, BackendTimeoutError

_MOST_NOTES = 1000
_GRAPHQL = "application/graphql-response+json"
_CATALOG_TAG = '"tea-7"'


def _known(call: Call) -> bool:
    return call.credential in {"demo-reader", "demo-writer"}


def _unknown(call: Call) -> Reply:
    if call.credential is None:
        return problem(401, "Unauthorized", "Sign in first.", WWW_Authenticate='Bearer realm="tidy"')
    challenge = 'Bearer realm="tidy", error="invalid_token"'
    return problem(401, "Unauthorized", "That token has expired.", WWW_Authenticate=challenge)


def _not_found(_: Call) -> Reply:
    return problem(404, "Not Found", "Nothing is here.")


def _wrong_method(_: Call, allowed: list[str]) -> Reply:
    return problem(405, "Method Not Allowed", "See the Allow field.", Allow=", ".join(allowed))


def _malformed(_: Call, error: Exception) -> Reply:
    if isinstance(error, ValueError):
        return problem(400, "Bad Request", "The content is no JSON.")
    return problem(500, "Internal Server Error", "That is our fault.")


def build() -> App:
    """Build the service, without notes, and with its backends listening."""
    app = App("tidy", not_found=_not_found, wrong_method=_wrong_method, crashed=_malformed)
    _people(app)
    _notes(app)
    _limits(app)
    _backed(app, Backends())
    _formats(app)
    return app


def _people(app: App) -> None:
    @app.route("POST /sessions")
    def sign_in(call: Call) -> Reply:
        if call.json().get("password") != "demo-right":
            detail = "Wrong e-mail or password."
            return problem(401, "Unauthorized", detail, WWW_Authenticate='Bearer realm="tidy"')
        return as_json(201, {"token": "demo-reader"}, Location="/sessions/current")

    @app.route("GET /sessions/current")
    def session(call: Call) -> Reply:
        return as_json(200, {"name": "Demo Reader"}) if _known(call) else _unknown(call)

    @app.route("GET /reports")
    def reports(call: Call) -> Reply:
        if not _known(call):
            return _unknown(call)
        if call.credential != "demo-writer":
            return problem(403, "Forbidden", "Reports are for writers.")
        return as_json(200, {"reports": ["tea", "pots"]})


def _notes(app: App) -> None:
    notes: OrderedDict[str, str] = OrderedDict()
    numbers = itertools.count(1)

    @app.route("POST /notes")
    def create(call: Call) -> Reply:
        text = call.json().get("text")
        if not text:
            return problem(422, "Unprocessable Content", "A note needs a text.")
        number = str(next(numbers))
        notes[number] = text
        if len(notes) > _MOST_NOTES:
            notes.popitem(last=False)
        return as_json(201, {"id": number, "text": text}, Location=f"/notes/{number}")

    @app.route("GET /notes/{id}")
    def read(call: Call) -> Reply:
        number = call.captured["id"]
        return as_json(200, {"id": number, "text": notes[number]}) if number in notes else _not_found(call)

    @app.route("PUT /notes/{id}")
    def replace(call: Call) -> Reply:
        number = call.captured["id"]
        if number not in notes:
            return _not_found(call)
        notes[number] = call.json()["text"]
        return Reply(204)

    @app.route("DELETE /notes/{id}")
    def delete(call: Call) -> Reply:
        return Reply(204) if notes.pop(call.captured["id"], None) is not None else _not_found(call)


def _limits(app: App) -> None:
    @app.route("GET /search")
    def search(call: Call) -> Reply:
        if call.fields.get("x-api-key") == "demo-spent":
            return problem(429, "Too Many Requests", "Come back in a second.", Retry_After="1")
        return as_json(200, {"hits": []})

    @app.route("GET /archive")
    def archive(_: Call) -> Reply:
        return problem(503, "Service Unavailable", "Down for maintenance.", Retry_After="120")


def _backed(app: App, backends: Backends) -> None:
    @app.route("GET /weather")
    def weather(_: Call) -> Reply:
        return Reply(200, backends.fetch("steady", known_as="weather:9000").content, "application/json")

    @app.route("GET /stock/{sku}")
    def stock(_: Call) -> Reply:
        try:
            return Reply(200, backends.fetch("slow", known_as="stock:9000").content, "application/json")
        except BackendTimeoutError:
            return problem(504, "Gateway Timeout", "The stock service did not answer in time.")

    @app.route("GET /prices/{sku}")
    def prices(_: Call) -> Reply:
        try:
            return Reply(200, backends.fetch("dead", known_as="prices:9000").content, "application/json")
        except BackendError:
            return problem(502, "Bad Gateway", "The price service cannot be reached.")


def _formats(app: App) -> None:
    @app.route("GET /catalog")
    def catalog(call: Call) -> Reply:
        if call.fields.get("if-none-match") == _CATALOG_TAG:
            return Reply(304, fields={"ETag": _CATALOG_TAG})
        return as_json(200, {"items": ["tea", "pot"]}, ETag=_CATALOG_TAG)

    @app.route("GET /catalogue")
    def moved(_: Call) -> Reply:
        return Reply(301, b"See /catalog.\n", "text/plain; charset=utf-8", {"Location": "/catalog"})

    @app.route("POST /graphql")
    def graphql(call: Call) -> Reply:
        if "tea" not in call.json()["query"]:
            return as_json(400, {"errors": [{"message": "Cannot query field."}]}, _GRAPHQL)
        errors = [{"message": "Reviews are not available just now.", "path": ["tea", "reviews"]}]
        return as_json(200, {"data": {"tea": {"price": 4.5, "reviews": None}}, "errors": errors}, _GRAPHQL)

    @app.route("GET /events")
    def events(_: Call) -> Reply:
        return Reply(200, media="text/event-stream", fields={"Cache-Control": "no-store"}, pieces=_events())


def _events() -> Iterator[bytes]:
    for number in range(1, 4):
        yield b"event: brew\ndata: %d\n\n" % number
        time.sleep(0.03)
