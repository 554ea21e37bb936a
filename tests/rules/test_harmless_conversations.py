"""Conversations as they take place day by day, nothing wrong with any of them: no rule that looks back may speak.

What makes some of them harmless is then taken away, and the rule that it had kept quiet must speak.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wirelint.core.engine import Engine
from wirelint.core.finding import Finding
from wirelint.core.wire import exchanges
from wirelint.rules import catalogue

CONVERSATIONS = sorted((Path(__file__).parent.parent / "data" / "conversations").glob("*.http"))
LOOKING_BACK = tuple(rule for rule in catalogue() if rule.default and rule.recalls)

_SCRIPTS_OF_AN_API = ("Dest: script", "X: y", "/scripts/", "/api/scripts/")

# Conversation, what is replaced in it (pattern and text, by turns), and the rule that speaks then.
SPOILT = (
    ("address_is_blocked_until_the_network_is_right", ("access .* allowed", "Forbidden"), "missing-credentials-as-403"),
    ("artifacts_are_deployed_over_and_over", ("Artifactory", "Shop"), "put-always-created"),
    ("assistant_answers_in_sentences", ("processing your", "no such"), "learned-error-as-success"),
    ("busy_machine_is_asked_until_it_is_free", ("Linode busy", "no such option"), "hot-retry-loop"),
    ("cache_entry_is_purged_and_filled_again", ("/cache/entries/", "/orders/"), "readable-after-delete"),
    ("couchdb_keeps_revisions", ("CouchDB", "Shop"), "put-always-created"),
    ("channels_have_limits_of_their_own", (r"/channels/\d", "/channels/1"), "retry-after-ignored"),
    ("database_is_down_for_a_while", ("GET /orders HTTP", "GET /orders/42 HTTP"), "repeated-delete-5xx"),
    ("device_waits_for_its_user_impatiently", ("_pending", "_denied", "not finished yet", "said no"), "hot-retry-loop"),
    ("documents_under_embargo_and_private_ones", (r"/documents/\d+", "/documents/7"), "auth-status-inconsistent"),
    ("gateway_tells_failures_as_it_should", ("502 Bad Gateway", "404 Not Found"), "upstream-failure-masked"),
    ("grant_takes_a_while_to_spread", ("/members", "/notes"), "forbidden-retried"),
    ("idle_session_is_renewed_by_single_sign_on", ("/sso/[a-z]+", "/news"), "authenticated-told-401"),
    ("image_is_pushed_and_pulled", ("Docker-Content-Digest", "X-Digest"), "put-always-created"),
    ("kubeconfig_is_polled_until_it_is_there", ("is not yet available", "could not be read"), "hot-retry-loop"),
    ("lock_is_taken_again_once_it_expired", ("/locks/", "/notes/", "ttl", "size"), "put-always-created"),
    ("other_realm_other_credentials", ('realm="billing"', 'realm="shop"'), "credentials-not-evaluated"),
    ("job_ends_before_anybody_looks", ("running", "new"), "created-not-found"),
    ("code_is_typed_wrong_a_few_times", ("/login/code", "/orders"), "stale-credential-loop"),
    ("own_validation_beside_a_failing_call", ("id must be a number", "could not load it"), "upstream-failure-masked"),
    ("page_starts_with_a_cookie_of_yesterday", ("/api/cart", "/api/me"), "stale-credential-loop"),
    ("payment_interface_names_what_is_missing", ("POST /v1/charges", "GET /v1/charges"), "same-error-many-statuses"),
    ("poll_goes_on_while_the_service_is_down", ("200 OK", "500 Internal Server Error"), "hot-retry-loop"),
    ("probes_of_health", ("/readyz", "/orders"), "retry-after-ignored"),
    ("reload_storm_on_a_maintenance_page", ("text/html,", "", "navigate", "cors"), "retry-after-ignored"),
    ("reload_storm_on_a_maintenance_page", ("text/html,", "", "navigate", "cors"), "forbidden-retried"),
    ("second_proof_is_asked_for", ("insufficient.*, max_age=60", 'invalid_token"'), "authenticated-told-401"),
    ("site_with_missing_images_and_an_interface_beside", _SCRIPTS_OF_AN_API, "error-envelope-inconsistent"),
    ("first_request_after_a_start_fails", (": connecting to the database", ""), "missing-credentials-misreported"),
    ("one_value_meets_a_fault_of_the_service", ("q=salt", "q[]=salt"), "unexpected-input-as-500"),
    ("private_repository_is_hidden_from_writers", ("Bearer .*", "Bearer x"), "unsupported-method-as-404"),
    ("signed_link_is_for_get_alone", (r"\?X-Amz-Signature=\w+", ""), "head-get-divergence"),
    ("tenants_have_realms_of_their_own", ('realm="b"', 'realm="a"'), "forbidden-as-401"),
    ("validation_says_the_same_of_two_forms", ("400 Bad Request", "500 X"), "words-of-another-status"),
    ("test_suite_resets_its_fixtures", ("/testing/reset", "/testing/pings"), "readable-after-delete"),
)  # fmt: skip


def findings(text: str) -> list[Finding]:
    engine = Engine(LOOKING_BACK)
    found: list[Finding] = []
    for exchange in exchanges(text):
        audit = engine.audit(exchange)
        assert audit.faults == ()
        found += audit.findings
    return found


def test_there_are_conversations() -> None:
    assert len(CONVERSATIONS) > 40
    assert len(LOOKING_BACK) > 25


@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda path: path.stem)
def test_nothing_is_told_of_harmless_conversations(conversation: Path) -> None:
    found = findings(conversation.read_text(encoding="utf-8"))
    assert [(finding.rule, finding.message, finding.evidence) for finding in found] == []


@pytest.mark.parametrize(("name", "changes", "rule"), SPOILT, ids=lambda value: value if isinstance(value, str) else "")
def test_it_is_told_where_they_are_spoilt(name: str, changes: tuple[str, ...], rule: str) -> None:
    text = next(path for path in CONVERSATIONS if path.stem == name).read_text(encoding="utf-8")
    for pattern, instead in zip(changes[::2], changes[1::2], strict=True):
        assert re.search(pattern, text), pattern
        text = re.sub(pattern, instead, text)
    assert rule in {finding.rule for finding in findings(text)}
