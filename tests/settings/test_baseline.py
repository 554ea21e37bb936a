"""Known findings: recognised by fingerprint, and on routes that have been learned since."""

from __future__ import annotations

import pytest

from wirelint.settings.baseline import Entry, same_route


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("/users/{name}", "/users/ann", True),
        ("/users/ann", "/users/{name}", True),
        ("/users/{id}/orders", "/users/{name}/orders", True),
        ("/users/ann", "/users/bob", False),
        ("/users/{name}", "/users/ann/orders", False),
        ("/users/{name}", "/shops/ann", False),
        ("/users/{name}", "/users/{name}", False),
    ],
)
def test_learned_routes(one: str, other: str, same: bool) -> None:
    assert same_route(one, other) is same


def test_entries_are_shown_without_their_fingerprint() -> None:
    entry = Entry("shop", "/orders/{id}", "GET", "ok-with-error-body", "0" * 16)
    assert str(entry) == "ok-with-error-body of shop on GET /orders/{id}"
