"""An audit written in an afternoon, for comparison: ``mitmdump -s benchmarks/naive_addon.py``.

It buffers bodies, parses each, looks up labels by name for every response, and does all of it before forwarding the
response. ``NAIVE_METRICS_PORT`` is the port of its numbers.
"""

from __future__ import annotations

import json
import os
from typing import Any

from mitmproxy import http
from prometheus_client import Counter, Histogram, start_http_server

RESPONSES = Counter("naive_responses", "Responses by status.", ["host", "method", "code"])
FINDINGS = Counter("naive_findings", "Responses whose status is not the truth.", ["host", "rule"])
SECONDS = Histogram("naive_duration_seconds", "From request to response.", ["host"])


def running() -> None:
    """Serve the numbers."""
    if port := os.environ.get("NAIVE_METRICS_PORT"):
        start_http_server(int(port), "127.0.0.1")


def _document(message: http.Response) -> Any:
    if "json" not in message.headers.get("content-type", ""):
        return None
    try:
        return json.loads(message.text or "")
    except ValueError:
        return None


def _found(response: http.Response) -> list[str]:
    found = []
    status, fields, document = response.status_code, response.headers, _document(response)
    if status == 401 and "www-authenticate" not in fields:
        found.append("401 without challenge")
    if status in (429, 503) and "retry-after" not in fields:
        found.append("no retry hint")
    if status == 200 and isinstance(document, dict) and (document.get("error") or document.get("success") is False):
        found.append("error under 200")
    if status == 200 and "Bad Gateway" in (response.text or ""):
        found.append("error page under 200")
    if status == 500 and "timeout" in (response.text or "").lower():
        found.append("masked upstream failure")
    return found


def response(flow: http.HTTPFlow) -> None:
    """Count a response, and its faults."""
    answer = flow.response
    if answer is None:
        return
    host = flow.request.pretty_host
    RESPONSES.labels(host, flow.request.method, str(answer.status_code)).inc()
    SECONDS.labels(host).observe((answer.timestamp_end or 0) - flow.request.timestamp_start)
    for rule in _found(answer):
        FINDINGS.labels(host, rule).inc()
