"""What clients do with what they are told: each guard of the rules with a story that they would fall for without it."""

from __future__ import annotations

import msgspec
import pytest

from rule_lab import run
from story_lab import ADA, BOB, later, turn
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange
from wirelint.core.finding import Confidence, Finding, Severity, Side
from wirelint.core.wire import exchanges
from wirelint.rules import catalogue

RULES = (
    "retry-after-ignored",
    "hot-retry-loop",
    "forbidden-retried",
    "stale-credential-loop",
    "unsafe-auto-retry",
    "sunset-ignored",
)
PAGE = ("Accept: text/html,application/xhtml+xml",)
NAVIGATED = ("Sec-Fetch-Mode: navigate",)
CANARY = "cnry7Hq2Zx9Lw4Kd8Rt5"
OTHER_CLIENT = ("User-Agent: another",)
MASKED = ("Authorization: Bearer [REDACTED]",)


def of(rule: str, *story: str) -> list[Finding]:
    return run(rule, "".join(story))


def times(count: int, text: str, every: float = 1) -> str:
    return f"# {count} times, every {every}s\n{text}"


def at(text: str, *starts: float, took: float = 0.01) -> list[Exchange]:
    """The same exchange at each of these moments."""
    found = []
    for start in starts:
        (exchange,) = exchanges(text)
        found.append(msgspec.structs.replace(exchange, started=start, ended=start + took, timestamp=start))
    return found


def audit(rule: str, *told: Exchange) -> list[Finding]:
    engine = Engine([each for each in catalogue() if each.id == rule], least=Confidence.WEAK)
    found: list[Finding] = []
    for exchange in told:
        audited = engine.audit(exchange)
        assert audited.faults == ()
        found += audited.findings
    return found


def notes(finding: Finding) -> list[str]:
    return [step.note for step in finding.story]


# All of them


@pytest.mark.parametrize("rule", RULES)
def test_it_is_the_client_that_is_told_about(rule: str) -> None:
    (declared,) = (each for each in catalogue() if each.id == rule)
    for text in declared.bad:
        for finding in run(rule, text):
            assert finding.side is Side.CLIENT
            assert finding.message.startswith("the client ")


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "sunset-ignored"])
def test_without_times_nothing_is_known_of_what_came_first(rule: str) -> None:
    (declared,) = (each for each in catalogue() if each.id == rule)
    for text in declared.bad:
        assert audit(rule, *exchanges(text)) != []
        timeless = (msgspec.structs.replace(each, started=0.0, ended=0.0, timestamp=None) for each in exchanges(text))
        assert audit(rule, *timeless) == []


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "sunset-ignored"])
def test_what_was_under_way_already_could_not_know(rule: str) -> None:
    (declared,) = (each for each in catalogue() if each.id == rule)
    for text in declared.bad:
        told = list(exchanges(text))
        # All are answered after the last was sent.
        slow = [msgspec.structs.replace(each, ended=(each.ended or 0.0) + 100.0) for each in told]
        assert audit(rule, *slow) == []


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "sunset-ignored"])
def test_other_clients_and_masked_credentials_are_never_the_same(rule: str) -> None:
    (declared,) = (each for each in catalogue() if each.id == rule)
    for text in declared.bad:
        told = list(exchanges(text))
        others = (msgspec.structs.replace(each, client=f"client {at}") for at, each in enumerate(told))
        assert audit(rule, *others) == []
        plain = "\n".join(line for line in text.split("\n") if not line.startswith("Authorization:"))
        host = "Host: shop.example\n"
        assert run(rule, plain.replace(host, f"{host}{MASKED[0]}\n")) == []


@pytest.mark.parametrize("rule", RULES)
def test_no_secret_and_no_address_is_shown(rule: str) -> None:
    (declared,) = (each for each in catalogue() if each.id == rule)
    for text in declared.bad:
        secret = text.replace(" HTTP/1.1\nHost", f"?sig={CANARY} HTTP/1.1\nHost").replace('": "', f'": "{CANARY} ')
        found = run(rule, secret.replace("66d3d6c2aa3e8a2a1d1a8d3f9f1b2c4e", CANARY))
        assert found
        assert b"cnry" not in msgspec.json.encode(found)


# retry-after-ignored

LIMITED = turn("GET /reports", 429, '{"error": "rate limit exceeded"}', "Retry-After: 30")
SERVED = turn("GET /reports", 200, '[{"id": 1}]')


def back(*after: str, told: str = LIMITED) -> list[Finding]:
    return of("retry-after-ignored", told, *after)


def test_a_client_that_comes_back_early() -> None:
    (finding,) = back(later(8.97), SERVED)
    assert (finding.severity, finding.confidence, finding.status) == (Severity.MEDIUM, Confidence.STRONG, 200)
    assert finding.message == "the client came back after 9.9 s, told to wait 30 s"
    assert finding.evidence == "429 with Retry-After, 30 s; sent again 9.9 s later"
    assert notes(finding) == ["asked to wait 30 s", "sent 9.9 s later"]
    assert len(back(LIMITED)) == 1
    assert len(back(turn("GET /reports", 304))) == 1
    assert len(back("GET /reports HTTP/1.1\nHost: shop.example\n\n# failure: reset gone\n")) == 1
    assert len(back(SERVED, told=turn("GET /reports", 503, "", "Retry-After: 30"))) == 1


def test_nine_tenths_of_the_wait_are_enough() -> None:
    refused, served = at(LIMITED, 0.0), SERVED
    assert len(audit("retry-after-ignored", *refused, *at(served, 26.9))) == 1
    assert audit("retry-after-ignored", *at(LIMITED, 0.0), *at(served, 27.1)) == []


def test_a_wait_may_be_told_as_a_date() -> None:
    dates = ("Date: Mon, 05 Jan 2026 08:00:00 GMT", "Retry-After: Mon, 05 Jan 2026 08:00:30 GMT")
    (finding,) = back(SERVED, told=turn("GET /reports", 429, "", *dates))
    assert "told to wait 30 s" in finding.message


@pytest.mark.parametrize("wait", ["0", "3601", "soon", "-5", "Mon, 05 Jan 2026 08:00:30"])
def test_waits_of_no_time_of_hours_or_that_cannot_be_read_bind_nobody(wait: str) -> None:
    assert back(SERVED, told=turn("GET /reports", 429, "", f"Retry-After: {wait}")) == []
    assert len(back(SERVED, told=turn("GET /reports", 429, "", "Retry-After: 3600"))) == 1


@pytest.mark.parametrize("status", [200, 202, 301, 404, 413, 500])
def test_only_limits_and_outages_ask_to_wait(status: int) -> None:
    failed = turn("GET /stock", 500, '{"error": "could not load"}')
    assert back(SERVED, told=failed + turn("GET /reports", status, "", "Retry-After: 30")) == []


def test_other_routes_and_methods_have_limits_of_their_own() -> None:
    for status in (200, 429):
        assert back(turn("GET /stock", status, "{}")) == []
    assert back(turn("POST /reports", 201, "{}", sent="{}")) == []


def test_other_resources_of_the_route_only_if_they_are_refused() -> None:
    def one(number: int, status: int) -> str:
        return turn(f"GET /reports/{number}", status, "", *(("Retry-After: 30",) if status == 429 else ()))

    assert back(one(8, 200), told=one(7, 429)) == []
    (finding,) = back(one(8, 429), told=one(7, 429))
    assert finding.confidence is Confidence.WEAK
    (finding,) = back(one(7, 200), told=one(7, 429))
    assert finding.confidence is Confidence.STRONG
    # Pages of one listing are one resource in all but name.
    (finding,) = back(turn("GET /reports?page=2", 429, "", "Retry-After: 30"))
    assert finding.confidence is Confidence.STRONG
    assert back(turn("GET /reports?page=2", 200, "[]")) == []


def test_a_success_since_then_shows_that_the_limit_is_over() -> None:
    story = [*at(LIMITED, 0.0), *at(SERVED, 1.0, 2.0)]
    assert [finding.exchange_id for finding in audit("retry-after-ignored", *story)] == [story[1].id]
    assert len(audit("retry-after-ignored", *story)) == 1


def test_workers_of_one_client_may_not_have_heard_yet() -> None:
    page = turn("GET /reports?page=2", 429, "", "Retry-After: 30")
    for apart, expected in [(0.2, 0), (0.3, 1)]:
        assert len(audit("retry-after-ignored", *at(LIMITED, 0.0, took=0), *at(page, apart))) == expected
    # To ask for the very same again is no other worker's doing.
    assert len(audit("retry-after-ignored", *at(LIMITED, 0.0, took=0), *at(LIMITED, 0.2))) == 1


@pytest.mark.parametrize("asked", [PAGE, NAVIGATED])
def test_people_may_reload(asked: tuple[str, ...]) -> None:
    assert back(turn("GET /reports", 200, "{}", asked=asked)) == []


def test_probes_keep_their_pace() -> None:
    sick = turn("GET /healthz", 503, "", "Retry-After: 30")
    assert back(sick, told=sick) == []


def test_others_were_not_told() -> None:
    assert back(turn("GET /reports", 200, "[]", asked=(ADA,))) == []
    assert back(turn("GET /reports", 200, "[]", asked=(BOB,)), told=LIMITED.replace("\nHost", f"\n{ADA}\nHost")) == []
    assert back(turn("GET /reports", 200, "[]", asked=OTHER_CLIENT)) == []
    assert back(turn("GET /reports", 200, "[]", asked=("X-Forwarded-For: 192.0.2.7",))) == []


# hot-retry-loop

BROKEN = turn("GET /prices", 500, '{"error": "could not load prices"}')


def hot(*story: str) -> list[Finding]:
    return of("hot-retry-loop", *story)


def test_five_times_at_one_pace() -> None:
    (finding,) = hot(times(5, BROKEN))
    assert (finding.severity, finding.confidence) == (Severity.MEDIUM, Confidence.STRONG)
    assert finding.message == "the client sent the same request 5 times in 4.0 s, and each came to 500"
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
            told.append(msgspec.structs.replace(outer, service="front", client="browser", memo={}))
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
    assert finding.message == "the client went on with a credential that was refused 4 times in a row"
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


# unsafe-auto-retry

ORDER = '{"item": 7, "count": 1}'
FAILED = turn("POST /orders", 500, '{"error": "could not confirm the order"}', sent=ORDER)
PLACED = turn("POST /orders", 201, '{"done": 7}', "Location: /orders/7", sent=ORDER)


def unsafe(*story: str) -> list[Finding]:
    return of("unsafe-auto-retry", *story)


def aborted(kind: str) -> str:
    fields = "Host: shop.example\nContent-Type: application/json"
    return f"POST /orders HTTP/1.1\n{fields}\n\n{ORDER}\n# failure: {kind} over\n"


def test_the_same_order_twice() -> None:
    (finding,) = unsafe(FAILED, later(0.57), PLACED)
    assert (finding.severity, finding.confidence) == (Severity.INFO, Confidence.WEAK)
    assert finding.message == "the client sent the same POST again 1.5 s after 500, with nothing to tell it by"
    assert finding.evidence == "POST /orders → 500, the same content again 1.5 s later"
    assert notes(finding) == ["whether it was carried out is unknown", "the same content once more"]
    assert len(unsafe(FAILED, FAILED)) == 1
    patched = [turn("PATCH /orders/7", status, "", sent=ORDER) for status in (502, 204)]
    assert len(unsafe(*patched)) == 1


def test_a_retry_follows_within_five_seconds() -> None:
    assert len(audit("unsafe-auto-retry", *at(FAILED, 0.0, took=0), *at(PLACED, 5.0))) == 1
    assert audit("unsafe-auto-retry", *at(FAILED, 0.0, took=0), *at(PLACED, 5.1)) == []


def test_connections_that_broke_leave_it_open() -> None:
    for kind, expected in [("reset", 1), ("timeout", 1), ("client_gone", 1), ("connect", 0), ("tls", 0)]:
        assert len(unsafe(aborted(kind), PLACED)) == expected, kind


@pytest.mark.parametrize("before", [200, 201, 302, 400, 404, 409, 429])
def test_after_what_is_no_failure_it_is_no_retry(before: int) -> None:
    refused = turn("GET /stock", 404, "{}")
    assert unsafe(refused, turn("POST /orders", before, "", sent=ORDER), PLACED) == []


def test_the_last_answer_counts() -> None:
    refused = turn("POST /orders", 400, "{}", sent=ORDER)
    assert [finding.status for finding in unsafe(FAILED, refused, PLACED)] == [400]
    assert [finding.status for finding in unsafe(FAILED, PLACED, PLACED)] == [201]


def test_a_service_that_asked_to_come_back_has_not_begun() -> None:
    assert unsafe(turn("POST /orders", 503, "", "Retry-After: 1", sent=ORDER), PLACED) == []
    assert len(unsafe(turn("POST /orders", 503, "", sent=ORDER), PLACED)) == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_other_methods_may_be_repeated(method: str) -> None:
    sent = "" if method == "GET" else ORDER
    assert unsafe(*(turn(f"{method} /orders/7", status, "", sent=sent) for status in (500, 200))) == []


@pytest.mark.parametrize(
    "field",
    [
        "Idempotency-Key: 5f2b",
        "X-Idempotency-Key: 5f2b",
        "Idempotence-Key: 5f2b",
        "Repeatability-Request-Id: 5f2b",
        "PayPal-Request-Id: 5f2b",
        "X-Client-Token: 5f2b",
        'If-Match: "7"',
        "If-None-Match: *",
        "If-Unmodified-Since: Mon, 05 Jan 2026 08:00:00 GMT",
    ],
)
def test_fields_by_which_a_repetition_is_known(field: str) -> None:
    assert unsafe(*(turn("POST /orders", status, "", asked=(field,), sent=ORDER) for status in (500, 201))) == []


@pytest.mark.parametrize("member", ["id", "uuid", "idempotency_key", "ClientToken", "request-id", "transactionId"])
def test_members_by_which_a_repetition_is_known(member: str) -> None:
    sent = f'{{"item": 7, "{member}": "5f2b"}}'
    assert unsafe(*(turn("POST /orders", status, "", sent=sent) for status in (500, 201))) == []


@pytest.mark.parametrize(
    "path", ["/orders/search", "/orders:batchGet", "/graphql", "/v1/completions", "/quotes/calculate/"]
)
def test_searches_change_nothing(path: str) -> None:
    assert unsafe(*(turn(f"POST {path}", status, "", sent=ORDER) for status in (500, 200))) == []


@pytest.mark.parametrize("path", ["/searchlights", "/researches", "/search/saved", "/listings"])
def test_only_the_last_word_of_a_path_tells_of_a_search(path: str) -> None:
    assert len(unsafe(*(turn(f"POST {path}", status, "", sent=ORDER) for status in (500, 200)))) == 1


def test_protocols_tell_repetitions_by_themselves() -> None:
    sent = '{"jsonrpc": "2.0", "method": "order", "params": [7]}'
    assert unsafe(*(turn("POST /rpc", status, "", sent=sent) for status in (500, 200))) == []


@pytest.mark.parametrize("asked", [PAGE, NAVIGATED])
def test_people_may_send_a_form_again(asked: tuple[str, ...]) -> None:
    assert unsafe(*(turn("POST /orders", status, "", asked=asked, sent=ORDER) for status in (500, 201))) == []


def test_other_content_and_other_callers_are_no_retry() -> None:
    assert unsafe(FAILED, turn("POST /orders", 201, "", sent='{"item": 8, "count": 1}')) == []
    assert unsafe(FAILED, turn("POST /orders?copy=1", 201, "", sent=ORDER)) == []
    assert unsafe(FAILED, turn("POST /orders", 201, "", sent=ORDER, asked=OTHER_CLIENT)) == []
    assert unsafe(FAILED, turn("POST /orders", 201, "", sent=ORDER, asked=(ADA,))) == []


def test_content_that_is_not_known_cannot_be_compared() -> None:
    long = '{"text": "' + "tea " * 5000 + '"}'
    assert unsafe(*(turn("POST /orders", status, "", sent=long) for status in (500, 201))) == []


# sunset-ignored


def ended(*fields: str, status: int = 200) -> list[Finding]:
    return of("sunset-ignored", turn("GET /v1/orders", status, "[]", *fields))


def test_calls_after_the_end() -> None:
    (finding,) = ended("Date: Mon, 05 Jan 2026 08:00:00 GMT", "Sunset: Sat, 03 Jan 2026 20:00:00 GMT")
    assert (finding.severity, finding.confidence) == (Severity.INFO, Confidence.CERTAIN)
    assert finding.message == "the client calls what was to end 1.5 days ago"
    assert finding.evidence == "Sunset: Sat, 03 Jan 2026 20:00:00 GMT"
    assert len(ended("Date: Mon, 05 Jan 2026 08:00:00 GMT", "Sunset: Sat, 03 Jan 2026 20:00:00 GMT", status=410)) == 1


def test_nobody_is_told_unless_they_ask() -> None:
    (rule,) = (each for each in catalogue() if each.id == "sunset-ignored")
    assert not rule.default


def test_a_minute_is_granted() -> None:
    date = "Date: Mon, 05 Jan 2026 08:01:00 GMT"
    assert ended(date, "Sunset: Mon, 05 Jan 2026 08:00:00 GMT") == []
    assert len(ended(date, "Sunset: Mon, 05 Jan 2026 07:59:59 GMT")) == 1


def test_without_a_date_the_clock_here_counts() -> None:
    past, to_come = "Sunset: Thu, 01 Jan 1970 00:10:00 GMT", "Sunset: Sat, 03 Jan 2026 20:00:00 GMT"
    assert len(ended(past)) == 1
    assert ended(to_come) == []
    (exchange,) = exchanges(turn("GET /v1/orders", 200, "[]", past))
    assert audit("sunset-ignored", msgspec.structs.replace(exchange, timestamp=None)) == []


@pytest.mark.parametrize("value", ["soon", "@1767398400", "2026-01-03", ""])
def test_dates_that_cannot_be_read(value: str) -> None:
    assert ended("Date: Mon, 05 Jan 2026 08:00:00 GMT", f"Sunset: {value}") == []
