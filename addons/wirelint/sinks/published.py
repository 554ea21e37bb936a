"""A finding as published JSON: the members, their names and their order are a contract."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from wirelint.core.finding import Finding

_encoder = msgspec.json.Encoder()


def fields(finding: Finding) -> dict[str, Any]:
    """Return a finding by its published names, in their order."""
    origin = finding.origin
    return {
        "rule": finding.rule,
        "severity": str(finding.severity),
        "confidence": str(finding.confidence),
        "service": finding.service,
        "direction": finding.direction.value,
        "method": finding.method,
        "route": finding.route,
        "status": finding.status,
        "verdict": finding.verdict.value,
        "suggested_status": finding.suggested_status,
        "message": finding.message,
        "evidence": finding.evidence,
        "fingerprint": finding.fingerprint,
        "trace_id": finding.trace_id,
        "time": time_text(finding.timestamp),
        "source": None if origin is None else {"file": _encodable(origin.file), "index": origin.index},
        "side": finding.side.value,
        "story": story(finding),
    }


def story(finding: Finding) -> list[dict[str, Any]]:
    """Return the exchanges that prove a finding, in order; none if one alone does."""
    return [
        {
            "exchange_id": _encodable(step.exchange_id),
            "service": step.service,
            "request": step.request,
            "outcome": step.outcome,
            "note": step.note,
            "time": time_text(step.timestamp),
            "index": None if step.origin is None else step.origin.index,
        }
        for step in finding.story
    ]


def line(finding: Finding, **further: int) -> bytes:
    """Return a finding as one line of UTF-8, line feed included.

    :param further: numbers to add to the published keys.
    """
    return _encoder.encode(fields(finding) | further) + b"\n"


def time_text(timestamp: float | None) -> str | None:
    """Return Unix seconds as ISO 8601 in UTC, to the millisecond."""
    if timestamp is None:
        return None
    moment = datetime.fromtimestamp(round(timestamp, 3), UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _encodable(name: str) -> str:
    # A file name may contain octets that are not UTF-8; Python keeps them as surrogates, which JSON cannot represent.
    return name.encode("utf-8", "replace").decode()
