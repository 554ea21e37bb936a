"""Path templates: concrete before parameters, and time linear in the path."""

from __future__ import annotations

import time

import pytest

from wirelint.core.paths import PathTemplates

TEMPLATES = (
    "/",
    "/users",
    "/users/me",
    "/users/{id}",
    "/users/{id}/orders",
    "/users/{id}/orders/{order}",
    "/{area}/me/orders",
    "/files/{path}",
    "/files/{name}.json",
    "/reports/{from}..{to}",
    "/jobs/{id}:cancel",
    "/Products({key})",
    "/trees/{tree}/leaf",
)


def made() -> PathTemplates:
    templates = PathTemplates()
    for number, template in enumerate(TEMPLATES):
        assert templates.add(template) == number
    return templates


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", ["/"]),
        ("/users", ["/users"]),
        ("/users/", ["/users"]),
        ("/users/me", ["/users/me", "/users/{id}"]),
        ("/users/42", ["/users/{id}"]),
        ("/users/me/orders", ["/users/{id}/orders", "/{area}/me/orders"]),
        ("/users/42/orders/7", ["/users/{id}/orders/{order}"]),
        ("/users/42/things", []),
        ("/files/a.json", ["/files/{name}.json", "/files/{path}"]),
        ("/files/.json", ["/files/{path}"]),
        ("/files/a/b/c", ["/files/{path}"]),
        ("/files/", ["/files/{path}"]),
        ("/files", []),
        ("/reports/1..2", ["/reports/{from}..{to}"]),
        ("/reports/1.2", []),
        ("/reports/..2", []),
        ("/jobs/4:cancel", ["/jobs/{id}:cancel"]),
        ("/Products(4)", ["/Products({key})"]),
        ("/trees/a%2Fb/leaf", ["/trees/{tree}/leaf"]),
        ("/users//orders", []),
        ("/trees/a/b", []),
    ],
)
def test_the_most_concrete_template_comes_first(path: str, expected: list[str]) -> None:
    assert [TEMPLATES[number] for number in made().find(path)] == expected


def test_a_look_up_takes_time_in_proportion_to_the_path() -> None:
    templates = PathTemplates()
    for depth in range(1, 60):
        templates.add("/{a}" * depth + "/x")
        templates.add("/{a}-{b}" * depth + "/y")
    begun = time.process_time()
    for path in ("/a" * 900, "/-" * 900, "/" + "a-" * 1000, "/a-b" * 59, "/" * 2000):
        templates.find(path)
    assert time.process_time() - begun < 1
