"""A finding as a log record, joined to its trace."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Final

from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

from wirelint.core.exchange import Exchange
from wirelint.core.finding import Finding, Severity

EVENT: Final = "wirelint.finding"
SEVERITIES: Final[Mapping[Severity, SeverityNumber]] = {
    Severity.INFO: SeverityNumber.INFO,
    Severity.LOW: SeverityNumber.WARN,
    Severity.MEDIUM: SeverityNumber.ERROR,
    Severity.HIGH: SeverityNumber.ERROR3,
}

_traceparent: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")  # W3C Trace Context §3.2
_trace: Final = re.compile(r"[0-9a-f]{32}|[0-9a-f]{16}")


def parent_of(exchange: Exchange) -> str:
    """Return the request's ``traceparent``, which names the span of its caller; empty without a valid one."""
    said = (exchange.request.headers.get("traceparent") or "").strip()
    return said if _traceparent.fullmatch(said) else ""


def record_of(finding: Finding, parent: str, left_out: int) -> LogRecord:
    """Return the log record of a finding.

    :param parent: see ``parent_of``.
    :param left_out: how many of the same fingerprint were not handed on since the record before.
    """
    moment = time.time() if finding.timestamp is None else finding.timestamp
    attributes: dict[str, str | int] = {
        "service.name": finding.service,
        "http.request.method": finding.method,
        "http.route": finding.route,
        "wirelint.rule": finding.rule,
        "wirelint.severity": str(finding.severity),
        "wirelint.confidence": str(finding.confidence),
        "wirelint.side": finding.side.value,
        "wirelint.direction": finding.direction.value,
        "wirelint.verdict": finding.verdict.value,
        "wirelint.evidence": finding.evidence,
        "wirelint.fingerprint": finding.fingerprint,
        "wirelint.left_out": left_out,
    }
    if finding.status is not None:
        attributes["http.response.status_code"] = finding.status
    if finding.suggested_status is not None:
        attributes["wirelint.suggested_status"] = finding.suggested_status
    if finding.trace_id is not None:
        attributes["wirelint.trace_id"] = finding.trace_id
    return LogRecord(
        timestamp=int(moment * 1e9),
        observed_timestamp=time.time_ns(),
        context=set_span_in_context(NonRecordingSpan(_span(finding, parent))),
        severity_text=str(finding.severity),
        severity_number=SEVERITIES[finding.severity],
        body=finding.message,
        attributes=attributes,
        event_name=EVENT,
    )


def _span(finding: Finding, parent: str) -> SpanContext:
    """Return the trace of a finding, and the span of its caller if that is known.

    Ids of other kinds, such as UUIDs, are no ids of OpenTelemetry: they stay in the attributes.
    """
    match = _traceparent.fullmatch(parent)
    if match is not None and match[1] == finding.trace_id:
        flags = TraceFlags(int(match[3], 16))
        return SpanContext(int(match[1], 16), int(match[2], 16), is_remote=True, trace_flags=flags)
    trace = finding.trace_id or ""
    number = int(trace, 16) if _trace.fullmatch(trace) else 0
    return SpanContext(number, 0, is_remote=True)
