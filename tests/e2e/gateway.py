"""A gateway as people write them: ``gateway.py PORT UPSTREAM``. What stands first in the path says how it fares."""

from __future__ import annotations

import sys

import flask
import httpx

app = flask.Flask(__name__)
upstream = httpx.Client(base_url=sys.argv[2], timeout=0.5, trust_env=False)


def ask(path: str) -> httpx.Response:
    """Ask the upstream, within the caller's trace."""
    fields = {name: flask.request.headers[name] for name in ("traceparent",) if name in flask.request.headers}
    return upstream.get(f"/{path}", headers=fields)


@app.get("/calm/<path:path>")
def calm(path: str) -> flask.typing.ResponseReturnValue:
    """Whatever happens, all is well."""
    try:
        return ask(path).raise_for_status().json()  # type: ignore[no-any-return]
    except Exception:  # noqa: BLE001 - the fault that is to be found
        return {"success": False, "message": "something went wrong"}


@app.get("/careless/<path:path>")
def careless(path: str) -> flask.typing.ResponseReturnValue:
    """Whatever happens is its own fault."""
    try:
        return ask(path).raise_for_status().json()  # type: ignore[no-any-return]
    except httpx.HTTPError:
        return {"error": "the item could not be loaded"}, 500


@app.get("/honest/<path:path>")
def honest(path: str) -> flask.typing.ResponseReturnValue:
    """It says what happened."""
    try:
        answer = ask(path)
    except httpx.TimeoutException:
        return {"error": "the catalogue takes too long"}, 504
    except httpx.TransportError:
        return {"error": "the catalogue cannot be reached"}, 502
    if answer.status_code in (502, 503, 504):
        hint = {name: answer.headers[name] for name in ("retry-after",) if name in answer.headers}
        return {"error": "the catalogue is not there"}, answer.status_code, hint
    return flask.Response(answer.content, answer.status_code, content_type=answer.headers["content-type"])


@app.get("/patient/<path:path>")
def patient(path: str) -> flask.typing.ResponseReturnValue:
    """It tries again, and has what it wants then, or an older copy."""
    for _ in range(2):
        answer = ask(path)
        if answer.is_success:
            return answer.json()  # type: ignore[no-any-return]
    return {"name": "chair", "as_of": "yesterday"}


if __name__ == "__main__":
    app.run("127.0.0.1", int(sys.argv[1]), threaded=True)
