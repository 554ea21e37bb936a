"""Files of other recorders: VCR's, Pact's, WireMock's, Postman's, Burp's and k6's."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from lab.cli import Shell
from lab.har import document
from lab.har import entry as har_entry
from wirelint.core.exchange import Exchange, FailureKind
from wirelint.sources import Skipped, UnreadableError
from wirelint.sources.open import open_capture

LIE = '{"success": false, "error": "Invalid password"}'
JSON = {"Content-Type": ["application/json"]}

VCRPY = """\
interactions:
- request:
    body: null
    headers:
      Accept:
      - '*/*'
      User-Agent:
      - python-requests/2.34.2
    method: GET
    uri: http://shop.example:8080/login?x=1
  response:
    body:
      string: '{"success": false, "error": "Invalid password"}'
    headers:
      Content-Type:
      - application/json
      Date:
      - Tue, 01 Dec 2026 10:30:43 GMT
    status:
      code: 200
      message: OK
- request:
    body: '{"a": "\\u00e4"}'
    headers: {}
    method: POST
    uri: http://shop.example:8080/picture
  response:
    body:
      string: !!binary |
        H4sIAAAAAAAC/w==
    headers:
      Content-Encoding: [gzip]
    status: {code: 403, message: Forbidden}
version: 1
"""
VCR = """\
---
http_interactions:
- request:
    method: get
    uri: http://shop.example:8080/login?x=1
    body:
      encoding: US-ASCII
      string: ''
    headers:
      User-Agent:
      - Ruby
  response:
    status:
      code: 200
      message: OK
    headers:
      Content-Type:
      - application/json
    body:
      encoding: UTF-8
      string: '{"success": false, "error": "Invalid password"}'
  recorded_at: Tue, 01 Dec 2026 10:30:43 GMT
recorded_with: VCR 6.3.1
"""
BETAMAX = {
    "http_interactions": [
        {
            "request": {
                "body": {"encoding": "utf-8", "string": ""},
                "headers": {"User-Agent": ["python-requests/2.34.2"]},
                "method": "GET",
                "uri": "http://shop.example:8080/login?x=1",
            },
            "response": {
                "body": {"encoding": "utf-8", "base64_string": base64.b64encode(LIE.encode()).decode()},
                "headers": JSON,
                "status": {"code": 200, "message": "OK"},
                "url": "http://shop.example:8080/login?x=1",
            },
            "recorded_at": "2026-12-01T10:30:43",
        }
    ],
    "recorded_with": "betamax/0.9.0",
}
PACT_4 = {
    "consumer": {"name": "web shop"},
    "interactions": [
        {
            "description": "a login",
            "request": {
                "body": {"content": {"user": "a"}, "contentType": "application/json", "encoded": False},
                "method": "POST",
                "path": "/login",
                "query": {"x": ["1"]},
            },
            "response": {
                "body": {"content": json.loads(LIE), "contentType": "application/json", "encoded": False},
                "status": 200,
            },
            "type": "Synchronous/HTTP",
        },
        {"description": "sent", "contents": {"content": {}}, "type": "Asynchronous/Messages"},
    ],
    "metadata": {"pactSpecification": {"version": "4.0"}},
    "provider": {"name": "orders service"},
}
PACT_2 = {
    "consumer": {"name": "web shop"},
    "provider": {"name": "orders service"},
    "interactions": [
        {
            "request": {"method": "post", "path": "/login", "query": "x=1", "body": {"user": "a"}},
            "response": {"status": 200, "headers": {"Content-Type": "application/json"}, "body": json.loads(LIE)},
        }
    ],
}
WIREMOCK: dict[str, Any] = {
    "mappings": [
        {
            "request": {"method": "POST", "urlPath": "/login"},
            "response": {"status": 200, "jsonBody": json.loads(LIE)},
        },
        {"request": {"urlPathPattern": "/orders/[^/]+/lines"}, "response": {"status": 200, "bodyFileName": "a.json"}},
        {"request": {"method": "ANY", "url": "/dead"}, "response": {"fault": "CONNECTION_RESET_BY_PEER"}},
        {"request": {"method": "ANY"}, "response": {"proxyBaseUrl": "http://other.example"}},
    ],
    "meta": {"total": 4},
}
JOURNAL = {
    "requests": [
        {
            "id": "1",
            "request": {
                "url": "/login?x=1",
                "absoluteUrl": "http://shop.example:8080/login?x=1",
                "method": "POST",
                "headers": {"Host": "shop.example:8080"},
                "loggedDate": 1796121043000,
                "body": "",
            },
            "response": {"status": 200, "headers": {"Content-Type": "application/json"}, "body": LIE},
        }
    ]
}
POSTMAN = {
    "info": {"_postman_id": "1", "name": "shop", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/"},
    "variable": [{"key": "base", "value": "http://shop.example:8080"}],
    "item": [
        {
            "name": "folder",
            "item": [
                {
                    "name": "log in",
                    "request": {"method": "POST", "url": {"raw": "{{base}}/login?x=1"}},
                    "response": [
                        {
                            "name": "wrong password",
                            "originalRequest": {
                                "method": "POST",
                                "header": [{"key": "X-Off", "value": "1", "disabled": True}],
                                "url": {"raw": "{{base}}/login?x=1"},
                                "body": {"mode": "raw", "raw": "{}"},
                            },
                            "status": "OK",
                            "code": 200,
                            "_postman_previewlanguage": "json",
                            "header": [{"key": "Content-Type", "value": "application/json"}],
                            "body": LIE,
                        },
                        {"name": "no status", "originalRequest": {"url": "{{host}}/a"}},
                    ],
                }
            ],
        }
    ],
}
K6 = [
    {"type": "Metric", "data": {"name": "http_reqs"}, "metric": "http_reqs"},
    {
        "metric": "http_req_duration",
        "type": "Point",
        "data": {
            "time": "2026-12-01T10:30:43.25Z",
            "value": 250,
            "tags": {"method": "PUT", "status": "226", "url": "http://shop.example:8080/login?x=1", "scenario": "a"},
        },
    },
    {
        "metric": "http_req_duration",
        "type": "Point",
        "data": {
            "time": "2026-12-01T10:30:44Z",
            "value": 0,
            "tags": {"method": "GET", "status": "0", "error_code": "1050", "url": "http://shop.example:8080/slow"},
        },
    },
]


def burp(*items: tuple[bytes, bytes], packed: bool = True) -> str:
    def octets(side: str, data: bytes) -> str:
        text = base64.b64encode(data).decode() if packed else data.decode()
        return f'<{side} base64="{str(packed).lower()}"><![CDATA[{text}]]></{side}>'

    made = "".join(
        "<item><time>Tue Dec 01 10:30:43 UTC 2026</time><url><![CDATA[http://shop.example:8080/login?x=1]]></url>"
        + octets("request", sent)
        + octets("response", got)
        + "</item>"
        for sent, got in items
    )
    kinds = '<!DOCTYPE items [<!ELEMENT items (item*)>\n<!ATTLIST items burpVersion CDATA "">]>'
    return f'<?xml version="1.0"?>\n{kinds}\n<items burpVersion="2026.9" exportTime="now">{made}</items>'


SENT = b"POST /login?x=1 HTTP/1.1\r\nHost: shop.example:8080\r\n\r\n{}"
GOT = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + LIE.encode()
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2f\r\n" + LIE.encode() + b"\r\n0\r\n\r\n"
)
AT = 1796121043.0

FILES: dict[str, Any] = {
    "vcrpy": VCRPY,
    "vcr": VCR,
    "betamax": BETAMAX,
    "pact 4": PACT_4,
    "pact 2": PACT_2,
    "wiremock": WIREMOCK,
    "wiremock, one": WIREMOCK["mappings"][0],
    "wiremock's journal": JOURNAL,
    "postman": POSTMAN,
    "postman's API": {"collection": POSTMAN},
    "burp": burp((SENT, GOT)),
    "burp, chunked": burp((SENT, CHUNKED)),
    "burp, as text": burp((SENT, GOT), packed=False),
}


def written(folder: Path, content: Any) -> str:
    file = folder / "recording"
    if isinstance(content, list):
        file.write_text("\n".join(json.dumps(each, separators=(",", ":")) for each in content))
    else:
        file.write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
    return str(file)


def read(folder: Path, content: Any) -> list[Exchange | Skipped]:
    return list(open_capture(written(folder, content)).exchanges)


@pytest.mark.parametrize("name", FILES)
def test_the_lie_in_each_is_found(name: str, wirelint: Shell, tmp_path: Path) -> None:
    code, found, _ = wirelint("audit", "--format", "jsonl", written(tmp_path, FILES[name]))
    findings = [json.loads(line) for line in found.splitlines()]
    assert code == 1
    assert [(each["rule"], each["status"], each["suggested_status"]) for each in findings] == [
        ("ok-with-error-body", 200, 401)
    ]


@pytest.mark.parametrize("name", FILES)
def test_what_is_read(name: str, tmp_path: Path) -> None:
    first = read(tmp_path, FILES[name])[0]
    assert isinstance(first, Exchange)
    kind = name.replace(",", " ").replace("'s", " ").split()[0]
    examples = {"pact": "orders-service", "wiremock": "wiremock", "postman": "shop.example:8080"}
    if "journal" in name:
        examples = {}
    service = examples.get(kind, "shop.example:8080")
    assert first.service == service
    assert first.request.path == "/login"
    assert first.request.target == ("/login" if service == "wiremock" else "/login?x=1")
    assert first.alone is (name.split(maxsplit=1)[0].rstrip(",") in {"pact", "wiremock", "postman", "postman's"})
    assert first.timestamp == (None if first.alone else AT)


def test_octets_are_kept_and_lost_ones_are_unknown(tmp_path: Path) -> None:
    picture = read(tmp_path, VCRPY)[1]
    assert isinstance(picture, Exchange)
    assert picture.response is not None
    assert picture.response.body.coding == "gzip"
    assert picture.request.body.text == '{"a": "\\u00e4"}'
    lost = json.loads(json.dumps(BETAMAX))
    lost["http_interactions"][0]["response"]["body"] = {"encoding": None, "string": "\ufffd\ufffd"}
    (found,) = read(tmp_path, lost)
    assert isinstance(found, Exchange)
    assert found.response is not None
    assert found.response.body.unavailable == "undecodable"


def test_what_is_no_exchange_is_skipped(tmp_path: Path) -> None:
    assert [type(each) for each in read(tmp_path, PACT_4)] == [Exchange, Skipped]
    assert [type(each) for each in read(tmp_path, WIREMOCK)] == [Exchange, Exchange, Exchange, Skipped]
    assert [type(each) for each in read(tmp_path, POSTMAN)] == [Exchange, Skipped]
    broken = burp((b"", GOT), (SENT, b""), (SENT, GOT))
    assert [type(each) for each in read(tmp_path, broken)] == [Skipped, Skipped, Exchange]


def test_measurements_are_exchanges_without_fields(tmp_path: Path) -> None:
    put, slow = read(tmp_path, K6)
    assert isinstance(put, Exchange)
    assert isinstance(slow, Exchange)
    assert (put.status, put.request.target, put.started, put.ended) == (226, "/login?x=1", AT, AT + 0.25)
    assert slow.failure is not None
    assert slow.failure.kind is FailureKind.TIMEOUT
    assert not put.fields_known


def test_recorders_that_leave_out_credentials_say_so(tmp_path: Path) -> None:
    for creator, hidden in (("WebInspector", True), ("Firefox", False)):
        har = document(har_entry(403)).replace(b'"name": "test"', f'"name": "{creator}"'.encode())
        (tmp_path / "a.har").write_bytes(har)
        (exchange,) = open_capture(str(tmp_path / "a.har")).exchanges
        assert isinstance(exchange, Exchange)
        assert exchange.credentials_hidden is hidden


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("interactions:\n- &a [*a", "broken YAML"),
        ("interactions: 1\n", "no list of interactions"),
        ('{"http_interactions": [}', "broken JSON"),
        ('{"consumer": {}, "provider": ', "broken JSON"),
        ('{"mappings": [', "broken JSON"),
        (burp((SENT, GOT))[:-20], "broken XML"),
        (burp((SENT, GOT)).replace("<!ELEMENT", '<!ENTITY a "b">\n<!ELEMENT'), "declares entities"),
    ],
)
def test_broken_files_are_one_line(content: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match=message):
        read(tmp_path, content)
