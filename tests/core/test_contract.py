"""What a contract says of a request: by base path, by method, by status, by media type."""

from __future__ import annotations

import pytest

from wirelint.core.contract import Contract, DocumentedContent, DocumentedOperation

USERS = DocumentedOperation(
    method="GET", template="/users/{id}", answers={"200": DocumentedContent(), "4XX": DocumentedContent()}
)
ME = DocumentedOperation(
    method="DELETE", template="/users/me", answers={"204": DocumentedContent(), "default": DocumentedContent()}
)
CONTRACT = Contract([USERS, ME], ["/api/v2", "/"])


@pytest.mark.parametrize(
    ("method", "path", "template", "operation"),
    [
        ("GET", "/api/v2/users/7", "/api/v2/users/{id}", USERS),
        ("GET", "/users/7", "/users/{id}", USERS),
        ("DELETE", "/users/me", "/users/me", ME),
        ("GET", "/users/me", "/users/{id}", USERS),
        ("PUT", "/users/me", "/users/me", None),
    ],
)
def test_a_request_is_located(method: str, path: str, template: str, operation: DocumentedOperation | None) -> None:
    found = CONTRACT.locate(method, path)
    assert found is not None
    assert found.operation is operation
    assert found.template == CONTRACT.template(method, path) == template


def test_methods_of_all_templates_that_fit_are_named() -> None:
    found = CONTRACT.locate("PUT", "/users/me")
    assert found is not None
    assert found.methods == {"GET", "DELETE"}


def test_a_path_that_is_not_documented_is_not_located() -> None:
    assert CONTRACT.locate("GET", "/api/v2x/users/7") is None
    assert CONTRACT.template("GET", "/orders") is None


def test_a_base_path_that_a_proxy_cut_off_is_not_missed() -> None:
    found = Contract([USERS], ["/api/v2"]).locate("GET", "/users/7")
    assert found is not None
    assert found.template == "/users/{id}"


def test_look_ups_are_remembered_within_bounds() -> None:
    contract = Contract([USERS])
    for number in range(10_000):
        assert contract.locate("GET", f"/users/{number}") is not None
    assert len(contract._found) <= 4096
    contract._found.clear()
    assert contract.locate("GET", f"/users/{'7' * 300}") is not None
    assert len(contract._found) == 0


@pytest.mark.parametrize(("status", "key"), [(200, "200"), (404, "4XX"), (500, None)])
def test_a_status_is_documented_by_itself_or_by_its_range(status: int, key: str | None) -> None:
    assert USERS.answer(status) == key


def test_default_documents_all_other_statuses() -> None:
    assert ME.answer(500) == "default"


def test_the_most_specific_media_range_counts() -> None:
    content = DocumentedContent(dict.fromkeys(("*/*", "text/*", "text/csv")))
    assert [content.range_of(each) for each in ("text/csv", "text/plain", "image/png")] == ["text/csv", "text/*", "*/*"]
    assert DocumentedContent({"text/csv": None}).range_of("text/plain") is None
