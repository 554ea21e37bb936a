"""Clients that go on with what fails each time: each guard of the rules with a story it would fall for without it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from lab.rule import audit, notes, of
from lab.story import ADA, BOB, at, later, times, turn
from wirelint.core.exchange import Exchange
from wirelint.core.finding import Confidence, Finding, Severity

PAGE = ("Accept: text/html,application/xhtml+xml",)
NAVIGATED = ("Sec-Fetch-Mode: navigate",)
OTHER_CLIENT = ("User-Agent: another",)


# hot-retry-loop

BROKEN = turn("GET /prices", 500, '{"error": "could not load prices"}')


def hot(*story: str) -> list[Finding]:
    return of("hot-retry-loop", *story)


def test_five_times_at_one_pace() -> None:
    (finding,) = hot(times(5, BROKEN))
    assert (finding.severity, finding.confidence) == (Severity.MEDIUM, Confidence.STRONG)
    assert finding.message == "the client sent the same request 5 times in 4.0 s, each with 500"
    assert finding.evidence == "GET /prices → 500, 5x in 4.0 s"
    assert notes(finding) == ["failed"] * 4 + ["sent again, failed again"]
    assert hot(times(4, BROKEN)) == []


def test_a_loop_is_told_once_and_again_after_a_pause() -> None:
    assert len(hot(times(30, BROKEN))) == 1
    assert len(hot(times(8, BROKEN), later(60), times(8, BROKEN))) == 2


def test_five_within_ten_seconds() -> None:
    assert len(audit("hot-retry-loop", *at(BROKEN, 0, 2.5, 5, 7.5, 10))) == 1
    assert audit("hot-retry-loop", *at(BROKEN, 0, 2.5, 5, 7.5, 10.1)) == []


@pytest.mark.parametrize("status", [400, 405, 422, 429, 500, 502, 503, 504])
def test_failures_that_repeating_does_not_mend(status: int) -> None:
    assert len(hot(times(5, turn("GET /prices", status, '{"error": "no"}')))) == 1


@pytest.mark.parametrize("status", [401, 403, 404, 409, 410, 423, 425])
def test_what_is_waited_for_or_told_elsewhere(status: int) -> None:
    assert hot(times(5, turn("GET /prices", status, '{"error": "no"}'))) == []


def test_connections_that_fail() -> None:
    for kind, expected in [("reset", 1), ("connect", 1), ("timeout", 1), ("client_gone", 0)]:
        call = f"GET /prices HTTP/1.1\nHost: shop.example\n\n# failure: {kind} over\n"
        assert len(hot(times(5, call))) == expected, kind


def test_refusals_with_a_wait_have_a_rule_of_their_own() -> None:
    assert hot(times(5, turn("GET /prices", 429, "", "Retry-After: 1"))) == []


def test_growing_pauses_are_patience() -> None:
    assert audit("hot-retry-loop", *at(BROKEN, 0, 0.5, 1.5, 3.5, 7.5)) == []
    assert audit("hot-retry-loop", *at(BROKEN, 0, 1, 2, 3.6, 5.2)) == []
    assert len(audit("hot-retry-loop", *at(BROKEN, 0, 1, 2, 3.4, 4.8))) == 1
    # Milliseconds more are the network's doing.
    assert len(audit("hot-retry-loop", *at(BROKEN, 0, 0.02, 0.04, 0.08, 0.12))) == 1


def test_pauses_are_counted_from_the_answer() -> None:
    slow = [*at(BROKEN, 0.0, took=0.9), *at(BROKEN, 1.0, took=0.9), *at(BROKEN, 2.0, took=0.1)]
    assert audit("hot-retry-loop", *slow, *at(BROKEN, 3.0, 4.0)) == []


@pytest.mark.parametrize(
    "failed",
    [
        turn("GET /prices", 500, '{"error": "no"}', asked=PAGE),
        turn("GET /prices", 500, '{"error": "no"}', asked=NAVIGATED),
        turn("GET /readyz", 500, '{"error": "no"}'),
        turn("GET /prices", 500, '{"error": "prices are not yet available"}'),
        turn("GET /prices", 400, '{"error": "the list is being created"}'),
        turn("GET /prices", 400, '{"error": "the list is busy"}'),
    ],
    ids=["page", "navigated", "probe", "not yet", "being made", "busy"],
)
def test_people_probes_and_those_who_wait_for_something(failed: str) -> None:
    assert hot(times(5, failed)) == []


def test_a_service_that_is_busy_is_not_waited_for() -> None:
    assert len(hot(times(5, turn("GET /prices", 503, '{"error": "the service is busy"}')))) == 1


def test_other_requests_are_no_repetitions() -> None:
    assert hot(times(5, turn("GET /prices/{n}", 500, "{}"))) == []
    assert hot(*(turn("POST /prices", 500, "{}", sent=f'{{"at": {at}}}') for at in range(5))) == []
    assert len(hot(*(turn("POST /prices", 500, "{}", sent='{"at": 1}') for _ in range(5)))) == 1
    mixed = turn("GET /prices", 500, "{}", asked=OTHER_CLIENT)
    assert hot(times(4, BROKEN), mixed) == []
    assert len(hot(times(2, BROKEN), mixed, times(3, BROKEN))) == 1


def test_another_outcome_in_between_ends_the_row() -> None:
    assert hot(times(3, BROKEN), turn("GET /prices", 502, "{}"), times(3, BROKEN)) == []
    assert hot(times(3, BROKEN), turn("GET /prices", 200, "{}"), times(3, BROKEN)) == []


def test_a_change_in_between_is_a_reason_to_try_again() -> None:
    assert hot(times(2, BROKEN), turn("PUT /list", 204, sent="{}"), times(3, BROKEN)) == []
    assert len(hot(times(2, BROKEN), turn("GET /list", 200, "{}"), times(3, BROKEN))) == 1
    assert len(hot(times(2, BROKEN), turn("PUT /list", 400, "{}", sent="{}"), times(3, BROKEN))) == 1


def test_polls_go_on_at_their_pace() -> None:
    fine = turn("GET /prices", 200, '{"price": 3}')
    refused = turn("GET /stock", 500, "{}")

    def polled(before: float, pace: float, good: str = fine) -> list[Finding]:
        failing = at(BROKEN, *(100 + pace * at for at in range(5)))
        return audit("hot-retry-loop", *at(refused, 1.0), *at(good, 100 - before), *failing)

    assert polled(before=2, pace=2) == []
    assert polled(before=7.9, pace=2) == []
    assert len(polled(before=8.1, pace=2)) == 1
    assert len(polled(before=1.2, pace=2)) == 1
    assert len(polled(before=0.9, pace=0.9)) == 1
    assert len(polled(before=2, pace=2, good=turn("GET /prices", 200, "{}", asked=OTHER_CLIENT))) == 1


def test_a_pause_that_stands_out_lies_between_two_reasons() -> None:
    assert audit("hot-retry-loop", *at(BROKEN, 0, 0.5, 3, 3.5, 4)) == []
    assert len(audit("hot-retry-loop", *at(BROKEN, 0, 0.5, 2.4, 2.9, 3.4))) == 1
    # It is no more than twice the usual one here.
    assert len(audit("hot-retry-loop", *at(BROKEN, 0, 1.2, 3.7, 4.9, 6.1))) == 1


def passed_on(*, asked: bool = True, one_id: bool = False) -> list[Finding]:
    """Calls that fail, each for the sake of a request to another service."""
    told: list[Exchange] = []
    for number in range(5):
        trace = f"X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e474{0 if one_id else number}"
        told += at(turn("GET /prices", 500, '{"error": "no"}', asked=(trace,)), number + 0.5)
        if asked:
            (outer,) = at(turn(f"GET /page?{number}", 200, "{}", asked=(trace,)), number + 0.4, took=0.2)
            told.append(replace(outer, service="front", client="browser"))
    return audit("hot-retry-loop", *told)


def test_a_service_that_is_asked_again_asks_again() -> None:
    assert passed_on() == []
    assert len(passed_on(asked=False)) == 1
    assert len(passed_on(one_id=True)) == 1


# forbidden-retried

FORBIDDEN = turn("DELETE /users/7", 403, '{"error": "admins only"}', asked=(ADA,))


def forbidden(*story: str) -> list[Finding]:
    return of("forbidden-retried", *story)


def test_sent_three_times_more() -> None:
    (finding,) = forbidden(times(4, FORBIDDEN, 5))
    assert (finding.severity, finding.confidence, finding.route) == (Severity.INFO, Confidence.STRONG, "/users/{id}")
    assert finding.message == "the client repeated a forbidden request 3 times with the same credentials"
    assert finding.evidence == "DELETE /users/{id} → 403, 4x in 15.0 s"
    assert notes(finding) == ["forbidden"] * 3 + ["sent again, forbidden again"]
    assert forbidden(times(3, FORBIDDEN, 5)) == []
    assert len(forbidden(times(12, FORBIDDEN, 5))) == 1


def test_four_within_a_minute() -> None:
    assert len(audit("forbidden-retried", *at(FORBIDDEN, 0, 20, 40, 60))) == 1
    assert audit("forbidden-retried", *at(FORBIDDEN, 0, 20, 40, 60.1)) == []


def test_other_credentials_are_another_try() -> None:
    other = turn("DELETE /users/7", 403, '{"error": "admins only"}', asked=(BOB,))
    assert forbidden(times(2, FORBIDDEN), times(2, other)) == []
    assert forbidden(times(3, FORBIDDEN), turn("DELETE /users/7", 403, "{}")) == []
    assert len(forbidden(times(4, turn("DELETE /users/7", 403, "{}")))) == 1


@pytest.mark.parametrize(
    "refused",
    [
        turn("GET /users", 403, '{"error": "no"}', "Retry-After: 1", asked=(ADA,)),
        turn("GET /users", 403, '{"error": "rate limit exceeded"}', asked=(ADA,)),
        turn("GET /users", 403, '{"error": "monthly quota exceeded"}', asked=(ADA,)),
        turn("GET /users", 403, '{"error": "no"}', asked=(ADA, *PAGE)),
        turn("GET /users", 403, '{"error": "no"}', asked=(ADA, *NAVIGATED)),
        turn("GET /users", 401, '{"error": "no"}', asked=(ADA,)),
    ],
    ids=["a wait", "a rate", "a quota", "a page", "navigated", "401"],
)
def test_what_is_not_forbidden_for_good_or_by_a_person(refused: str) -> None:
    assert forbidden(times(4, refused)) == []


def test_a_refusal_that_asked_to_wait_is_none_of_the_row() -> None:
    waiting = turn("DELETE /users/7", 403, "{}", "Retry-After: 1", asked=(ADA,))
    assert forbidden(times(2, waiting), times(3, FORBIDDEN)) == []
    assert len(forbidden(times(4, FORBIDDEN), times(2, waiting))) == 1


def test_who_changed_something_may_try_again() -> None:
    change = turn("PUT /users/7/state", 204, sent="{}", asked=(ADA,))
    assert forbidden(times(2, FORBIDDEN), change, times(2, FORBIDDEN)) == []


@pytest.mark.parametrize("route", ["/roles/7", "/iam/bindings", "/teams/3/members/7", "/acl", "/permissions"])
def test_permissions_take_a_while_to_spread(route: str) -> None:
    given = turn(f"PUT {route}", 204, sent="{}", asked=(ADA,))
    assert forbidden(given, times(4, FORBIDDEN)) == []
    assert forbidden(given, later(110), times(4, FORBIDDEN)) == []
    assert len(forbidden(given, later(121), times(4, FORBIDDEN))) == 1


@pytest.mark.parametrize(
    "before",
    [
        turn("PUT /notes/7", 204, sent="{}", asked=(ADA,)),
        turn("GET /roles/7", 200, "{}", asked=(ADA,)),
        turn("PUT /roles/7", 409, '{"error": "exists"}', sent="{}", asked=(ADA,)),
        turn("PUT /roles/7", 204, sent="{}", asked=(BOB,)),
    ],
    ids=["no permission", "a read", "refused", "another caller"],
)
def test_what_gives_no_permission_is_not_waited_for(before: str) -> None:
    assert len(forbidden(before, later(1), times(4, FORBIDDEN))) == 1


# stale-credential-loop

BEARER = 'WWW-Authenticate: Bearer error="invalid_token"'


def stale(*story: str) -> list[Finding]:
    return of("stale-credential-loop", *story)


def denied(target: str = "/orders", *asked: str, got: str = BEARER, method: str = "GET") -> str:
    return turn(f"{method} {target}", 401, '{"error": "token expired"}', got, asked=asked or (ADA,))


def test_four_refusals_of_one_credential() -> None:
    (finding,) = stale(times(4, denied(), 20))
    assert (finding.severity, finding.confidence, finding.status) == (Severity.MEDIUM, Confidence.STRONG, 401)
    assert finding.message == "the client keeps sending a credential that was refused 4 times in a row"
    assert finding.evidence == "GET /orders → 401, the 4th for one credential in 60.0 s"
    assert notes(finding) == ["refused"] * 3 + ["the same credential once more"]
    assert stale(times(3, denied(), 20)) == []
    assert len(stale(*(denied(f"/{place}") for place in ("orders", "notes", "users", "lists")))) == 1


def test_it_is_told_once() -> None:
    assert len(stale(times(20, denied(), 5))) == 1


def test_what_is_older_than_ten_minutes_is_forgotten() -> None:
    assert len(stale(times(4, denied(), 190))) == 1
    assert stale(times(4, denied(), 210)) == []


@pytest.mark.parametrize("status", [200, 204, 403, 404, 500])
def test_a_credential_that_was_ever_answered_otherwise_may_be_good(status: int) -> None:
    other = turn("GET /notes", status, asked=(ADA,))
    assert stale(other, times(6, denied())) == []
    assert stale(times(3, denied()), other, times(3, denied())) == []


def test_refusals_of_several_credentials_are_not_added_up() -> None:
    assert stale(times(3, denied()), times(3, denied("/orders", BOB))) == []
    assert stale(times(3, denied()), denied("/orders", ADA, *OTHER_CLIENT)) == []
    assert stale(times(6, turn("GET /orders", 401, "{}", BEARER))) == []


@pytest.mark.parametrize("challenge", ["Digest", "NTLM", "Negotiate", "SCRAM-SHA-256", "HOBA", "Mutual", "DPoP"])
def test_steps_of_a_handshake(challenge: str) -> None:
    assert stale(times(4, denied(got=f'WWW-Authenticate: {challenge} nonce="7"'))) == []
    assert stale(times(4, denied(got=f'WWW-Authenticate: Bearer, {challenge} nonce="7"'))) == []


@pytest.mark.parametrize("sent", ["Authorization: GNAP 4d1f0c9be6a24b0c", "Authorization: Kerberos 4d1f0c9be6a24b0c"])
def test_credentials_of_a_handshake(sent: str) -> None:
    assert stale(times(4, denied("/orders", sent))) == []
    assert len(stale(times(4, denied("/orders", sent.replace("GNAP", "Bearer").replace("Kerberos", "Bearer"))))) == 1


def test_a_proof_of_possession_is_another_each_time() -> None:
    assert stale(times(4, denied("/orders", ADA, "DPoP: eyJ0eXAi"))) == []


@pytest.mark.parametrize(
    "target", ["/login", "/sign-in", "/session", "/oauth/token", "/users/7/password", "/otp", "/verify"]
)
def test_where_one_logs_in_a_password_was_refused(target: str) -> None:
    assert stale(times(4, denied(target, method="POST"))) == []
    assert stale(times(3, denied(target, method="POST")), denied()) == []
    assert stale(times(3, denied()), denied(target, method="POST")) == []


def test_pages_send_cookies_by_themselves() -> None:
    cookie = "Cookie: sid=4d1f0c9be6a24b0c"
    places = [denied(f"/{place}", cookie) for place in ("cart", "me", "news", "stock", "prices")]
    assert stale(*places) == []
    assert len(stale(*places, denied("/news", cookie))) == 1
    assert len(stale(*(denied(f"/{place}", cookie, ADA) for place in ("cart", "me", "news", "stock")))) == 1
