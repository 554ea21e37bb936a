"""JSON access logs: the lines are as programs wrote them, but for addresses and for members that are not read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from lab.cli import Shell
from lab.har import document
from lab.har import entry as har_entry
from wirelint.core.exchange import Exchange, FailureKind
from wirelint.core.rule import Reads
from wirelint.rules import catalogue
from wirelint.sources import Skipped, UnreadableError
from wirelint.sources.open import open_capture

ROOT = Path(__file__).parents[2]

NGINX: dict[str, Any] = {
    "time": "2026-12-01T10:19:47+00:00", "msec": 1796120387.142, "remote_addr": "10.0.0.1", "request_method": "GET",
    "request_uri": "/slow", "status": 500, "body_bytes_sent": 5, "request_time": 1.001, "upstream_status": "504, 502",
    "upstream_addr": "10.0.0.2:80, 10.0.0.3:80", "host": "shop.example", "http_user_agent": "curl/7.88.1",
    "request_id": "7649a838d937227cf93f8f12bc41af37",
}  # fmt: skip
HAPROXY: dict[str, Any] = {
    "timestamp": "1796120426", "client_ip": "10.0.0.1", "method": "GET", "uri": "/slow", "status": 504,
    "bytes_read": 198, "time_total": 1001, "termination_state": "sH", "backend_name": "shop", "server_name": "s1",
}  # fmt: skip
CADDY: dict[str, Any] = {
    "level": "error", "ts": 1796120387.2710247, "logger": "http.log.access.log0", "msg": "handled request",
    "request": {
        "remote_ip": "10.0.0.1", "proto": "HTTP/1.1", "method": "GET", "host": "shop.example", "uri": "/bad",
        "headers": {"User-Agent": ["curl/7.88.1"], "Accept": ["*/*"]},
    },
    "duration": 0.25, "size": 7, "status": 401,
    "resp_headers": {"Server": ["Caddy"], "Content-Type": ["application/json"], "Content-Length": ["7"]},
}  # fmt: skip
APACHE: dict[str, Any] = {
    "time": "2026-12-01T10:19:48+0000", "remote_addr": "10.0.0.1", "method": "GET", "uri": "/ok", "status": 200,
    "bytes": 7, "host": "shop.example", "user_agent": "curl/7.88.1",
}  # fmt: skip
ENVOY: dict[str, Any] = {
    "start_time": "2026-12-01T10:19:46.129Z", "method": "GET", "path": "/dead", "protocol": "HTTP/1.1",
    "response_code": 503, "response_flags": "UF,URX", "duration": 250, "bytes_sent": 91,
    "response_code_details": "upstream_reset_before_response_started",
    "request_id": "0b1f9d1e-7c1c-9a0a-8d2f-6a1b2c3d4e5f", "authority": "shop.example",
    "upstream_cluster": "shop", "user_agent": "curl/7.88.1", "x_forwarded_for": "10.0.0.1",
}  # fmt: skip
TRAEFIK: dict[str, Any] = {
    "ClientHost": "10.0.0.1", "DownstreamStatus": 200, "Duration": 1500000000, "OriginStatus": 502,
    "RequestHost": "shop.example", "RequestMethod": "GET", "RequestPath": "/a?b=1", "RequestProtocol": "HTTP/1.1",
    "ServiceName": "shop@docker", "StartUTC": "2026-12-01T10:19:46.129Z", "time": "2026-12-01T10:19:47Z",
}  # fmt: skip
KONG: dict[str, Any] = {
    "latencies": {"request": 515, "kong": 58, "proxy": 457}, "service": {"name": "shop", "host": "shop.internal"},
    "request": {
        "method": "POST", "uri": "/orders", "url": "http://shop.example/orders", "headers": {"host": "shop.example"},
    },
    "client_ip": "10.0.0.1", "started_at": 1796120386129, "upstream_status": "201",
    "response": {"status": 201, "headers": {"content-type": "application/json"}},
}  # fmt: skip
CLF: dict[str, Any] = {
    "time_local": "01/Dec/2026:10:19:46 +0000", "remote_addr": "10.0.0.1", "request": "GET /ok?x=1 HTTP/2.0",
    "status": "200", "body_bytes_sent": "7", "upstream_status": "-",
}  # fmt: skip


def log(folder: Path, *lines: object) -> str:
    file = folder / "access.log"
    file.write_text("\n".join(each if isinstance(each, str) else json.dumps(each) for each in lines) + "\n")
    return str(file)


def read(folder: Path, *lines: object) -> list[Exchange | Skipped]:
    return list(open_capture(log(folder, *lines)).exchanges)


def seen(found: Iterable[Exchange | Skipped]) -> list[tuple[Any, ...]]:
    return [
        (each.service, str(each.direction), each.request.method, each.request.target, each.status)
        for each in found
        if isinstance(each, Exchange)
    ]


@pytest.mark.parametrize(
    ("line", "expected", "started", "took"),
    [
        (CADDY, [("shop.example", "inbound", "GET", "/bad", 401)], 1796120387.0210247, 0.25),
        (APACHE, [("shop.example", "inbound", "GET", "/ok", 200)], 1796120388.0, 0.0),
        (ENVOY, [("shop", "inbound", "GET", "/dead", None)], 1796120386.129, 0.25),
        (HAPROXY, [("shop", "inbound", "GET", "/slow", None)], 1796120426.0, 1.001),
        (KONG, [("shop", "inbound", "POST", "/orders", 201)], 1796120386.129, 0.515),
        (CLF, [("nginx", "inbound", "GET", "/ok?x=1", 200)], 1796120386.0, 0.0),
        (
            TRAEFIK,
            [("shop", "outbound", "GET", "/a?b=1", 502), ("traefik", "inbound", "GET", "/a?b=1", 200)],
            1796120386.129,
            1.5,
        ),
        (
            NGINX,
            [
                ("shop.example", "outbound", "GET", "/slow", 504),
                ("shop.example", "outbound", "GET", "/slow", 502),
                ("nginx", "inbound", "GET", "/slow", 500),
            ],
            1796120386.141,
            1.001,
        ),
    ],
    ids=["caddy", "apache", "envoy", "haproxy", "kong", "common", "traefik", "nginx"],
)
def test_each_program(
    line: dict[str, Any], expected: list[tuple[Any, ...]], started: float, took: float, tmp_path: Path
) -> None:
    found = read(tmp_path, line)
    assert seen(found) == expected
    last = found[-1]
    assert isinstance(last, Exchange)
    assert last.started == pytest.approx(started, abs=1e-3)
    assert last.duration == pytest.approx(took, abs=1e-3)
    assert last.fields_known is ("headers" in line.get("request", ()))


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (ENVOY, FailureKind.CONNECT),
        (ENVOY | {"response_flags": "UT", "response_code": 504}, FailureKind.TIMEOUT),
        (ENVOY | {"response_flags": "DC", "response_code": 0}, FailureKind.CLIENT_GONE),
        (ENVOY | {"response_flags": "-"}, None),
        (HAPROXY, FailureKind.TIMEOUT),
        (HAPROXY | {"termination_state": "SC"}, FailureKind.CONNECT),
        (HAPROXY | {"termination_state": "SH"}, FailureKind.RESET),
        (HAPROXY | {"termination_state": "CH"}, FailureKind.CLIENT_GONE),
        (HAPROXY | {"termination_state": "SD", "status": 200}, None),
        (HAPROXY | {"termination_state": "--"}, None),
    ],
)
def test_what_became_of_a_call(line: dict[str, Any], kind: FailureKind | None, tmp_path: Path) -> None:
    (found,) = read(tmp_path, line)
    assert isinstance(found, Exchange)
    assert (found.failure.kind if found.failure else None) is kind
    assert (found.response is None) is (kind is not None)


def test_lines_that_are_no_exchange_cost_themselves(tmp_path: Path) -> None:
    lines = (APACHE, "not json", "[1]", '{"msg": "started"}', APACHE | {"status": "-"}, '{"a":' * 600, "", APACHE)
    found = read(tmp_path, *lines)
    assert [type(each) for each in found] == [Exchange, *[Skipped] * 5, Exchange]
    assert [each.index for each in found if isinstance(each, Skipped)] == [1, 2, 3, 4, 5]
    found = read(tmp_path, APACHE, '{"status": "' + "9" * (1 << 21) + '"}', APACHE)
    assert [type(each) for each in found] == [Exchange, Skipped, Exchange]


def test_other_files_are_not_taken_for_logs(tmp_path: Path) -> None:
    (tmp_path / "capture.har").write_bytes(document(har_entry()))
    assert open_capture(str(tmp_path / "capture.har")).records == 1
    with pytest.raises(UnreadableError, match="JSON access logs"):
        open_capture(log(tmp_path, {"status": 200, "level": "info"}))


def test_what_a_gateway_hid_is_found(wirelint: Shell, tmp_path: Path) -> None:
    file = log(tmp_path, APACHE, NGINX, TRAEFIK | {"DownstreamStatus": 500})
    code, found, summary = wirelint("audit", "--format", "jsonl", file)
    assert code == 1
    assert [(each["rule"], each["service"], each["route"]) for each in map(json.loads, found.splitlines())] == [
        ("upstream-failure-masked", "nginx", "/slow"),
        ("upstream-failure-masked", "traefik", "/a"),
    ]
    assert "6 exchanges without all fields" in summary


def test_rules_that_need_fields_stay_silent(wirelint: Shell, tmp_path: Path) -> None:
    """No 401 without a challenge, no 429 without Retry-After, no 405 without Allow: the fields are not in the log."""
    lines = [NGINX | {"status": status, "upstream_status": str(status)} for status in (401, 405, 429, 503, 201, 302)]
    again = [NGINX | {"msec": 1796120400 + 0.2 * at, "status": 429, "upstream_status": "429"} for at in range(8)]
    code, found, _ = wirelint("audit", "--min-confidence", "weak", log(tmp_path, *lines, *again))
    assert (code, found) == (0, "")


def test_rules_for_logs_are_in_the_documentation() -> None:
    rules = [rule.id for rule in catalogue() if not rule.needs_fields and rule.reads is Reads.NOTHING]
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8").split("<!-- fieldless -->")[1]
    assert sorted(text.split("`")[1::2]) == sorted(rules)


def test_a_log_with_fields_is_audited_with_all_rules(wirelint: Shell, tmp_path: Path) -> None:
    code, found, _ = wirelint("audit", "--format", "concise", log(tmp_path, CADDY))
    assert code == 1
    assert "unauthorized-without-challenge" in found
