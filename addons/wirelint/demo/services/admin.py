"""An administration API that confuses 401 and 403, with other faults of common frameworks."""

from __future__ import annotations

from wirelint.demo.app import App, Call, Reply, as_json, as_text, problem
from wirelint.demo.flow import Scenario, flow

_ADMIN = {"Authorization": "Token demo-admin"}
_EDITOR = {"Authorization": "Token demo-editor"}
_KNOWN = ("demo-admin", "demo-editor")
_PAGE = (
    '<!doctype html>\n<html lang="en">\n<head><title>Page not found</title></head>\n'
    "<body>\n<h1>Page not found</h1>\n<p>There is no such report.</p>\n</body>\n</html>\n"
)


def _crashed(_: Call, __: Exception) -> Reply:
    return as_json(500, {"error": "Internal Server Error"})


def _wrong_method(call: Call, _: list[str]) -> Reply:
    return as_json(405, {"detail": f"Method {call.method} not allowed."})


def build() -> App:
    """Build the service."""
    app = App("admin", wrong_method=_wrong_method, crashed=_crashed)

    @app.route("GET /users")
    def users(call: Call) -> Reply:
        if call.credential not in _KNOWN:
            return as_json(403, {"detail": "Authentication credentials were not provided."})
        return as_json(200, {"count": 2, "results": [{"name": "ada"}, {"name": "grace"}]})

    @app.route("POST /users")
    def add_user(call: Call) -> Reply:
        name = call.json()["name"]  # the developers forgot bodies that are not JSON
        return as_json(201, {"name": name}, Location=f"/users/{name}")

    @app.route("GET /users/{name}")
    def user(call: Call) -> Reply:
        if (name := call.captured["name"]) not in ("ada", "grace"):
            return as_json(200, {"statusCode": 404, "message": "User not found"})
        return as_json(200, {"name": name, "role": "admin"})

    _rights(app)
    return app


def _rights(app: App) -> None:
    @app.route("GET /audit")
    def audit(call: Call) -> Reply:
        if call.credential == "demo-admin":
            return as_json(200, {"entries": 7})
        detail = "You do not have permission to perform this action."
        return as_json(401, {"detail": detail}, WWW_Authenticate='Token realm="admin"')

    @app.route("GET /settings")
    def settings(_: Call) -> Reply:
        return as_json(200, {"theme": "dark", "language": "en"})

    @app.route("POST /invitations")
    def invite(call: Call) -> Reply:
        if (role := call.json()["role"]) not in ("admin", "editor"):
            return problem(400, "Unprocessable Content", "The role must be admin or editor.", declared=422)
        return as_json(201, {"role": role}, Location="/invitations/1")

    @app.route("GET /reports/{number}")
    def report(_: Call) -> Reply:
        return as_text(404, _PAGE, "text/html; charset=utf-8")


_USERS = Scenario(
    name="admin-users",
    shows="A list for those who are known.",
    request="GET /users",
    headers=_ADMIN,
    status=200,
    answer='{"count":2,"results":[{"name":"ada"},{"name":"grace"}]}',
)
_STRANGER = Scenario(
    name="admin-stranger",
    shows="Credentials are missing, which is 401, and a stranger is told 403.",
    request="GET /users",
    status=403,
    answer='{"detail":"Authentication credentials were not provided."}',
    rule="missing-credentials-as-403",
)
_ADD_USER = Scenario(
    name="admin-add-user",
    shows="A 201 that says where, as it should be.",
    request="POST /users",
    headers=_ADMIN,
    sends='{"name":"user-{n}"}',
    status=201,
    answer='{"name":"user-{n}"}',
)
_MALFORMED = Scenario(
    name="admin-malformed",
    shows="JSON that does not parse is the client's fault, and the service says that it was its own.",
    request="POST /users",
    headers=_ADMIN,
    sends='{"name": "ada",}',
    status=500,
    answer='{"error":"Internal Server Error"}',
    rule="server-error-on-malformed-request",
)
_USER = Scenario(
    name="admin-user",
    shows="A user who exists.",
    request="GET /users/ada",
    headers=_ADMIN,
    status=200,
    answer='{"name":"ada","role":"admin"}',
)
_MISSING_USER = Scenario(
    name="admin-missing-user",
    shows="The content says 404, the status line 200.",
    request="GET /users/user-{n}",
    headers=_ADMIN,
    status=200,
    answer='{"statusCode":404,"message":"User not found"}',
    rule="body-status-contradiction",
)
_AUDIT = Scenario(
    name="admin-audit",
    shows="A page for administrators, read by one.",
    request="GET /audit",
    headers=_ADMIN,
    status=200,
    answer='{"entries":7}',
)
_EDITOR_AUDIT = Scenario(
    name="admin-editor-audit",
    shows="The caller is known and may not, which is 403, and is told 401.",
    request="GET /audit",
    headers=_EDITOR,
    status=401,
    answer='{"detail":"You do not have permission to perform this action."}',
    rule="forbidden-as-401",
)
_EDITOR_USERS = Scenario(
    name="admin-editor-users",
    shows="The same caller on a page that it may see.",
    request="GET /users",
    headers=_EDITOR,
    status=200,
    answer='{"count":2,"results":[{"name":"ada"},{"name":"grace"}]}',
)
_SETTINGS = Scenario(
    name="admin-settings",
    shows="Settings, as they should be.",
    request="GET /settings",
    headers=_ADMIN,
    status=200,
    answer='{"theme":"dark","language":"en"}',
)
_PATCH_SETTINGS = Scenario(
    name="admin-patch-settings",
    shows="A 405 that does not say which methods would do.",
    request="PATCH /settings",
    headers=_ADMIN,
    sends='{"theme":"light"}',
    status=405,
    answer='{"detail":"Method PATCH not allowed."}',
    rule="method-not-allowed-without-allow",
)
_INVITATION = Scenario(
    name="admin-invitation",
    shows="A problem document whose status member is not the status.",
    request="POST /invitations",
    headers=_ADMIN,
    sends='{"role":"king"}',
    status=400,
    answer=(
        '{"type":"about:blank","title":"Unprocessable Content","status":422,'
        '"detail":"The role must be admin or editor."}'
    ),
    rule="problem-status-mismatch",
)
_REPORT = Scenario(
    name="admin-missing-report",
    shows="A page in HTML to a client that asked for JSON: the status at least is right.",
    request="GET /reports/{n}",
    headers=_ADMIN,
    status=404,
    answer=_PAGE,
)

FLOWS = (
    flow("admin script", _USERS, _USER, weight=5),
    flow("admin script", _ADD_USER, weight=2),
    flow("admin script", _AUDIT, _SETTINGS, weight=3),
    flow("admin script", _MISSING_USER),
    flow("admin script", _PATCH_SETTINGS),
    flow("admin script", _REPORT),
    flow("stranger", _STRANGER, weight=2),
    flow("editor", _EDITOR_USERS, _EDITOR_AUDIT, _EDITOR_USERS),
    flow("sloppy script", _MALFORMED),
    flow("sloppy script", _INVITATION),
)
