"""An operator's settings for a service reach the evidence, and nothing else."""

from __future__ import annotations

import pytest

from wirelint.core import wire
from wirelint.core.audit import Audit
from wirelint.core.condition import condition
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange
from wirelint.core.knowledge import Knowledge, attach
from wirelint.core.verdict import Verdict
from wirelint.evidence.credentials import credentials, is_anonymous
from wirelint.evidence.envelope import Grade, envelope
from wirelint.evidence.protocols import NAMES, Protocol, protocol
from wirelint.rules import catalogue

DEFAULTS = [rule for rule in catalogue() if rule.default]


def answer(content: str, *, path: str = "/orders/7", status: str = "200 OK", fields: str = "") -> Exchange:
    text = f"GET {path} HTTP/1.1\nHost: a\n{fields}\nHTTP/1.1 {status}\nContent-Type: application/json\n\n{content}\n"
    (found,) = wire.exchanges(text)
    return found


def telling(exchange: Exchange, knowledge: Knowledge) -> Exchange:
    attach(exchange, knowledge)
    return exchange


def errors(*conditions: str) -> Knowledge:
    return Knowledge(error_when=tuple(map(condition, conditions)))


def audit(content: str, knowledge: Knowledge, **named: str) -> Audit:
    return Engine(DEFAULTS, knowledge=knowledge).audit(answer(content, **named))


def test_an_own_error_number_is_an_error() -> None:
    content = '{"ret": {"code": "E17", "msg": "no stock", "trace": "x"}, "order": {"id": 9}}'
    assert envelope(answer(content)) is None
    found = envelope(telling(answer(content), errors("ret.code not in ['OK']")))
    assert found == (Grade.STRONG, "ret.code not in ['OK']", '{"ret.code": "E17", "msg": "no stock"}')


def test_it_makes_a_finding_though_no_known_member_is_there() -> None:
    content = '{"ret": {"code": "E17"}, "order": {"id": 9}}'
    assert audit(content, Knowledge()).findings == ()
    judged = audit(content, errors("ret.code not in ['OK']"))
    assert [finding.rule for finding in judged.findings] == ["ok-with-error-body"]
    assert judged.verdict is Verdict.UNKNOWN


def test_where_it_says_that_all_is_well_nothing_else_counts() -> None:
    content = '{"errno": 0, "error": "none so far, says the old part"}'
    assert envelope(answer(content)) is not None
    assert envelope(telling(answer(content), errors("errno != 0"))) is None


def test_where_it_says_nothing_the_content_is_read_as_ever() -> None:
    content = '{"success": false, "message": "no stock"}'
    found = envelope(telling(answer(content), errors("errno != 0")))
    assert found is not None
    assert found.marker == "success"


def test_one_of_several_is_enough() -> None:
    told = errors("errno != 0", "sub_code != 0")
    assert envelope(telling(answer('{"errno": 0, "sub_code": 4}'), told)) is not None
    assert envelope(telling(answer('{"errno": 0, "sub_code": 0}'), told)) is None


@pytest.mark.parametrize(
    ("fields", "path", "kinds"),
    [
        ("X-Shop-Pass: abcd1234\n", "/a", {"field"}),
        ("Cookie: a=b; shopper=xyz\n", "/a", {"cookie"}),
        ("Cookie: a=b; shopper=\n", "/a", set()),
        ("", "/a?Ticket=T1", {"query"}),
        ("", "/a?tick%65t=T1", {"query"}),
        ("", "/a?ticket=", set()),
        ("X-Other: shopper=1; ticket=1\n", "/a", set()),
    ],
)
def test_credentials_by_names_of_their_own(fields: str, path: str, kinds: set[str]) -> None:
    told = Knowledge(
        fields=frozenset({"x-shop-pass"}), cookies=frozenset({"shopper"}), parameters=frozenset({"ticket"})
    )
    assert is_anonymous(answer("{}", fields=fields, path=path))
    assert credentials(telling(answer("{}", fields=fields, path=path), told)) == kinds


def test_credentials_reach_rules() -> None:
    named = {"status": "403 Forbidden", "fields": "X-Shop-Pass: abcd1234\n"}
    for knowledge, who in (
        (Knowledge(), "without credentials"),
        (Knowledge(fields=frozenset({"x-shop-pass"})), "whose credentials were not accepted"),
    ):
        (finding,) = audit('{"error": "login required"}', knowledge, **named).findings
        assert f" {who};" in finding.message


def test_a_credential_that_was_told_is_never_shown() -> None:
    content, fields = '{"success": false, "error": "pear-tree has no account"}', "Prefer: pear-tree\n"
    shown = [f.evidence + f.message for f in audit(content, Knowledge(), fields=fields).findings]
    assert any("pear-tree" in text for text in shown)
    told = Knowledge(fields=frozenset({"prefer"}))
    findings = audit(content, told, fields=fields).findings
    assert findings
    assert not any("pear-tree" in finding.evidence + finding.message for finding in findings)


def test_the_protocol_is_what_was_told() -> None:
    old = '{"result": null, "error": {"code": -32601, "message": "no such method"}, "id": 1}'
    assert protocol(answer(old)) is None
    assert protocol(telling(answer(old), Knowledge(protocol="json-rpc"))) is Protocol.JSON_RPC
    assert [finding.rule for finding in audit(old, Knowledge(protocol="json-rpc")).findings] == ["tunnelled-error"]
    graphql = answer('{"data": null, "errors": [{"message": "x"}]}', path="/graphql")
    assert protocol(graphql) is Protocol.GRAPHQL
    assert protocol(telling(graphql, Knowledge(protocol="http"))) is None


def test_each_protocol_has_a_name_without_blanks() -> None:
    assert set(NAMES.values()) == set(Protocol)
    assert {"graphql", "json-rpc", "json-api", "event-stream", "s3"} <= set(NAMES)
