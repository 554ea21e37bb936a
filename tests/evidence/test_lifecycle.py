"""Words of ends and beginnings, and those that are denied."""

from __future__ import annotations

import pytest

from wirelint.evidence.lifecycle import is_ending, is_unfinished


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
    assert is_unfinished('{"message": "Your export will be ready soon"}')
    assert not is_unfinished('{"id": 42, "queued": false}')
