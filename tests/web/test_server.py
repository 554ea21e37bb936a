"""What the server serves: metrics, health, findings and the page, with honest statuses."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import socket
from pathlib import Path
from typing import Any

import pytest

from lab.audits import audit, finding
from lab.web import Beside
from wirelint.history.envelopes import Learned
from wirelint.rules import catalogue
from wirelint.settings import tables
from wirelint.settings.file import load
from wirelint.sources.stats import Stats, StatsCollector


def test_metrics_in_both_forms(fresh: Beside) -> None:
    fresh.find()
    plain = fresh.get("/metrics")
    assert plain.status == 200
    assert plain.fields["content-type"].startswith("text/plain")
    assert b"wirelint_exchanges_total{" in plain.content
    open_metrics = fresh.get("/metrics", Accept="application/openmetrics-text; version=1.0.0")
    assert open_metrics.fields["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert open_metrics.content.endswith(b"# EOF\n")
    assert "Accept" in plain.fields["vary"]


def test_health_says_what_it_is_told(fresh: Beside) -> None:
    assert (fresh.get("/healthz").status, fresh.get("/readyz").status) == (200, 200)
    fresh.ready = False
    assert (fresh.get("/healthz").status, fresh.get("/readyz").status) == (200, 503)
    fresh.live = False
    assert fresh.get("/healthz").status == 503


def test_findings_services_and_rules(fresh: Beside) -> None:
    fingerprint = fresh.find(3)
    all_of_them = fresh.get("/api/findings").json
    assert [(each["fingerprint"], each["count"]) for each in all_of_them["findings"]] == [(fingerprint, 3)]
    assert fresh.get(f"/api/findings?since={all_of_them['revision']}").json["findings"] == []
    assert fresh.get("/api/findings?service=nobody").json["findings"] == []
    assert len(fresh.get("/api/findings?service=shop&rule=made-up").json["findings"]) == 1
    fresh.learned = [Learned("shop", "status", '"ok"'), Learned("shop", "name", '"ada lovelace"')]
    services = fresh.get("/api/services").json
    # What could be a person's name is not shown.
    assert services["learned"] == [
        {"service": "shop", "member": "status", "success": '"ok"', "error": "status != 'ok'"},
    ]
    assert services["listeners"] == [{"url": "http://127.0.0.1:8080", "service": "shop"}]
    assert services["services"][0]["hidden"] == 3
    (rule,) = fresh.get("/api/rules").json["rules"]
    assert [section["title"] for section in rule["sections"]] == ["What it does", "How to fix"]


def test_one_finding_as_page_or_as_json(fresh: Beside) -> None:
    fingerprint = fresh.find(2)
    page = fresh.get(f"/findings/{fingerprint}", Accept="text/html,application/xhtml+xml,*/*;q=0.8")
    assert (page.status, page.fields["content-type"]) == (200, "text/html; charset=utf-8")
    as_json = fresh.get(f"/findings/{fingerprint}", Accept="application/json")
    assert len(as_json.json["examples"]) == 2
    assert as_json.json == fresh.get(f"/api/findings/{fingerprint}").json
    assert as_json.fields["vary"].startswith("Accept")
    assert fresh.get("/findings/0123456789abcdef").status == 404
    assert fresh.get("/findings/0123456789abcdef", Accept="application/json").status == 404


def test_exchanges_and_the_proofs_of_a_finding(fresh: Beside) -> None:
    fingerprint = fresh.find(2)
    (listed, _) = fresh.get("/api/exchanges?limit=9&status=2xx&q=orders").json["exchanges"]
    assert listed["rules"] == ["made-up"]
    assert fresh.get("/api/exchanges?verdict=unknown").json["exchanges"] == []
    one = fresh.get(f"/api/exchanges/{listed['id']}?finding={fingerprint}").json
    assert one["request"]["line"] == "GET /orders/17 HTTP/1.1"
    assert one["marks"][0] == {"part": "response.line", "name": "", "text": "200"}
    assert fresh.get(f"/api/exchanges/{listed['id']}").json["marks"] == []
    proofs = fresh.get(f"/api/findings/{fingerprint}").json["proofs"]
    assert [[line["kept"] for line in proof] for proof in proofs] == [[True], [True]]
    assert fresh.get("/api/exchanges/unknown").status == 404
    assert fresh.get("/api/exchanges?limit=x").status == 400


@pytest.mark.parametrize(
    "path", ["/", "/findings", "/findings?service=shop&rule=made-up", "/exchanges", "/exchanges/x", "/health"]
)
def test_the_page(beside: Beside, path: str) -> None:
    reply = beside.get(path)
    assert reply.status == 200
    assert b'src="/static/app.js"' in reply.content
    for name in (
        "app.js",
        "dom.js",
        "list.js",
        "finding.js",
        "exchange.js",
        "log.js",
        "overview.js",
        "style.css",
        "icon.svg",
    ):
        assert beside.get(f"/static/{name}").status == 200


@pytest.mark.parametrize("query", ["since=x", "since=-1", "since=1.5", "since=" + "9" * 30, "since=²"])
def test_a_revision_that_is_none_is_refused(beside: Beside, query: str) -> None:
    assert beside.raw(f"GET /api/findings?{query} HTTP/1.0\r\n\r\n".encode())[:12] == b"HTTP/1.1 400"
    assert beside.get("/api/findings?" + "&".join("rule=a" for _ in range(100))).status == 400


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/metrics/", "/static/", "/static/../server.py", "/static/%2e%2e/server.py", "/static/index.html",
     "/api", "/api/", "/api/findings/x/y", "/findings/", "/findings/" + "a" * 500, "/static/..%2fhandler.py"],
)  # fmt: skip
def test_what_is_not_there_is_404(beside: Beside, path: str) -> None:
    reply = beside.get(path, Accept="application/json")
    assert reply.status == 404
    assert reply.json["error"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_other_methods_are_405_and_say_which_are_allowed(beside: Beside, method: str) -> None:
    reply = beside.get("/metrics", method, body=b"x" * 5000 if method != "TRACE" else None)
    assert (reply.status, reply.fields["allow"]) == (405, "GET, HEAD")
    assert beside.get("/nothing", method).status == 404
    assert beside.get("/metrics", "BREW").status == 501


@pytest.mark.parametrize("path", ["/", "/metrics", "/healthz", "/api/findings", "/nothing"])
def test_head_is_get_without_content(beside: Beside, path: str) -> None:
    get, head = beside.get(path), beside.get(path, "HEAD")
    assert head.status == get.status
    assert head.content == b""
    assert set(get.fields) == set(head.fields)
    if path not in ("/metrics", "/api/findings"):
        assert head.fields["content-length"] == get.fields["content-length"]


def test_long_answers_are_compressed_for_those_who_can_read_it(beside: Beside) -> None:
    plain = beside.get("/static/app.js")
    packed = beside.get("/static/app.js", Accept_Encoding="br, gzip;q=0.5")
    assert packed.fields["content-encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert "Accept-Encoding" in plain.fields["vary"]
    assert "content-encoding" not in plain.fields
    assert "content-encoding" not in beside.get("/static/app.js", Accept_Encoding="gzip;q=0").fields
    assert "content-encoding" not in beside.get("/healthz", Accept_Encoding="gzip").fields


def test_what_the_browser_has_is_not_sent_again(beside: Beside) -> None:
    for encoding in ("identity", "gzip"):
        tag = beside.get("/static/app.js", Accept_Encoding=encoding).fields["etag"]
        again = beside.get("/static/app.js", If_None_Match=tag, Accept_Encoding=encoding)
        assert (again.status, again.content) == (304, b"")
    assert beside.get("/static/app.js", If_None_Match='"other"').status == 200


def test_health_says_what_was_lost_and_why(fresh: Beside) -> None:
    stats = Stats()
    stats.captured, stats.audited = 9, 5
    stats.dropped["queue_full"] = 3
    stats.faults["sink"] = 1
    fresh.metrics.register(StatsCollector(stats))
    fresh.metrics.skip("shop", "sampled")
    fresh.ready = False
    now = fresh.get("/api/health").json
    assert (now["ready"], now["alive"], now["kept"]) == (False, True, 0)
    assert (now["now"]["captured"], now["now"]["audited"]) == (9, 5)
    assert [(each["what"], each["service"], each["why"], each["number"]) for each in now["losses"]] == [
        ("faults of wirelint's own", "", "sink", 1),
        ("not audited", "", "too many exchanges, or too many octets, waited for their audit", 3),
        ("not inspected, or only in part", "shop", "outside the sample", 1),
    ]


OWN = {"Wirelint-Page": "1"}


def test_a_finding_is_resolved_and_opened_again(fresh: Beside) -> None:
    path = f"/api/findings/{fresh.find()}"
    for act, state in (("resolve", "resolved"), ("reopen", "open")):
        assert fresh.get(f"{path}/{act}", "POST", fields=OWN).status == 200
        assert fresh.get(path).json["state"] == state
    fresh.get(f"{path}/resolve", "POST", b"ignored", fields=OWN)
    fresh.find()
    assert fresh.get(path).json["state"] == "returned"
    assert fresh.get("/api/findings/0123456789abcdef/resolve", "POST", fields=OWN).status == 404


def test_everything_can_be_cleared(fresh: Beside) -> None:
    fresh.find(2)
    assert fresh.get("/api/clear", "POST", fields=OWN).status == 200
    now = fresh.get("/api/findings").json
    assert (now["findings"], now["totals"]["exchanges"]) == ([], 2)
    assert fresh.get("/api/exchanges").json["exchanges"] == []


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"Origin": "http://127.0.0.1"},
        {**OWN, "Origin": "http://evil.example"},
        {**OWN, "Origin": "null"},
        {**OWN, "Sec-Fetch-Site": "cross-site"},
        {**OWN, "Sec-Fetch-Site": "same-site"},
    ],
)
def test_what_another_site_sends_changes_nothing(fresh: Beside, fields: dict[str, str]) -> None:
    fingerprint = fresh.find()
    for path in ("/api/clear", f"/api/findings/{fingerprint}/resolve"):
        assert fresh.get(path, "POST", fields=fields).status == 403
    assert fresh.get(f"/api/findings/{fingerprint}").json["state"] == "open"
    host = f"127.0.0.1:{fresh.port}"
    own = {**OWN, "Origin": f"http://{host}", "Host": host, "Sec-Fetch-Site": "same-origin"}
    assert fresh.get("/api/clear", "POST", fields=own).status == 200
    assert fresh.get("/api/clear", "POST", fields={**OWN, "Host": "evil.example"}).status == 421


def test_what_changes_something_takes_post_alone(beside: Beside) -> None:
    for method in ("PUT", "DELETE", "OPTIONS"):
        reply = beside.get("/api/clear", method)
        assert (reply.status, reply.fields["allow"]) == (405, "POST")
    assert beside.get("/api/clear").status == 405
    assert beside.get("/api/findings", "POST", fields=OWN).fields["allow"] == "GET, HEAD"


def test_exchanges_are_saved_as_har(fresh: Beside) -> None:
    fingerprint = fresh.find(2)
    for query, name, count in (
        (f"?finding={fingerprint}", f"wirelint-{fingerprint}.har", 2),
        ("?service=shop", "wirelint-exchanges.har", 2),
        ("", "wirelint-exchanges.har", 2),
        ("?service=other", "wirelint-exchanges.har", 0),
        ('?finding="x', "wirelint-exchanges.har", 0),
    ):
        reply = fresh.get(f"/api/har{query}")
        assert len(reply.json["log"]["entries"]) == count
        assert reply.fields["content-disposition"] == f'attachment; filename="{name}"'


def test_a_suppression_is_ready_to_be_pasted(fresh: Beside, tmp_path: Path) -> None:
    found = finding("unauthorized-without-challenge", service='a "b" \x7f', route="/orders/{id}")
    fresh.journal.accept(audit(found))
    text = fresh.get(f"/api/findings/{found.fingerprint}").json["suppression"]
    file = tmp_path / "wirelint.toml"
    file.write_text(text)
    policy = tables.build(catalogue(), tables.PolicyOptions(), load(file, {}, ["suppress"]), now=0.0)
    (made,) = policy.suppressions
    assert made.covers(found, audit().exchange)


def events(beside: Beside, path: str, count: int, **fields: str) -> list[dict[str, Any]]:
    """Return the first events of a stream."""
    connection = http.client.HTTPConnection("127.0.0.1", beside.port, timeout=10)
    found: list[dict[str, Any]] = []
    with contextlib.closing(connection):
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in fields.items()})
        response = connection.getresponse()
        assert response.getheader("Content-Type") == "text/event-stream"
        while len(found) < count:
            line = response.readline()
            if line.startswith(b"data: "):
                found.append(json.loads(line[6:]))
    return found


def test_changes_are_sent_as_events(fresh: Beside) -> None:
    fresh.find(2)
    (first,) = events(fresh, "/api/events", 1)
    assert [each["count"] for each in first["findings"]] == [2]
    (now,) = events(fresh, f"/api/events?since={first['revision']}", 1)
    assert (now["findings"], now["totals"]["exchanges"]) == ([], 2)
    (again,) = events(fresh, "/api/events?since=x", 1, Last_Event_ID="1")
    assert [each["count"] for each in again["findings"]] == [2]
    for number in range(450):
        fresh.journal.accept(audit(finding(f"rule-{number}")))
    parts = events(fresh, f"/api/events?since={first['revision']}", 3)
    assert [len(part["findings"]) for part in parts] == [200, 200, 50]


def test_no_more_than_a_few_pages_get_events(fresh: Beside) -> None:
    with contextlib.ExitStack() as opened:
        for _ in range(8):
            client = opened.enter_context(socket.create_connection(("127.0.0.1", fresh.port), timeout=10))
            client.sendall(b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 200")
        assert fresh.get("/api/events").fields["retry-after"] == "5"
        assert fresh.get("/healthz").status == 200
