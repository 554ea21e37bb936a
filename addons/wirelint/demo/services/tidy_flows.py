"""Requests to the tidy service, and its answers."""

from __future__ import annotations

from wirelint.demo.flow import Scenario, flow

_READER = {"Authorization": "Bearer demo-reader"}
_WRITER = {"Authorization": "Bearer demo-writer"}


def _problem(status: int, title: str, detail: str) -> str:
    return f'{{"type":"about:blank","title":"{title}","status":{status},"detail":"{detail}"}}'


_WRONG_PASSWORD = Scenario(
    name="tidy-wrong-password",
    shows="A failed login is a 401 with a challenge.",
    request="POST /sessions",
    sends='{"email":"demo@tidy.example","password":"demo-wrong"}',
    status=401,
    answer=_problem(401, "Unauthorized", "Wrong e-mail or password."),
)
_SIGN_IN = Scenario(
    name="tidy-sign-in",
    shows="A login that succeeds, and says where the session is.",
    request="POST /sessions",
    sends='{"email":"demo@tidy.example","password":"demo-right"}',
    status=201,
    answer='{"token":"demo-reader"}',
)
_SESSION = Scenario(
    name="tidy-session",
    shows="The session that the login pointed to.",
    request="GET /sessions/{id}",
    headers=_READER,
    status=200,
    answer='{"name":"Demo Reader"}',
)
_STRANGER = Scenario(
    name="tidy-stranger",
    shows="Without credentials: a 401 with a challenge.",
    request="GET /reports",
    status=401,
    answer=_problem(401, "Unauthorized", "Sign in first."),
)
_EXPIRED = Scenario(
    name="tidy-expired",
    shows="With an expired token: a 401 whose challenge says so.",
    request="GET /reports",
    headers={"Authorization": "Bearer demo-expired"},
    status=401,
    answer=_problem(401, "Unauthorized", "That token has expired."),
)
_FORBIDDEN = Scenario(
    name="tidy-forbidden",
    shows="Known, and not allowed: a 403.",
    request="GET /reports",
    headers=_READER,
    status=403,
    answer=_problem(403, "Forbidden", "Reports are for writers."),
)
_REPORTS = Scenario(
    name="tidy-reports",
    shows="Known and allowed.",
    request="GET /reports",
    headers=_WRITER,
    status=200,
    answer='{"reports":["tea","pots"]}',
)
_CREATE = Scenario(
    name="tidy-create-note",
    shows="A 201 that says where the new note is.",
    request="POST /notes",
    headers=_WRITER,
    sends='{"text":"brew {n}"}',
    status=201,
    answer='{"id":"{id}","text":"brew {n}"}',
)
_READ = Scenario(
    name="tidy-read-note",
    shows="The note is there.",
    request="GET /notes/{id}",
    headers=_WRITER,
    status=200,
    answer='{"id":"{id}","text":"brew {n}"}',
)
_REPLACE = Scenario(
    name="tidy-replace-note",
    shows="A change that needs no content: 204.",
    request="PUT /notes/{id}",
    headers=_WRITER,
    sends='{"text":"brew more"}',
    status=204,
)
_DELETE = Scenario(
    name="tidy-delete-note",
    shows="A deletion: 204.",
    request="DELETE /notes/{id}",
    headers=_WRITER,
    status=204,
)
_GONE = Scenario(
    name="tidy-gone-note",
    shows="What was deleted is not found.",
    request="GET /notes/{id}",
    headers=_WRITER,
    status=404,
    answer=_problem(404, "Not Found", "Nothing is here."),
)
_MALFORMED = Scenario(
    name="tidy-malformed",
    shows="JSON that does not parse: a 400.",
    request="POST /notes",
    headers=_WRITER,
    sends='{"text": "brew",}',
    status=400,
    answer=_problem(400, "Bad Request", "The content is no JSON."),
)
_EMPTY = Scenario(
    name="tidy-empty-note",
    shows="JSON that parses and does not do: a 422.",
    request="POST /notes",
    headers=_WRITER,
    sends='{"text":""}',
    status=422,
    answer=_problem(422, "Unprocessable Content", "A note needs a text."),
)
_WRONG_METHOD = Scenario(
    name="tidy-wrong-method",
    shows="A 405 that says which methods would do.",
    request="PATCH /notes/{n}",
    headers=_WRITER,
    sends='{"text":"brew"}',
    status=405,
    answer=_problem(405, "Method Not Allowed", "See the Allow field."),
)
_SEARCH = Scenario(
    name="tidy-search",
    shows="A caller within its limits.",
    request="GET /search?q=tea-{n}",
    headers={"X-API-Key": "demo-fresh"},
    status=200,
    answer='{"hits":[]}',
)
_THROTTLED = Scenario(
    name="tidy-throttled",
    shows="A 429 that says when to come back.",
    request="GET /search?q=tea-{n}",
    headers={"X-API-Key": "demo-spent"},
    status=429,
    answer=_problem(429, "Too Many Requests", "Come back in a second."),
)
_MAINTENANCE = Scenario(
    name="tidy-maintenance",
    shows="A 503 that says until when.",
    request="GET /archive",
    status=503,
    answer=_problem(503, "Service Unavailable", "Down for maintenance."),
)
_WEATHER = Scenario(
    name="tidy-weather",
    shows="A backend that answers, passed on.",
    request="GET /weather",
    status=200,
    answer='{"degrees": 7}',
)
_STOCK = Scenario(
    name="tidy-slow-stock",
    shows="A backend that timed out: a 504.",
    request="GET /stock/tea-{n}",
    status=504,
    answer=_problem(504, "Gateway Timeout", "The stock service did not answer in time."),
)
_PRICES = Scenario(
    name="tidy-dead-prices",
    shows="A backend that refused the connection: a 502.",
    request="GET /prices/tea-{n}",
    status=502,
    answer=_problem(502, "Bad Gateway", "The price service cannot be reached."),
)
_CATALOG = Scenario(
    name="tidy-catalog",
    shows="A list with a validator.",
    request="GET /catalog",
    status=200,
    answer='{"items":["tea","pot"]}',
)
_UNCHANGED = Scenario(
    name="tidy-unchanged",
    shows="The same again, unchanged: a 304.",
    request="GET /catalog",
    headers={"If-None-Match": '"tea-7"'},
    status=304,
)
_MOVED = Scenario(
    name="tidy-moved",
    shows="A redirect that says whereto.",
    request="GET /catalogue",
    status=301,
    answer="See /catalog.\n",
)
_PARTIAL = Scenario(
    name="tidy-partial-graphql",
    shows="GraphQL with data and one field missing: a success, and the error is told in the content.",
    request="POST /graphql",
    sends='{"query":"{tea{price reviews}}"}',
    status=200,
    answer=(
        '{"data":{"tea":{"price":4.5,"reviews":null}},'
        '"errors":[{"message":"Reviews are not available just now.","path":["tea","reviews"]}]}'
    ),
)
_BAD_QUERY = Scenario(
    name="tidy-bad-graphql",
    shows="GraphQL without data, in the media type that ties status and content together: a 400.",
    request="POST /graphql",
    sends='{"query":"{coffee}"}',
    status=400,
    answer='{"errors":[{"message":"Cannot query field."}]}',
)
_EVENTS = Scenario(
    name="tidy-events",
    shows="A stream of server-sent events.",
    request="GET /events",
    headers={"Accept": "text/event-stream"},
    status=200,
    answer="event: brew\ndata: 1\n\nevent: brew\ndata: 2\n\nevent: brew\ndata: 3\n\n",
)

FLOWS = (
    flow("shopper", _WRONG_PASSWORD, _SIGN_IN, _SESSION),
    flow("shopper", _CATALOG, _UNCHANGED, weight=2),
    flow("shopper", _MOVED, _CATALOG),
    flow("mobile app", _WEATHER, weight=2),
    flow("mobile app", _PARTIAL),
    flow("mobile app", _EVENTS),
    flow("mobile app", _SEARCH, weight=3),
    flow("mobile app", _STOCK),
    flow("mobile app", _PRICES),
    flow("mobile app", _THROTTLED),
    flow("admin script", _CREATE, _READ, _REPLACE, _DELETE, _GONE, weight=3),
    flow("admin script", _REPORTS, weight=2),
    flow("editor", _FORBIDDEN),
    flow("editor", _EXPIRED),
    flow("stranger", _STRANGER, weight=2),
    flow("sloppy script", _MALFORMED),
    flow("sloppy script", _EMPTY),
    flow("sloppy script", _WRONG_METHOD),
    flow("sloppy script", _BAD_QUERY),
    flow("monitoring", _MAINTENANCE),
)
