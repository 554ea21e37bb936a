"""Routes that are learned: what stands in them, and what never does."""

from __future__ import annotations

import itertools
import random
import tracemalloc

import pytest

from wirelint.core import learned
from wirelint.core.fold import Fold
from wirelint.core.learned import LearnedRoutes
from wirelint.core.route import route
from wirelint.core.route_words import NAMES, WORDS


class _Service:
    """One service, to whose paths requests are sent."""

    def __init__(self) -> None:
        self.routes = LearnedRoutes()
        self.folds: list[Fold] = []
        self._now = itertools.count()

    def ask(self, path: str, *, found: bool = True) -> str:
        label, folds = self.routes.learn("shop", route(path), found=found, now=next(self._now))
        self.folds += folds
        return label


FIRST_NAMES = ("alice", "bob", "carol", "dmitri", "eve", "fatima", "grace", "heidi", "ivan", "judy", "mallory", "trent")


@pytest.mark.parametrize("pattern", ["/profile/{}", "/u/{}", "/authors/{}/posts", "/v1/people/{}", "/blog/{}", "/{}"])
def test_a_thousand_names_are_one_route(pattern: str) -> None:
    service = _Service()
    names = [f"{first}{joint}{last}" for first in FIRST_NAMES for joint in ("-", ".", "_", "") for last in FIRST_NAMES]
    chosen = random.Random(17)
    seen = {service.ask(pattern.format(chosen.choice(names))) for _ in range(1000)}
    assert seen == {pattern.format("{name}")}


@pytest.mark.parametrize("name", ["jsmith", "torvalds", "AliceWonder", "mark", "grant", "annjohnson", "j.doe", "smith"])
def test_people_never_stand_in_a_route_however_often_they_come(name: str) -> None:
    service = _Service()
    for _ in range(100):
        assert name not in service.ask(f"/profile/{name}")
        assert name not in service.ask(f"/users/{name}/orders")


@pytest.mark.parametrize(
    "path", ["/orders", "/api/v2/carts/42/items", "/checkout/confirm", "/user/settings", "/healthz"]
)
def test_words_of_the_field_are_kept_at_once(path: str) -> None:
    assert _Service().ask(path) == route(path)


def test_what_is_not_there_teaches_nothing() -> None:
    service = _Service()
    for _ in range(50):
        assert service.ask("/orders/export", found=False) == "/{name}/{name}"
    assert service.ask("/orders/export") == "/orders/export"
    assert service.ask("/orders/export", found=False) == "/orders/export"


def test_a_scanner_leaves_no_words() -> None:
    service = _Service()
    service.ask("/orders")
    words = sorted(WORDS)[::7]
    assert {service.ask(f"/{word}/{word}.php", found=False) for word in words if word != "orders"} <= {
        "/{name}/{name}.php",
        "/orders/{name}.php",
    }


def test_an_unknown_word_is_kept_when_it_came_back() -> None:
    service = _Service()
    asked = [service.ask("/frobnix/list") for _ in range(6)]
    assert asked[:3] == ["/{name}/list"] * 3
    assert asked[3:] == ["/frobnix/list"] * 3


def test_many_words_of_one_place_are_values() -> None:
    service = _Service()
    words = [word for word in sorted(WORDS) if len(word) > 5][::40]
    asked = [service.ask(f"/articles/{word}/posts") for word in words]
    assert asked[-1] == "/articles/{name}/posts"
    (fold,) = service.folds
    assert (fold.service, fold.prefix, fold.label) == ("shop", "/articles", "{name}")
    kept = {"/articles/{name}/posts", "/articles/cancel/posts", "/articles/lookup/posts"}  # operations
    assert {fold.of(each) for each in asked} == kept
    assert fold.of("/orders/articles") == "/orders/articles"
    # One that came back all the time is a route of its own; so are operations.
    assert service.ask("/articles/search") == "/articles/search"


def test_a_word_is_a_value_if_the_same_words_are_below_it_and_below_values() -> None:
    service = _Service()
    for below in ("pulls", "issues", "labels"):
        assert service.ask(f"/projects/jsmith/{below}") == f"/projects/{{name}}/{below}"
    assert service.ask("/projects/calendar/pulls") == "/projects/calendar/pulls"
    assert service.ask("/projects/calendar/issues") == "/projects/{name}/issues"
    (fold,) = service.folds
    assert fold.of("/projects/calendar/pulls") == "/projects/{name}/pulls"
    # What the caller may do to all is an operation, whatever is below it.
    assert [service.ask(f"/projects/current/{below}") for below in ("pulls", "issues", "labels")] == [
        *("/projects/current/pulls", "/projects/current/issues", "/projects/current/labels"),
    ]


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("/repos/lexa/PyGithub/pulls", "/repos/{name}/{name}/pulls"),
        ("/catalog/7/email/Welcome", "/catalog/{id}/email/{name}"),
        ("/Accounts/7/Calls", "/Accounts/{id}/Calls"),
        ("/api/Products", "/api/Products"),
        ("/shops/7/environments/test", "/shops/{id}/environments/{name}"),
        ("/branches/main/protection", "/branches/{name}/protection"),
        ("/branches/search", "/branches/search"),
    ],
)
def test_proper_names_and_what_people_name_are_values(path: str, label: str) -> None:
    service = _Service()
    assert {service.ask(path) for _ in range(40)} == {label}


def test_a_place_with_many_methods_stays() -> None:
    service = _Service()
    words = [word for word in sorted(WORDS) if len(word) > 5][::40]
    asked = [service.ask(f"/api/{word}.list") for word in words]
    assert asked == [f"/api/{word}.list" for word in words]


def test_one_word_more_in_a_collection_needs_patience() -> None:
    service = _Service()
    for number in range(84):
        service.ask(f"/orders/person{number}@shop.example")
    asked = [service.ask("/orders/late") for _ in range(20)]
    assert asked[0] == "/orders/{name}"
    assert asked[-1] == "/orders/late"


def test_the_first_label_of_a_place_stays() -> None:
    service = _Service()
    assert service.ask("/items/41") == "/items/{id}"
    assert service.ask("/items/8f14e45fceea167a5a36dedd4bea2543") == "/items/{id}"
    assert service.ask("/items/frobnix") == "/items/{id}"
    assert service.ask("/items/frobnix.json") == "/items/{name}.json"
    assert service.ask("/files/frobnix.json") == "/files/{name}.json"
    assert service.ask("/files/41") == "/files/{id}"


def test_versions() -> None:
    service = _Service()
    assert service.ask("/v1/orders") == "/v1/orders"
    assert service.ask("/2.0/orders") == "/2.0/orders"
    assert service.ask("/packages/2.0") == "/packages/{name}"
    asked = [service.ask("/2010-04-01/accounts") for _ in range(4)]
    assert asked == ["/{date}/accounts"] * 3 + ["/2010-04-01/accounts"]


@pytest.mark.parametrize("segment", ["smith-test", "austin-test", "copy-of-mallory", "jsmith.get", "ann_johnson"])
def test_a_verb_beside_a_name_makes_no_method(segment: str) -> None:
    service = _Service()
    assert {service.ask(f"/repos/{segment}/files") for _ in range(50)} == {"/repos/{name}/files"}


def test_collections_come_through_beside_values() -> None:
    service = _Service()
    for number, word in enumerate(sorted(NAMES - WORDS)[:400]):
        service.ask(f"/{word}xq/{number}")
    assert [service.ask("/orders") for _ in range(5)][-1] == "/orders"


def test_the_same_order_gives_the_same_routes() -> None:
    chosen = random.Random(5)
    words = sorted(WORDS | NAMES)
    paths = [f"/{chosen.choice(words[:40])}/{chosen.choice(words)}/{chosen.choice(words[:9])}" for _ in range(3000)]
    one, other = _Service(), _Service()
    assert [one.ask(path) for path in paths] == [other.ask(path) for path in paths]
    assert one.folds == other.folds
    labels = [one.routes.label("shop", route(path)) for path in paths[-100:]]
    assert labels == [one.ask(path, found=False) for path in paths[-100:]]


def test_what_is_kept_is_bounded() -> None:
    chosen = random.Random(6)
    words = sorted(WORDS)
    service = _Service()
    tracemalloc.start()
    sizes = []
    for _ in range(3):
        for _ in range(10_000):
            service.ask("/" + "/".join(chosen.choice(words) for _ in range(5)))
        sizes.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert sizes[2] < 6_000_000
    assert sizes[2] < sizes[1] * 1.2


def test_services_beyond_the_bound_replace_the_one_not_seen_for_longest() -> None:
    routes = LearnedRoutes()
    for _ in range(8):
        routes.learn("shop", "/frobnix", found=True, now=1.0)
    for number in range(300):
        routes.learn(f"made-up-{number}", "/", found=False, now=2.0)
        assert routes.label("shop", "/frobnix") == "/frobnix"
    for number in range(300):
        routes.learn(f"other-{number}", "/", found=True, now=3.0)
    assert len(routes) == learned.MOST_SERVICES
    assert routes.label("shop", "/frobnix") == "/{name}"
