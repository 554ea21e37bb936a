"""What a request with other credentials proves about a refusal, and what proves nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from lab.rule import notes, of, one
from lab.story import ADA, BOB, turn
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange
from wirelint.core.state import State
from wirelint.core.verdict import presumed
from wirelint.core.wire import exchanges
from wirelint.history.callers import Callers
from wirelint.rules import catalogue

MISSING, FORBIDDEN, OTHER = "missing-credentials-as-403", "forbidden-as-401", "missing-credentials-misreported"
NO = '{"message": "Forbidden"}'
OWN = '{"message": "the board is for members of the club"}'
BASIC_ADA, BASIC_BOB = "Authorization: Basic YWRhOndvbmRlcmxhbmQ=", "Authorization: Basic Ym9iOmJ1aWxkZXI="
REALM = 'WWW-Authenticate: Basic realm="shop"'


def get(status: int, target: str, *asked: str, shown: str | None = None, got: tuple[str, ...] = ()) -> str:
    text = (
        shown
        if shown is not None
        else {200: "{}", 403: NO, 404: '{"error": "no such note"}', 500: NO}.get(status, "{}")
    )
    return turn(f"GET {target}", status, text, *got, asked=asked)


def test_a_403_that_credentials_cure() -> None:
    refused, let_in = get(403, "/board"), get(200, "/board", ADA)
    for story in ((refused, let_in), (let_in, refused), (refused, let_in, let_in)):
        (finding,) = of(MISSING, *story)
        assert (finding.status, finding.suggested_status, finding.severity.name) == (403, 401, "MEDIUM")
    assert len(of(MISSING, refused, refused, let_in)) == 2
    assert len(of(MISSING, refused, get(404, "/board", ADA))) == 1


def test_a_token_that_is_refused_before_and_after_it_is_accepted_elsewhere() -> None:
    guard, mine = get(403, "/mine"), get(200, "/mine", BOB)
    board, no = get(200, "/board", ADA), get(401, "/board", BOB)
    (finding,) = of(FORBIDDEN, guard, no, board, mine, no)
    assert (finding.status, finding.suggested_status) == (401, 403)
    assert of(FORBIDDEN, guard, board, mine, no) == []
    assert of(FORBIDDEN, guard, no, board, no) == []


@pytest.mark.parametrize(
    "story",
    [
        (get(403, "/board"), get(403, "/board", ADA)),
        (get(200, "/board"), get(403, "/board"), get(200, "/board", ADA)),
        (get(403, "/board"), get(200, "/other", ADA)),
        (get(403, "/board", shown='{"message": "your IP is not on the list"}'), get(200, "/board", ADA)),
        (get(403, "/board", shown='{"message": "CSRF check"}'), get(200, "/board", ADA)),
        (get(401, "/board", got=(REALM,)), get(403, "/board"), get(200, "/board", ADA)),
        (get(403, "/board", ADA), get(200, "/board", BOB)),
        (get(403, "/board", "Cookie: unknown=0123456789abcdef"), get(200, "/board", ADA)),
    ],
)
def test_a_403_that_proves_nothing(story: tuple[str, ...]) -> None:
    assert of(MISSING, *story) == []


def test_words_that_are_proven() -> None:
    proof = get(403, "/board", shown=OWN) + get(200, "/board", ADA)
    found = of(MISSING, proof, get(403, "/news", shown=OWN))
    assert [(finding.route, finding.severity.name) for finding in found] == [("/board", "MEDIUM"), ("/news", "LOW")]
    assert {finding.route for finding in of(MISSING, get(403, "/news", shown=OWN), proof)} == {"/board", "/news"}
    stock = get(403, "/board") + get(200, "/board", ADA)
    assert len(of(MISSING, stock, get(403, "/news"))) == 1
    assert len(of(MISSING, stock, stock.replace("/board", "/wall"), get(403, "/news"))) == 3


def test_a_credential_that_was_never_accepted() -> None:
    story = get(403, "/board", shown=OWN) + get(403, "/board", BOB, shown=OWN) + get(200, "/board", ADA)
    found = of(MISSING, story)
    assert sorted(finding.severity.name for finding in found) == ["LOW", "MEDIUM"]
    accepted = get(200, "/own", BOB) + story
    assert len(of(MISSING, accepted)) == 1
    issued = turn("POST /login", 200, '{"token": "9a7e55c1f02d48b6a1c4"}', sent="{}") + story
    assert len(of(MISSING, issued)) == 1
    assert len(of(MISSING, story.replace(OWN, '{"message": "you, Bob, are no member"}', 2).replace(OWN, NO))) <= 2


def test_a_401_to_a_known_caller() -> None:
    known = get(401, "/notes", got=(REALM,)) + get(200, "/notes", BASIC_ADA)
    elsewhere = get(200, "/prices", BASIC_BOB)
    found = one(FORBIDDEN, known + elsewhere + get(401, "/prices", BASIC_ADA, got=(REALM,)))
    assert (found.status, found.suggested_status) == (401, 403)
    assert notes(found)[0] == "known to the service"
    assert len(of(FORBIDDEN, known, get(401, "/prices", BASIC_ADA, got=(REALM,)))) == 1  # one realm, one password
    other = get(401, "/prices", BASIC_ADA, got=('WWW-Authenticate: Basic realm="till"',))
    assert of(FORBIDDEN, known, other) == []
    assert of(FORBIDDEN, get(200, "/notes", BASIC_ADA), get(401, "/prices", BASIC_ADA, got=(REALM,))) == []


def test_tokens_may_expire_unless_they_are_let_in_again() -> None:
    guarded = get(401, "/notes", got=("WWW-Authenticate: Bearer",))
    refused = get(401, "/prices", ADA, got=("WWW-Authenticate: Bearer",))
    story = (guarded, get(200, "/notes", ADA), get(200, "/prices", BOB), refused)
    assert of(FORBIDDEN, *story) == []
    assert len(of(FORBIDDEN, *story, get(200, "/notes", ADA))) == 1
    assert of(FORBIDDEN, *story, get(200, "/free", ADA)) == []
    expired = refused.replace("{}", '{"error": "token expired"}')
    assert of(FORBIDDEN, *story[:-1], expired, get(200, "/notes", ADA)) == []


@pytest.mark.parametrize("status", [400, 500])
def test_other_statuses_that_credentials_cure(status: int) -> None:
    plain = '{"message": "Error"}'
    refused = get(status, "/models", shown=plain)
    for story in ((refused, get(200, "/models", ADA)), (get(200, "/models", ADA), refused)):
        assert [finding.status for finding in of(OTHER, *story)] == [status]
    assert of(OTHER, refused, get(200, "/models?all=1", ADA)) == []
    assert of(OTHER, refused, get(200, "/models", "Cookie: session=0123456789abcdef")) == []
    assert of(OTHER, get(500, "/models", shown='{"message": "database is locked"}'), get(200, "/models", ADA)) == []


def test_a_credential_that_is_not_checked_well() -> None:
    assert len(of(OTHER, get(500, "/models", BOB), get(200, "/models", ADA))) == 1
    assert of(OTHER, get(500, "/models?a=1", BOB), get(200, "/models?a=1", ADA)) == []
    assert of(OTHER, get(200, "/own", BOB), get(500, "/models", BOB), get(200, "/models", ADA)) == []
    assert of(OTHER, get(404, "/models", BOB), get(200, "/models", ADA)) == []


RULES = tuple(rule for rule in catalogue() if rule.id in (MISSING, FORBIDDEN, OTHER))


def found_in(story: list[Exchange]) -> set[tuple[str, str]]:
    engine = Engine(RULES)
    timed = [replace(each, started=float(at), ended=at + 0.5, timestamp=float(at)) for at, each in enumerate(story)]
    return {(finding.rule, finding.exchange_id) for each in timed for finding in engine.audit(each).findings}


def story_of(client: int) -> list[Exchange]:
    base = f"/{'abc'[client]}"
    own = f'{{"message": "only those of room {"abc"[client] * 7} come in"}}'
    told = (
        get(403, f"{base}/board", shown=own)
        + get(200, f"{base}/board", ADA)
        + get(403, f"{base}/news", shown=own)
        + get(500, f"{base}/models")
        + get(200, f"{base}/models", ADA)
    )
    return [replace(each, client=f"client {client}", id=f"{client}-{at}") for at, each in enumerate(exchanges(told))]


@given(st.permutations([client for client in range(3) for _ in range(5)]))
def test_independent_clients_may_interleave(order: list[int]) -> None:
    parts = [story_of(client) for client in range(3)]
    alone = set().union(*(found_in(part) for part in parts))
    rest = [iter(part) for part in parts]
    assert len(alone) == 9
    assert found_in([next(rest[client]) for client in order]) == alone


def test_what_is_remembered_is_bounded() -> None:
    state = State()
    memory = state.recall(Callers)
    for each in range(12_000):
        key = f"X-Api-Key: {each:032x}"
        (exchange,) = exchanges(get((403, 200, 401)[each % 3], f"/a/{each // 2}", *([key] if each % 2 else [])))
        state.note(exchange, presumed(exchange))
    assert 4000 < len(memory) < 12_000


def test_another_password_of_the_same_user() -> None:
    wrong = get(403, "/board", "Authorization: Basic YWRhOndyb25n")
    assert len(of(MISSING, wrong, get(200, "/board", BASIC_ADA))) == 1
    assert of(MISSING, wrong, get(200, "/board", BASIC_BOB)) == []


def test_a_400_to_an_unknown_credential_is_a_note() -> None:
    story = get(400, "/models", BOB, shown='{"message": "Error"}') + get(200, "/models", ADA)
    assert [finding.severity.name for finding in of(OTHER, story)] == ["INFO"]


def test_another_form_of_credentials_in_the_same_words() -> None:
    bad = {"Authorization: Bearer nobody-0123456789": OWN, "Authorization: Basic bm9ib2R5OnNlc2FtZQ==": OWN}
    refused = "".join(get(400, "/board", asked, shown=shown) for asked, shown in bad.items())
    assert [finding.status for finding in of(OTHER, refused, get(200, "/board", ADA))] == [400, 400]
    first, _, second = refused.rpartition("GET /board")
    assert len(of(OTHER, first, "GET /board", second.replace(OWN, NO), get(200, "/board", ADA))) == 1


def test_a_refusal_for_lack_of_permission_is_no_doubt_about_the_credential() -> None:
    story = (
        get(401, "/orders/1", got=(REALM,))
        + get(200, "/orders/1", ADA)
        + get(200, "/orders/2", BOB)
        + get(401, "/orders/2", ADA)
        + get(200, "/orders/1", ADA)
    )
    assert len(of(FORBIDDEN, story)) == 1
    assert of("authenticated-told-401", story) == []
    assert len(of("authenticated-told-401", story.replace(get(200, "/orders/2", BOB), ""))) == 1
