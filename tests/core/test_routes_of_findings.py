"""Findings, their fingerprints and stories name the route that was learned."""

from __future__ import annotations

from lab.memory import exchange
from wirelint.core.engine import Engine
from wirelint.core.state import ReadOnlyState
from wirelint.rules import catalogue


def test_findings_at_a_thousand_profiles_are_one() -> None:
    engine = Engine(catalogue())
    audits = [
        engine.audit(exchange(401, f"/profile/{first}-{last}", at=number))
        for number, (first, last) in enumerate((f, s) for f in ("ann", "bob", "carl", "kim") for s in ("lee", "ray"))
    ]
    found = [
        finding for audit in audits for finding in audit.findings if finding.rule == "unauthorized-without-challenge"
    ]
    assert len(found) == 8
    assert {(finding.route, finding.fingerprint) for finding in found} == {("/profile/{name}", found[0].fingerprint)}
    assert {audit.route for audit in audits} == {"/profile/{name}"}


def test_stories_name_no_values() -> None:
    engine = Engine(catalogue())
    audits = [engine.audit(exchange(200, "/profile/zyx", None, method="DELETE", at=1.0))]
    audits += [engine.audit(exchange(500, "/profile/zyx", None, method="DELETE", at=at)) for at in (2.0, 3.0, 4.0)]
    stories = [step.request for audit in audits for finding in audit.findings for step in finding.story]
    assert stories
    assert set(stories) == {"DELETE /profile/{name}"}


def test_who_looks_back_teaches_nothing() -> None:
    engine = Engine(catalogue())
    engine.audit(exchange(200, "/frobnix"))
    other = Engine(catalogue(), state=ReadOnlyState(engine.state))
    assert {other.audit(exchange(200, "/frobnix", at=2.0 + at)).route for at in range(9)} == {"/{name}"}
    assert engine.audit(exchange(200, "/frobnix", at=20.0)).route == "/{name}"
