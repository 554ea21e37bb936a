"""Each service, in its own process, answers each scenario exactly as the list says."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from email.message import Message

import pytest

from wirelint.demo import Demo
from wirelint.demo.clients import ScenarioAnswer, walk
from wirelint.demo.scenarios import SCENARIOS


@pytest.fixture(scope="module")
def services() -> Iterator[dict[str, str]]:
    with Demo() as demo:
        yield demo.services


@pytest.fixture(scope="module")
def answers(services: dict[str, str]) -> dict[str, ScenarioAnswer]:
    return {answer.scenario.name: answer for answer in walk(services)}


def fields_of(answer: ScenarioAnswer) -> Message:
    message = Message()
    for name, value in answer.fields.items():
        message[name] = value
    return message


@pytest.mark.parametrize("name", [scenario.name for scenario in SCENARIOS])
def test_answer(answers: dict[str, ScenarioAnswer], name: str) -> None:
    answer = answers[name]
    got = (answer.status, answer.content, answer.complete)
    assert got == (answer.scenario.status, answer.expected, answer.scenario.complete)


ABSENT = {
    "unauthorized-without-challenge": ("WWW-Authenticate",),
    "throttled-without-retry-hint": ("Retry-After", "RateLimit", "X-RateLimit-Reset"),
    "unavailable-without-retry-hint": ("Retry-After",),
    "method-not-allowed-without-allow": ("Allow",),
    "created-without-location": ("Location", "Content-Location", "Link"),
}
PRESENT = {401: "WWW-Authenticate", 405: "Allow", 429: "Retry-After", 503: "Retry-After", 301: "Location"}


@pytest.mark.parametrize("rule", ABSENT)
def test_a_fault_of_fields_is_there(answers: dict[str, ScenarioAnswer], rule: str) -> None:
    faulty = [answer for answer in answers.values() if answer.scenario.rule == rule]
    assert faulty
    assert not [name for answer in faulty for name in ABSENT[rule] if name in fields_of(answer)]


@pytest.mark.parametrize("status", PRESENT)
def test_what_is_right_has_the_field(answers: dict[str, ScenarioAnswer], status: int) -> None:
    right = [a for a in answers.values() if a.scenario.rule is None and a.status == status]
    assert "tidy" in {answer.scenario.service for answer in right}
    assert all(PRESENT[status] in fields_of(answer) for answer in right)


def test_forbidden_as_401_lacks_nothing_else(answers: dict[str, ScenarioAnswer]) -> None:
    assert fields_of(answers["admin-editor-audit"])["WWW-Authenticate"] == 'Token realm="admin"'


def test_created_says_where(answers: dict[str, ScenarioAnswer]) -> None:
    assert fields_of(answers["tidy-create-note"])["Location"].startswith("/notes/")


def test_media_types(answers: dict[str, ScenarioAnswer]) -> None:
    media = {name: fields_of(answer).get_content_type() for name, answer in answers.items()}
    assert media["admin-invitation"] == media["tidy-stranger"] == "application/problem+json"
    assert media["gateway-garbled-reviews"] == "text/html"
    assert media["tidy-events"] == "text/event-stream"
    assert media["tidy-bad-graphql"] == "application/graphql-response+json"
    assert media["rpc-unknown-field"] == "application/json"


def test_truncated_content_was_announced(answers: dict[str, ScenarioAnswer]) -> None:
    answer = answers["gateway-broken-export"]
    assert 0 < len(answer.content) < int(fields_of(answer)["Content-Length"])


def test_no_content_has_no_length(answers: dict[str, ScenarioAnswer]) -> None:
    for name in ("tidy-delete-note", "shop-add-item", "tidy-unchanged"):
        assert "Content-Length" not in fields_of(answers[name])


def connect(services: dict[str, str], name: str) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(services[name].removeprefix("http://"), timeout=10)


def test_a_connection_is_kept(services: dict[str, str]) -> None:
    connection = connect(services, "tidy")
    connection.request("GET", "/health")
    connection.getresponse().read()
    socket_used = connection.sock
    connection.request("DELETE", "/health")
    response = connection.getresponse()
    assert (response.status, response.headers["Allow"]) == (405, "GET")
    response.read()
    assert connection.sock is socket_used is not None
    connection.close()


def test_too_long_content_is_refused(services: dict[str, str]) -> None:
    connection = connect(services, "tidy")
    connection.putrequest("POST", "/notes")
    connection.putheader("Content-Length", "1000000")
    connection.endheaders()
    response = connection.getresponse()
    assert (response.status, response.headers["Connection"]) == (413, "close")
    connection.close()


def test_head_has_no_content(services: dict[str, str]) -> None:
    connection = connect(services, "shop")
    connection.request("HEAD", "/nowhere")
    response = connection.getresponse()
    assert (response.status, response.read()) == (404, b"")
    connection.close()


def test_the_feed_throttles_and_recovers(services: dict[str, str]) -> None:
    connection = connect(services, "limiter")
    statuses: list[int] = []
    deadline = time.monotonic() + 20
    while statuses[-2:] != [429, 200]:
        assert time.monotonic() < deadline, statuses
        connection.request("GET", "/v1/feed")
        response = connection.getresponse()
        response.read()
        statuses.append(response.status)
        if response.status == 429:
            time.sleep(float(response.headers["Retry-After"]))
    connection.close()
