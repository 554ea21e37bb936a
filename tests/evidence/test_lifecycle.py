"""Words of ends and beginnings, and those that are denied."""

from __future__ import annotations

import pytest

from wirelint.evidence.lifecycle import is_awaited, is_ending, is_unfinished


@pytest.mark.parametrize(
    "text",
    [
        '{"deleted": true}',
        '{"deletedAt": "2026-05-01"}',
        '{"state": "TERMINATED"}',
        '{"status": "pending"}',
        '{"isArchived":1}',
        '{"note": "will be removed"}',
        "<state>cancelled</state>",
        '{"deleted": false, "revoked_on": "2026"}',
    ],
)
def test_ends(text: str) -> None:
    assert is_ending(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"id": 42, "item": "tea"}',
        '{"deleted": false}',
        '{"deleted_at": null}',
        '{"deletedAt":""}',
        '{"is_archived" : 0}',
        "<deleted>false</deleted>",
        "",
    ],
)
def test_no_ends(text: str) -> None:
    assert not is_ending(text)


def test_unfinished() -> None:
    assert is_unfinished('{"status": "in_progress"}')
    assert is_unfinished('{"id": 7, "status": "running"}')
    assert is_unfinished('{"message": "Your export will be ready soon"}')
    assert is_unfinished("<job><pending>0</pending><state>running</state></job>")
    assert not is_unfinished('{"id": 42, "queued": false}')
    assert not is_unfinished("<job><pending>0</pending></job>")


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ('{"error": "authorization_pending"}', 400),
        ('{"error": "slow_down"}', 400),
        ('{"reason": "The kubeconfig is not yet available. Please try again later."}', 503),
        ('{"error": "the file is not ready"}', 503),
        ('{"error": "a backup is in progress"}', 422),
        ('{"reason": "Linode busy."}', 400),
        ('{"error": "the image is in use"}', 400),
    ],
)
def test_awaited(text: str, status: int) -> None:
    assert is_awaited(text, status)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ('{"error": "the server is busy"}', 503),
        ('{"error": "please try again later"}', 503),
        ('{"error": "could not load prices"}', 500),
        ('{"error": "email is not valid"}', 400),
        ("", 500),
    ],
)
def test_not_awaited(text: str, status: int) -> None:
    assert not is_awaited(text, status)


@pytest.mark.parametrize(
    "words",
    [
        "pending",
        "queue",
        "processing",
        "running",
        "ongoing",
        "provisioning",
        "in-progress",
        "inprogress",
        "scheduled",
        "creating",
        "building",
        "deleting",
        "terminating",
        "starting",
        "initialising",
        "initializing",
        "accepted",
        "eventually",
        "preparing",
        "draft",
        "trashed",
        "archived",
        "deactivated",
    ],
)
def test_every_word_for_what_is_unfinished_is_heard(words: str) -> None:
    assert is_unfinished(f'{{"id": 7, "state": "{words.upper()}"}}')
