"""The addon's options, commands and marks, and flows that are loaded and not live."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from mitmproxy import contentviews, eventsequence, exceptions, http
from mitmproxy import flow as mitm_flow
from mitmproxy.addons import next_layer, proxyserver, view
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.test import taddons, tflow

from lab.mitm import finding
from wirelint.core.exchange import Exchange, FailureKind, Request
from wirelint.core.finding import Finding, Severity
from wirelint.sources.mitm.addon import Auditor
from wirelint.sources.mitm.addons.findings_view import FindingsContent
from wirelint.sources.mitm.faults import Faults
from wirelint.sources.mitm.marks import findings_of, mark
from wirelint.sources.stats import Stats


class Seen:
    """A consumer with given findings."""

    def __init__(self, *severities: Severity) -> None:
        self.exchanges: list[Exchange] = []
        self.severities = severities

    def __call__(self, exchange: Exchange) -> Sequence[Finding]:
        self.exchanges.append(exchange)
        return [finding(exchange, severity) for severity in self.severities]


def use(
    auditor: Auditor,
    does: Callable[[taddons.context], object] = lambda _: None,
    *,
    screen: bool = False,
    **options: Any,
) -> None:
    """Run ``does`` while the addon is in a master that runs."""

    async def main() -> None:
        basics: list[object] = [proxyserver.Proxyserver(), next_layer.NextLayer()]
        with taddons.context(*basics, *([view.View()] if screen else [])) as context:
            context.master.addons.add(auditor)
            context.options.update(wirelint_compat=False, wirelint_fast_dispatch=False, **options)
            run(auditor, "running")
            does(context)
            run(auditor, "done")

    asyncio.run(main())


def run(auditor: Auditor, event: str, *values: object) -> None:
    """Call the handlers of an event, as mitmproxy does."""
    for addon in auditor.addons:
        if (handler := getattr(addon, event, None)) is not None:
            handler(*values)


def load(context: taddons.context, flow: mitm_flow.Flow) -> None:
    """Replay a flow's events, as mitmproxy does with flows from a file."""
    for event in eventsequence.iterate(flow):
        context.master.addons.trigger(event)


def stored(**parts: Any) -> http.HTTPFlow:
    flow = tflow.tflow(**parts)
    flow.live = False
    return flow


def test_loaded_flows_are_audited_once() -> None:
    seen = Seen()
    use(Auditor(seen), lambda context: load(context, stored(resp=True)))
    (exchange,) = seen.exchanges
    assert exchange.response is not None
    assert exchange.response.body.raw == b"message"
    assert exchange.failure is None


def test_loaded_flows_that_were_cut_short_are_audited_once() -> None:
    """mitmproxy replays the response of such a flow and then its error."""
    seen = Seen()
    flow = stored(
        resp=True,
        err=mitm_flow.Error("HTTP/1 protocol error: peer closed connection without sending complete message body"),
    )
    use(Auditor(seen), lambda context: load(context, flow))
    (exchange,) = seen.exchanges
    assert exchange.failure is not None
    assert exchange.failure.kind is FailureKind.RESET
    assert exchange.response is not None


def test_marks_tell_the_worst() -> None:
    flow = stored(resp=True)
    use(Auditor(Seen(Severity.LOW, Severity.HIGH)), lambda context: load(context, flow), screen=True)
    assert flow.marked == ":red_circle:"
    assert flow.comment == "wirelint: 200 → 500 some-pattern: it is not fine; 200 → 500 some-pattern: it is not fine"
    assert [each["severity"] for each in findings_of(flow)] == ["low", "high"]


def test_comments_say_what_is_expected_and_where_to_read_more() -> None:
    flow = stored(resp=True)
    found = msgspec.structs.replace(
        finding(Exchange(request=Request(method="GET", target="/")), Severity.HIGH),
        rule="ok-with-error-body",
        status=200,
        suggested_status=401,
    )
    mark(flow, [found], Faults(Stats(), None))
    assert flow.comment.startswith("wirelint: 200 \u2192 401 ok-with-error-body: it is not fine (https://")
    shown = FindingsContent().prettify(b"", contentviews.Metadata(flow=flow))
    assert shown.startswith("high  ok-with-error-body  200 \u2192 401\nit is not fine")
    assert "nothing" in FindingsContent().prettify(b"", contentviews.Metadata(flow=stored(resp=True)))


def test_commands_for_findings(tmp_path: Path) -> None:
    flow, other = stored(resp=True), stored(resp=True)
    file = tmp_path / "found.jsonl"

    def does(context: taddons.context) -> None:
        load(context, flow)
        commands = context.master.addons.get("wirelint_commands")
        assert commands.summarise([flow, other]) == ["2 flows, 1 finding", "     1  some-pattern"]
        assert commands.explain(other) == ["wirelint found nothing in this flow"]
        commands.export([flow, other], str(file))
        with pytest.raises(exceptions.CommandError, match="cannot write"):
            commands.export([flow], str(tmp_path / "missing" / "x"))
        commands.clear([flow, other])

    use(Auditor(Seen(Severity.LOW)), does, screen=True)
    assert [json.loads(line)["rule"] for line in file.read_text().splitlines()] == ["some-pattern"]
    assert (flow.marked, flow.comment, findings_of(flow)) == ("", "", [])


def test_marks_of_the_user_stay() -> None:
    flow = stored(resp=True)
    flow.marked, flow.comment = ":grapes:", "mine"
    use(Auditor(Seen(Severity.HIGH)), lambda context: load(context, flow), screen=True)
    assert (flow.marked, flow.comment) == (":grapes:", "mine")


def test_no_marks_without_a_screen() -> None:
    flow = stored(resp=True)
    use(Auditor(Seen(Severity.HIGH)), lambda context: load(context, flow))
    assert flow.marked == ""


def test_commands() -> None:
    auditor = Auditor(Seen(Severity.MEDIUM))
    flow = stored(resp=True)

    def ask(context: taddons.context) -> None:
        context.master.commands.call("wirelint.audit", [flow, tflow.ttcpflow()])
        assert "captured: 0" in context.master.commands.call("wirelint.stats")

    use(auditor, ask, screen=True)
    assert flow.marked == ":warning:"


@pytest.mark.parametrize(
    "options",
    [
        {"wirelint_body_limit": -1},
        {"wirelint_queue": 0},
        {"wirelint_hang": 0},
        {"wirelint_stream": "some"},
        {"wirelint_service": ["nobody"]},
        {"wirelint_service": ["a=reverse:http://b"]},
    ],
)
def test_options_that_make_no_sense(options: dict[str, Any]) -> None:
    with pytest.raises(exceptions.OptionsError):
        use(Auditor(Seen()), **options)


def test_a_lone_name_stands_for_the_only_service() -> None:
    seen = Seen()
    mode = "reverse:http://127.0.0.1:9"
    flow = stored(resp=True)
    flow.client_conn.proxy_mode = ProxyMode.parse(mode)
    use(
        Auditor(seen),
        lambda context: load(context, flow),
        mode=[mode, "regular@8081"],
        wirelint_service=["orders"],
    )
    assert seen.exchanges[0].service == "orders"


@pytest.mark.parametrize("screen", [True, False])
def test_messages_do_not_pile_up(screen: bool) -> None:
    socket, raw = tflow.twebsocketflow(), tflow.ttcpflow()
    assert socket.websocket is not None
    count = len(socket.websocket.messages)
    auditor = Auditor(Seen())

    def receive(_context: taddons.context) -> None:
        run(auditor, "websocket_message", socket)
        run(auditor, "tcp_message", raw)

    use(auditor, receive, screen=screen)
    assert len(socket.websocket.messages) == (count if screen else 1)
    assert len(raw.messages) > 1 or not screen


def test_hooks_after_the_end_do_nothing() -> None:
    seen = Seen()
    auditor = Auditor(seen)
    use(auditor)
    flow = tflow.tflow(err=True)
    flow.live = True
    for event in ("requestheaders", "error"):
        run(auditor, event, flow)
    run(auditor, "done")
    assert not seen.exchanges
    assert not any(auditor.stats.faults.values())
