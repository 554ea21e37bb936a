"""Work that is spared must not have mattered: what a gate leaves out would have found nothing."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wirelint.core.body import Body
from wirelint.core.credentials import Sensitivity, carried, sent
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.media import Kind, media_type
from wirelint.core.plan import Bound, Plan
from wirelint.core.redact import _is_plain
from wirelint.core.rule import Context, Rule, Shape
from wirelint.evidence.wording import wording
from wirelint.rules import catalogue

_RULES = catalogue()
_READING = [rule for rule in _RULES if rule.reads and not rule.recalls and rule.contract is None]
_KEYS = sorted({key for rule in _RULES for key in rule.json_keys or ()})
_names = st.none() | st.frozensets(st.sampled_from([*_KEYS, "id", "sku", "total"]), max_size=6)


@given(st.lists(_names, max_size=20), st.sampled_from([(200, "GET"), (201, "POST"), (206, "GET")]))
def test_readers_are_those_that_the_names_concern(asked: list[frozenset[str] | None], shape: tuple[int, str]) -> None:
    bound = [Bound(rule, Context(rule.options)) for rule in _READING if rule.when.fits(*shape, Kind.JSON)]
    plan = Plan.of(bound, (*shape, Kind.JSON))
    for names in asked:
        concerned = [
            each.rule.id
            for each in bound
            if names is None or each.rule.json_keys is None or not each.rule.json_keys.isdisjoint(names)
        ]
        assert sorted(each.rule.id for each in plan.readers_of(names)) == sorted(concerned)


_fields = st.lists(
    st.sampled_from(
        [
            *[("Accept", "*/*"), ("Authorization", "Bearer abc"), ("Authorization", ""), ("Cookie", "theme=dark")],
            *[("Cookie", "sid=0123456789abcdef"), ("X-Api-Key", "k"), ("DPoP", "eyJ"), ("X-Tenant", "t"), ("Via", "x")],
        ]
    ),
    max_size=4,
)
_bodies = st.sampled_from(
    [
        *[(b"", ""), (b"grant_type=password&password=x", "application/x-www-form-urlencoded")],
        *[(b'{"password": "x"}', "application/json"), (b"{}", "application/json"), (None, "")],
    ]
)


@given(
    _fields,
    st.sampled_from(["/", "/a?", "/a?page=2", "/a?api_key=k", "/a?token"]),
    st.sampled_from(["shop.example", "ann:secret@shop.example", "@"]),
    _bodies,
)
def test_a_request_without_a_place_for_credentials_sent_none(
    fields: list[tuple[str, str]], target: str, authority: str, content: tuple[bytes | None, str]
) -> None:
    raw, kind = content
    body = Body.unknown("streamed") if raw is None else Body(raw, media=media_type(kind))
    headers = Headers.of(*fields, *([("Content-Type", kind)] if kind else []))
    exchange = Exchange(
        request=Request(method="POST", target=target, authority=authority, headers=headers, body=body),
        response=Response(status=200),
    )
    assert sent(exchange) == tuple(carried(exchange, Sensitivity.CREDENTIAL))


def _refusal(number: int, text: str) -> Exchange:
    body = Body(text.encode(), media=media_type("text/plain"))
    headers = Headers.of(("Content-Type", "text/plain"))
    return Exchange(
        request=Request(method="GET", target=f"/orders/{number}?page=2"),
        response=Response(status=404, headers=headers, body=body),
    )


@given(st.permutations([1, 2, 3, 44, 555]))
def test_a_wording_is_the_same_whichever_request_came_first(order: list[int]) -> None:
    own = {number: wording(_refusal(number, f"GET /orders/{number}: no order {number}")) for number in order}
    assert len({each.words for each in own.values() if each is not None}) == 1
    # The path of one request is nothing special in the answer to another.
    foreign = wording(_refusal(1, "GET /orders/list: no order 1"))
    assert foreign is not None
    assert foreign.words not in {each.words for each in own.values() if each is not None}


@pytest.mark.parametrize("rule", [rule for rule in _RULES if rule.may is not None], ids=lambda rule: rule.id)
def test_a_rule_that_can_find_nothing_keeps_its_opportunity(rule: Rule) -> None:
    bound = [Bound(rule, Context(rule.options))]
    shapes = itertools.product((200, 204, 302, 299, 404), ("GET", "HEAD"), (Kind.JSON, Kind.HTML))
    plans = {shape: Plan.of(bound, shape) for shape in shapes if rule.when.fits(*shape)}
    assert all(plan.rules == (rule,) for plan in plans.values())
    runs = {shape for shape, plan in plans.items() if plan.plain or plan.reading or plan.keyed}
    assert runs == {shape for shape in plans if rule.may is None or rule.may(Shape(*shape))}
    assert runs < plans.keys()


@given(st.text(max_size=20))
def test_a_plain_text_stands_in_json_as_it_is(text: str) -> None:
    escaped = json.dumps(text)[1:-1]
    assert (escaped == text) == _is_plain(text)
