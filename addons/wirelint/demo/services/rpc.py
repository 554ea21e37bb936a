"""A ledger with JSON-RPC and GraphQL: there, an error under 200 is the convention, and still an error."""

from __future__ import annotations

from wirelint.demo.app import App, Call, Reply, as_json
from wirelint.demo.flow import Scenario, flow


def build() -> App:
    """Build the service."""
    app = App("rpc")

    @app.route("POST /rpc")
    def rpc(call: Call) -> Reply:
        asked = call.json()
        answer = {"jsonrpc": "2.0", "id": asked["id"]}
        if asked["method"] != "balance":
            return as_json(200, answer | {"error": {"code": -32601, "message": "Method not found"}})
        return as_json(200, answer | {"result": {"cents": 1250}})

    @app.route("POST /graphql")
    def graphql(call: Call) -> Reply:
        if "account" not in call.json()["query"]:
            return as_json(200, {"errors": [{"message": 'Cannot query field "acount" on type "Query".'}]})
        return as_json(200, {"data": {"account": {"owner": "ada"}}})

    return app


_BALANCE = Scenario(
    name="rpc-balance",
    shows="A JSON-RPC call that succeeds.",
    request="POST /rpc",
    sends='{"jsonrpc":"2.0","id":{n},"method":"balance"}',
    status=200,
    answer='{"jsonrpc":"2.0","id":{n},"result":{"cents":1250}}',
)
_UNKNOWN_METHOD = Scenario(
    name="rpc-unknown-method",
    shows="A JSON-RPC error, told in the content as that protocol has it.",
    request="POST /rpc",
    sends='{"jsonrpc":"2.0","id":{n},"method":"ballance"}',
    status=200,
    answer='{"jsonrpc":"2.0","id":{n},"error":{"code":-32601,"message":"Method not found"}}',
    rule="tunnelled-error",
)
_ACCOUNT = Scenario(
    name="rpc-account",
    shows="A GraphQL query that succeeds.",
    request="POST /graphql",
    sends='{"query":"{account{owner}}"}',
    status=200,
    answer='{"data":{"account":{"owner":"ada"}}}',
)
_UNKNOWN_FIELD = Scenario(
    name="rpc-unknown-field",
    shows="A GraphQL error, told in the content as that protocol has it.",
    request="POST /graphql",
    sends='{"query":"{acount{owner}}"}',
    status=200,
    answer='{"errors":[{"message":"Cannot query field \\"acount\\" on type \\"Query\\"."}]}',
    rule="tunnelled-error",
)

FLOWS = (
    flow("mobile app", _BALANCE, _ACCOUNT, weight=2),
    flow("sloppy script", _UNKNOWN_METHOD),
    flow("sloppy script", _UNKNOWN_FIELD, _ACCOUNT),
)
