"""What errors say of what a request asked for."""

from __future__ import annotations

import pytest

from lab.rule import answer
from wirelint.core.exchange import Exchange
from wirelint.core.wire import exchanges
from wirelint.evidence.asked import faulted, quoted_value


def asking(target: str) -> Exchange:
    (exchange,) = exchanges(answer("500 Internal Server Error", request=f"GET {target} HTTP/1.1"))
    return exchange


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("/api/v2/silence/7c0a", "silence not found"),
        ("/api/v2/silences/7c0a", "Silence does not exist."),
        ("/scan?folder=zz", "no such folder"),
        ("/users/zz", "user zz not found"),
        ("/users/zz", 'No such user: "zz"'),
        ("/boxes/7", "The box was not found"),
        ("/orders/4", "order 4 not found"),
        ("/write?rp=none", "retention policy not found: none"),
        ("/contents/x/y/z.txt", "cannot save x/y/z.txt: no such file or directory"),
        ("/o/7", "Order 7 could not be found"),
        ("/users/42", "Could not find user with id 42"),
        ("/users/42", "User not found for this id :: 42"),
        ("/user?input=%7B%22id%22%3A5%7D", "User 5 not found"),
        ("/users/42", "Benutzer nicht gefunden"),
        ("/a/7", "Article introuvable"),
        ("/clientes/9", "El cliente no existe"),
        ("/users/42", "Пользователь не найден"),
        ("/items/77", "KeyError('77')"),
        ("/items/77", "'77'"),
        ("/items/77", "key not found: 77"),
    ],
)
def test_what_was_asked_for_is_absent(target: str, text: str) -> None:
    fault = faulted(asking(target), text)
    assert fault is not None
    assert fault.absent


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("/pause?device=zz", '"zz": device ID invalid: incorrect length'),
        ("/snapshot/delete?snapshot=zz", 'cannot delete: invalid snapshotName "zz"'),
        ("/users/a%20b", "illegal name: a b"),
        ("/sort?by=colour", "'colour'"),
        ("/users?role=boss", "'boss' is not a valid Role"),
    ],
)
def test_what_was_asked_for_is_not_valid(target: str, text: str) -> None:
    fault = faulted(asking(target), text)
    assert fault is not None
    assert not fault.absent


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("/orders/7", "silence not found"),  # of something else
        ("/orders/42", "Failed to load order 42: disk is full"),
        ("/orders/42", "order 42 of 421 not found"),  # 42 is not what is missing
        ("/orders/42", "Table 'shop.orders' does not exist"),
        ("/templates/zz", "template zz not found"),
        ("/orders/42", "invalid state 142"),
        ("/orders/4", "4 of 7 items were not found"),
        ("/", "invalid"),
        ("/orders/42", ""),
        ("/benutzer/42", "Vorlage nicht gefunden"),  # a template
        ("/articles/42", "Auteur introuvable"),
        ("/users", "Benutzer nicht gefunden"),
        ("/users/42", "'choices'"),  # of another service's answer
        ("/users/42", "KeyError: 'DATABASE_URL'"),
        ("/users/42", "Upstream of user 42 timed out"),
    ],
)
def test_nothing_is_said_of_what_was_asked_for(target: str, text: str) -> None:
    assert faulted(asking(target), text) is None


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("/pages?n=x", "java.lang.NumberFormatException: For input string: &quot;x&quot;"),
        ("/pages/abc", "ValueError: invalid literal for int() with base 10: &#x27;abc&#x27;"),
        ("/pages/abc", 'invalid value for Integer(): "abc"'),
        ("/pages?n=abc", "invalid input syntax for type integer: &#34;abc&#34;"),
    ],
)
def test_a_value_is_quoted_as_no_number(target: str, text: str) -> None:
    quoted = quoted_value(asking(target), f"<pre>{text}\n</pre>")
    assert quoted is not None
    assert text.endswith(quoted)


def test_a_quoted_value_may_be_of_the_service_itself() -> None:
    assert quoted_value(asking("/pages?n=7"), 'NumberFormatException: For input string: "none"') is None
