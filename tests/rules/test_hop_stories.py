"""Guards of the rules that see both sides of a service: each story here would be a false finding without one."""

from __future__ import annotations

import pytest

from lab.rule import run

TRACE = "X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "Authorization: Bearer b1946ac92492d2347c6235b4d2611184"


def call(answer: str, *fields: str, path: str = "/levels/7", service: str = "stock", body: str = '{"a": 1}') -> str:
    """Return a call of the service to another; ``answer`` is the rest of the status line, or a failure after ``#``."""
    head = f"# outbound {service}\nGET {path} HTTP/1.1\nHost: {service}.example\n{TRACE}\n"
    sent = "".join(f"{field}\n" for field in fields if not field.startswith("<"))
    got = "".join(f"{field[1:]}\n" for field in fields if field.startswith("<"))
    if answer.startswith("#"):
        return f"{head}{sent}\n{answer}\n"
    return f"{head}{sent}\nHTTP/1.1 {answer}\n{got}Content-Type: application/json\n\n{body}\n"


def told(answer: str, *fields: str, path: str = "/items/7", body: str = '{"a": 1}', trace: str = TRACE) -> str:
    """Return the request to the service, and its answer."""
    sent = "".join(f"{field}\n" for field in fields if not field.startswith("<"))
    got = "".join(f"{field[1:]}\n" for field in fields if field.startswith("<"))
    return (
        f"GET {path} HTTP/1.1\nHost: shop.example\n{trace}\n{sent}\n"
        f"HTTP/1.1 {answer}\n{got}Content-Type: application/json\n\n{body}\n"
    )


REFUSED = "# failure: connect connection refused"
ERROR = '{"success": false, "message": "something went wrong"}'


@pytest.mark.parametrize(
    "story",
    [
        pytest.param(call(REFUSED) + call("200 OK") + told("500 Oops"), id="the retry succeeded"),
        pytest.param(call(REFUSED) + call("200 OK", path="/copies/7", service="copies") + told("500 Oops"), id="later"),
        pytest.param(call(REFUSED) + told("200 OK"), id="full answer from elsewhere"),
        pytest.param(call(REFUSED) + told("502 Bad Gateway"), id="honest"),
        pytest.param(call(REFUSED) + told("503 Service Unavailable"), id="honest enough"),
        pytest.param(
            call("200 OK", path="/users/7", service="users") + call(REFUSED) + told("404 Not Found"), id="not only that"
        ),
        pytest.param(call("500 Oops") + told("500 Oops"), id="the upstream's own 500"),
    ],
)
def test_no_failure_is_masked(story: str) -> None:
    assert run("upstream-failure-masked", story) == []


@pytest.mark.parametrize(
    ("story", "right"),
    [
        (call(REFUSED) + told("500 Oops"), 502),
        (call("# failure: timeout no response head") + told("500 Oops"), 504),
        (call("504 Gateway Timeout") + told("200 OK", body=ERROR), 504),
        (call(REFUSED) + told("404 Not Found"), 502),
        (call(REFUSED) + call(REFUSED) + told("400 Bad Request"), 502),
    ],
)
def test_a_failure_is_masked(story: str, right: int) -> None:
    (finding,) = run("upstream-failure-masked", story)
    assert (finding.suggested_status, str(finding.verdict)) == (right, "server_error")
    assert finding.confidence.name == "STRONG"


def test_without_an_id_it_is_a_hint() -> None:
    story = (call(REFUSED) + told("500 Oops")).replace(f"{TRACE}\n", "")
    (finding,) = run("upstream-failure-masked", story)
    assert finding.confidence.name == "WEAK"


@pytest.mark.parametrize(
    "story",
    [
        pytest.param(call("504 Gateway Timeout") + told("504 Gateway Timeout"), id="passed on"),
        pytest.param(call("502 Bad Gateway") + told("502 Bad Gateway"), id="passed on, too"),
        pytest.param(call("# failure: timeout no response head") + told("502 Bad Gateway"), id="the proxy said 502"),
        pytest.param(call("503 Service Unavailable") + told("502 Bad Gateway"), id="neither"),
    ],
)
def test_no_code_is_swapped(story: str) -> None:
    assert run("gateway-code-swapped", story) == []


def test_a_refusal_of_what_the_caller_sent_is_the_callers() -> None:
    (finding,) = run("client-error-inflated", call("404 Not Found") + told("500 Oops"))
    assert (finding.suggested_status, str(finding.severity)) == (404, "medium")


def test_a_refusal_of_what_the_service_made_up_is_for_information() -> None:
    (finding,) = run("client-error-inflated", call("404 Not Found", path="/rates/eur") + told("500 Oops"))
    assert (finding.suggested_status, str(finding.severity)) == (None, "info")


@pytest.mark.parametrize(
    "story",
    [
        pytest.param(call("404 Not Found") + call("200 OK", path="/all") + told("500 Oops"), id="not the last call"),
        pytest.param(call("404 Not Found") + told("404 Not Found"), id="honest"),
        pytest.param(call("401 Unauthorized") + told("500 Oops"), id="the service's own credential"),
    ],
)
def test_no_client_error_is_inflated(story: str) -> None:
    assert run("client-error-inflated", story) == []


ACCEPTED = told("200 OK", CALLER, path="/orders", trace="Accept: */*")
OWN = "X-Api-Key: 7215ee9c7d9dc229d2921a40e899ec5f"


@pytest.mark.parametrize(
    "story",
    [
        pytest.param(ACCEPTED + call("401 Unauthorized", CALLER) + told("401 Unauthorized", CALLER), id="relayed"),
        pytest.param(call("401 Unauthorized", OWN) + told("401 Unauthorized", CALLER), id="never accepted"),
        pytest.param(
            ACCEPTED + call("401 Unauthorized", OWN, path="/oauth/introspect") + told("401 Unauthorized", CALLER),
            id="asked whether the caller's is valid",
        ),
        pytest.param(ACCEPTED + call("401 Unauthorized", OWN) + told("502 Bad Gateway", CALLER), id="honest"),
        pytest.param(ACCEPTED + call("401 Unauthorized", OWN) + told("401 Unauthorized"), id="the caller had none"),
    ],
)
def test_no_credential_of_the_service_leaks(story: str) -> None:
    assert run("service-credential-leaks-as-401", story) == []


def test_a_call_without_any_credential_is_the_services_fault() -> None:
    (finding,) = run(
        "service-credential-leaks-as-401", ACCEPTED + call("401 Unauthorized") + told("401 Unauthorized", CALLER)
    )
    assert [step.outcome for step in finding.story] == ["200", "401", "401"]


@pytest.mark.parametrize(
    "story",
    [
        pytest.param(
            call("429 Too Many Requests", "<Retry-After: 9") + told("503 X", "<Retry-After: 9"), id="passed on"
        ),
        pytest.param(
            call("429 Too Many Requests", "<Retry-After: 9") + told("503 X", body='{"retry_after": 9}'), id="in content"
        ),
        pytest.param(call("429 Too Many Requests") + told("503 Busy"), id="there was none"),
        pytest.param(
            call("429 Too Many Requests", "<Retry-After: 9") + call("200 OK", path="/copy") + told("500 Oops"),
            id="later",
        ),
    ],
)
def test_no_hint_is_lost(story: str) -> None:
    assert run("retry-hint-lost", story) == []


@pytest.mark.parametrize(
    "story",
    [
        pytest.param("".join(call("503 Busy") for _ in range(2)) + told("503 Busy"), id="twice"),
        pytest.param("".join(call("200 OK") for _ in range(4)) + told("200 OK"), id="polling"),
        pytest.param(
            "".join(call("503 Busy", path=f"/levels?page={page}") for page in range(4)) + told("503 Busy"), id="pages"
        ),
    ],
)
def test_no_call_is_amplified(story: str) -> None:
    assert run("retry-amplification", story) == []


def test_tries_are_counted() -> None:
    (finding,) = run("retry-amplification", "".join(call("503 Busy") for _ in range(5)) + told("503 Busy"))
    assert "5 times" in finding.message


def test_a_cache_is_a_hint_at_most() -> None:
    (finding,) = run("degraded-as-complete", call(REFUSED) + told("200 OK"))
    assert finding.confidence.name == "WEAK"
    assert run("degraded-as-complete", call(REFUSED) + told("200 OK", body=ERROR)) == []
