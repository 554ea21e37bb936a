"""What is sent again, and what is never."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from msgspec.structs import replace

from support import HOST, free_port, wait_until
from wirelint.core.body import Body
from wirelint.core.exchange import Exchange, Probe, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.state import State
from wirelint.probing import Prober, changed, doubts, outcome
from wirelint.probing import asked as sent_again
from wirelint.rules import catalogue

TOKEN = "b1946ac92492d2347c6235b4d2611184"


def an_exchange(target: str = "/orders", status: int = 200, method: str = "GET", **more: Any) -> Exchange:
    fields = more.pop("fields", {"Authorization": f"Bearer {TOKEN}", "Accept": "*/*"})
    request = Request(
        method=method,
        target=target,
        authority="shop.example",
        headers=Headers.of(*fields.items()),
        body=Body(more.pop("body", b"")),
    )
    return Exchange(request=request, response=Response(status=status, **more), service="shop", id="1")


def fields(exchange: Exchange, kind: Any) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in changed(exchange, kind)[1]}


def asked(exchanges: list[Exchange]) -> int:
    """Return how many of them are repeated, to a service that does not run."""
    prober = Prober({"shop": f"http://{HOST}:{free_port()}"}, catalogue(), lambda _: None, state=State(), pause=0)
    for exchange in [*exchanges, an_exchange("/the/last")]:
        prober.offer(exchange)
    # They are sent in order, so all that will be has been once the last was.
    wait_until(lambda: prober.outcomes["shop", "failed"] > 0 and prober.idle, "the last request")
    prober.close()
    return prober.outcomes["shop", "failed"] - 1


def test_without_leaves_out_credentials_alone() -> None:
    sent = an_exchange(
        "/orders?page=2&api_key=abc",
        fields={
            "Authorization": f"Bearer {TOKEN}",
            "X-Api-Key": TOKEN,
            "Cookie": "theme=dark; session_id=abc",
            "Accept": "text/html",
        },
    )
    assert changed(sent, "without")[0] == "/orders?page=2"
    assert fields(sent, "without") == {"Cookie": "theme=dark", "Accept": "text/html"}


def test_broken_ones_look_alike_and_differ() -> None:
    sent = an_exchange("/orders?page=2&api_key=abcd", fields={"Authorization": f"Bearer {TOKEN}", "Cookie": "sid=1234"})
    target, broken = changed(sent, "broken")[0], fields(sent, "broken")
    assert target == "/orders?page=2&api_key=abde"
    assert broken["Authorization"].startswith("Bearer b1946ac92492d234")
    assert broken["Authorization"] != f"Bearer {TOKEN}"
    assert len(broken["Authorization"]) == len(f"Bearer {TOKEN}")
    assert broken["Cookie"] == "sid=1245"


def test_a_broken_password_keeps_its_user() -> None:
    basic = base64.b64encode(b"ada:enchantress of numbers").decode()
    broken = fields(an_exchange(fields={"Authorization": f"Basic {basic}"}), "broken")["Authorization"]
    user, _, password = base64.b64decode(broken.partition(" ")[2]).partition(b":")
    assert user == b"ada"
    assert password != b"enchantress of numbers"


@pytest.mark.parametrize(
    ("exchange", "fit"),
    [
        (an_exchange(), True),
        (an_exchange(method="HEAD"), True),
        (an_exchange(status=401), True),
        (an_exchange(method="POST"), False),
        (an_exchange(method="DELETE"), False),
        (an_exchange(body=b"{}"), False),
        (an_exchange(status=404), False),
        (an_exchange(fields={"Accept": "*/*"}), False),
        (an_exchange(fields={"Authorization": f"Bearer {TOKEN}", "If-None-Match": '"1"'}), False),
        (an_exchange(fields={"Authorization": f"DPoP {TOKEN}"}), False),
    ],
)
def test_what_is_sent_again(exchange: Exchange, fit: bool) -> None:
    assert asked([exchange]) == fit


def test_a_service_that_was_not_named_is_never_asked() -> None:
    stranger = replace(an_exchange(), service="other")
    assert asked([stranger]) == 0


def test_a_route_is_asked_once_an_hour() -> None:
    assert asked([an_exchange(f"/orders/{number}") for number in range(5)]) == 1


@pytest.mark.parametrize(
    ("status", "broken", "without", "told"),
    [
        (200, (401, False), (401, False), "enforced"),
        (200, (404, False), (403, False), "enforced"),
        (200, (200, True), (200, True), "ignored"),
        (200, (200, True), (401, False), "unclear"),
        (401, (401, True), (401, True), "unevaluated"),
        (401, (401, False), (401, True), "unclear"),
        (200, (None, False), (200, True), "failed"),
    ],
)
def test_outcomes(status: int, broken: tuple[int | None, bool], without: tuple[int | None, bool], told: str) -> None:
    probes = (Probe("broken", *broken), Probe("without", *without))
    assert outcome(an_exchange(status=status), probes) == told


def test_what_leaves_something_open() -> None:
    for method in ("PUT", "PATCH", "DELETE", "POST"):
        assert doubts(an_exchange(status=404, method=method)) == ("options", "read")
    for target in ("/orders?page=last", "/books?by=name", "/payments/settings?of=bank"):
        assert doubts(an_exchange(target, 500)) == ("again", "plain")
    for settled in (
        an_exchange(status=404),
        an_exchange(status=405, method="PUT"),
        an_exchange(status=500),
        an_exchange("/orders?page=7", 500),
        an_exchange("/orders?page=last", 500, "POST"),
        an_exchange(f"/orders?api_key={TOKEN}", 500),
        an_exchange(status=404, method="PUT", fields={"If-Match": "*"}),
        an_exchange(status=404, method="POST", fields={"X-HTTP-Method-Override": "PUT"}),
    ):
        assert doubts(settled) == ()


def test_a_question_has_the_credentials_and_no_content() -> None:
    sent = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json", "Content-Length": "2"}
    target, fields = sent_again(an_exchange("/orders/7?draft=yes", 404, "PUT", fields=sent, body=b"{}"), "options")
    assert (target, fields) == ("/orders/7?draft=yes", [(b"Authorization", f"Bearer {TOKEN}".encode())])
    failed = an_exchange(f"/orders?api_key={TOKEN}&size=2&page=last&by=name", 500)
    assert sent_again(failed, "plain")[0] == f"/orders?api_key={TOKEN}&size=2&page=1&by=name"
    assert sent_again(failed, "again")[0] == failed.request.target


@pytest.mark.parametrize(
    "target",
    [
        "/users/delete?id=abc",
        "/deleteUser?id=abc",
        "/DELETE_USER?id=abc",
        "/admin?action=remove&id=abc",
        "/admin?id=abc&cmd=drop",
        "/orders/seven/%63ancel?by=me",
        "/mail/send?to=me",
    ],
)
def test_nothing_is_asked_where_a_get_may_act(target: str) -> None:
    assert doubts(an_exchange(target, 500)) == ()
    assert doubts(an_exchange(target, 404, "POST")) == ()
