"""What holds of every rule there is; nothing here needs to be written per rule."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import typing
from collections.abc import Iterable
from pathlib import Path

from msgspec.structs import replace

import wirelint.rules
from lab.rule import EVERY_RULE, knowledge
from wirelint.core.body import Body
from wirelint.core.engine import Engine
from wirelint.core.exchange import Answered, Exchange, Request, Response
from wirelint.core.finding import Confidence, Finding
from wirelint.core.headers import Headers
from wirelint.core.redact import MASK
from wirelint.core.rule import SECTIONS, Rule
from wirelint.core.wire import exchanges
from wirelint.rules import catalogue

CATALOGUE = catalogue()
DEFAULTS = tuple(rule for rule in CATALOGUE if rule.default)
CANARIES = {
    "authorization": "walrus",
    "cookie": "crumble",
    "field": "biscuit",
    "key": "x9Qz",
    "query": "rosebud",
    "path": "ann.miller",
    "answer": "swordfish",
}
"""Secrets by their places: words and short ones, so that no net for random characters catches them."""

PARTS = {
    "always-200-service": {"ok-with-error-body"},
    "catch-all-400": {"bad-request-for-missing-resource"},
    "throttle-signal-inconsistent": {"throttle-misreported"},
}
"""What rules about a service as a whole count up is reported one by one as well."""


def of_all(engine: Engine, text: str) -> list[Finding]:
    """Return the findings on all exchanges of an example."""
    findings: list[Finding] = []
    for exchange in exchanges(text):
        audit = engine.audit(exchange)
        assert audit.faults == ()
        findings += audit.findings
    return findings


def ids(findings: Iterable[Finding]) -> set[str]:
    return {finding.rule for finding in findings}


def test_there_are_rules() -> None:
    assert len(CATALOGUE) > 40
    assert len({rule.id for rule in CATALOGUE}) == len(CATALOGUE)


@EVERY_RULE
def test_documentation_is_complete(rule: Rule) -> None:
    lines = rule.text.splitlines()
    heads = [
        (at, line)
        for at, line in enumerate(lines[:-1])
        if line and set(lines[at + 1]) == {"-"} and len(lines[at + 1]) == len(line)
    ]
    assert tuple(name for _, name in heads) == SECTIONS
    ends = [at for at, _ in heads[1:]] + [len(lines)]
    sections = {name: "\n".join(lines[at + 2 : end]).strip() for (at, name), end in zip(heads, ends, strict=True)}
    assert all(sections.values())
    references = [line for line in sections["References"].splitlines() if line]
    assert references
    assert all(re.fullmatch(r"- https://\S+", line) for line in references)
    assert rule.summary
    assert not rule.summary.endswith(".")
    assert rule.because
    assert rule.basis


def test_documentation_is_there_where_modules_have_none() -> None:
    telling = "import json; from wirelint.rules import catalogue; print(json.dumps([r.text for r in catalogue()]))"
    run = subprocess.run(
        [sys.executable, "-OO", "-c", telling],
        env={**os.environ, "PYTHONPATH": str(Path(wirelint.rules.__file__).parents[2]), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        check=True,
        text=True,
    )
    assert json.loads(run.stdout) == [rule.text for rule in CATALOGUE]


@EVERY_RULE
def test_id_reads_after_allow(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", rule.id)
    told = rule.id.removeprefix("allow-header-")  # the field, not the verb
    assert not told.startswith(("no-", "disallow", "allow-", "must-", "should-", "prefer-"))
    assert rule.family


@EVERY_RULE
def test_a_check_takes_an_exchange_without_response_if_its_rule_admits_one(rule: Rule) -> None:
    taken = typing.get_type_hints(rule.check)["exchange"]
    assert taken is (Exchange if "none" in rule.when.status.split() else Answered)


@EVERY_RULE
def test_bad_examples_are_reported_by_this_rule_and_no_other(rule: Rule) -> None:
    assert rule.bad
    known = knowledge(rule)
    alone = Engine([rule], least=Confidence.WEAK, knowledge=known)
    others = Engine((other for other in DEFAULTS if other.id != rule.id), knowledge=known)
    for text in rule.bad:
        findings = of_all(alone, text)
        parts = PARTS.get(rule.id, set())
        assert ids(findings) == {rule.id}, text
        assert ids(of_all(others, text)) == parts, text
        if rule.default and any(finding.confidence is not Confidence.WEAK for finding in findings):
            assert ids(of_all(Engine(DEFAULTS, knowledge=known), text)) == {rule.id} | parts, text


@EVERY_RULE
def test_good_examples_are_silent(rule: Rule) -> None:
    assert rule.good
    known = knowledge(rule)
    alone = Engine([rule], least=rule.confidence, knowledge=known)
    for text in rule.good:
        assert of_all(alone, text) == [], text
        assert ids(of_all(Engine(DEFAULTS, knowledge=known), text)) == set(), text


@EVERY_RULE
def test_findings_are_fit_to_be_shown(rule: Rule) -> None:
    for text in rule.bad:
        for finding in of_all(Engine([rule], least=Confidence.WEAK, knowledge=knowledge(rule)), text):
            assert finding.message
            assert len(finding.message) <= 120
            assert finding.evidence
            # A word that redaction takes for a secret makes a message unreadable: choose another.
            assert "[redacted]" not in finding.message
            for shown in (finding.message, finding.evidence):
                assert " at 0x" not in shown
                assert "wirelint." not in shown
            assert finding.suggested_status is None or 100 <= finding.suggested_status <= 599


def with_canaries(exchange: Exchange) -> Exchange:
    """Return the exchange with one secret in each place, and an answer that quotes them all where it has prose."""
    request, response = exchange.request, exchange.response
    scheme = (request.headers.get("authorization") or "Bearer x").partition(" ")[0]
    fields = [(name, value) for name, value in request.headers if name.lower() != "authorization"]
    path, _, query = request.target.partition("?")
    request = Request(
        method=request.method,
        target=f"{path}/{CANARIES['path']}?{query}&access_token={CANARIES['query']}",
        authority=request.authority,
        headers=Headers.of(
            *fields,
            ("Authorization", f"{scheme} {CANARIES['authorization']}"),
            ("Cookie", f"sid={CANARIES['cookie']}"),
            ("X-Api-Key", CANARIES["field"]),
            ("Ocp-Apim-Subscription-Key", CANARIES["key"]),
        ),
        body=request.body,
    )
    if response is not None:
        content = (response.body.raw or b"").decode("latin-1")
        content = re.sub(r'": "(?=[^"]* )', f'": "{" ".join(CANARIES.values())} ', content)
        if content.startswith("{") and content.rstrip().endswith("}") and len(content.strip()) > 2:
            content = f'{content.rstrip()[:-1]}, "token": "{CANARIES["answer"]}"}}'
        response = Response(
            status=response.status,
            reason=response.reason,
            headers=Headers.of(*response.headers, ("Set-Cookie", f"sid={CANARIES['answer']}; Path=/")),
            body=Body(content.encode("latin-1"), complete=response.body.complete, media=response.headers.media_type),
        )
    return Exchange(request=request, response=response, failure=exchange.failure, id=exchange.id)


@EVERY_RULE
def test_no_secret_gets_out(rule: Rule) -> None:
    everything = Engine(CATALOGUE, least=Confidence.WEAK, knowledge=knowledge(rule))
    for text in rule.bad + rule.good:
        for exchange in exchanges(text):
            audit = everything.audit(with_canaries(exchange))
            assert audit.faults == ()
            for finding in audit.findings:
                shown = repr(finding)
                assert [each for each in CANARIES.values() if each in shown] == []


def test_findings_quote_the_places_where_secrets_were_put() -> None:
    quoting = 0
    everything = Engine(CATALOGUE, least=Confidence.WEAK)
    for text in (text for rule in CATALOGUE for text in rule.bad):
        for exchange in exchanges(text):
            findings = everything.audit(with_canaries(exchange)).findings
            quoting += any(f"{MASK} {MASK}" in finding.message + finding.evidence for finding in findings)
    assert quoting > 20


def test_a_missing_field_makes_no_rule_find_more_that_needs_none() -> None:
    for rule in CATALOGUE:
        if not rule.needs_fields:
            assert rule.when.request_fields + rule.when.response_fields == (), rule.id
            for text in rule.good:
                engine = Engine([rule])
                assert not [found for each in exchanges(text) for found in engine.audit(_bare(each)).findings], rule.id


def _bare(exchange: Exchange) -> Exchange:
    """Return an exchange without any field but Content-Type, as a source has it that does not know them all."""
    sides = {}
    for side, message in (("request", exchange.request), ("response", exchange.response)):
        if message is not None:
            fields = Headers(field for field in message.headers.fields if field[0].lower() == b"content-type")
            sides[side] = replace(message, headers=fields)
    return replace(exchange, fields_known=False, **sides)
