"""A real nginx with the upstreams it meets in life: what it says honestly is left alone, what it hides is found."""

from __future__ import annotations

import os
from collections.abc import Iterator

import httpx
import pytest

from lab.mitm import Behaviour, Peer, Service
from lab.proxy import Audited, Finding, Receiver
from support import HOST, Process, free_port
from tools import require_tool

CONFIG = """
daemon off; {user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  limit_req_zone $binary_remote_addr zone=one:1m rate=1r/m;
  proxy_connect_timeout 1s;
  proxy_read_timeout 1s;
  default_type text/plain;
  server {{
    listen {host}:{port};
    location = /fine {{ default_type application/json; return 200 '{{"id": 7, "name": "Ada"}}'; }}
    location = /limited {{ limit_req zone=one; try_files /none =404; }}
    location /private/ {{ auth_basic "Members only"; auth_basic_user_file {folder}/users; return 200 "in\\n"; }}
    location = /guarded {{ auth_basic "Members only"; auth_basic_user_file {folder}/users; try_files /none =404; }}
    location = /dead {{ proxy_pass http://{host}:{dead}; }}
    location = /slow {{ proxy_pass http://{host}:{upstream}; }}
    location = /broken {{ proxy_pass http://{host}:{upstream}; }}
    location = /foreign {{ proxy_pass http://{host}:{upstream}; }}
    location = /half {{ proxy_pass http://{host}:{upstream}; }}
    location /kind/ {{
      error_page 502 504 =200 /sorry;
      location = /kind/dead {{ proxy_pass http://{host}:{dead}/dead; }}
      location = /kind/slow {{ proxy_pass http://{host}:{upstream}/slow; }}
      location = /kind/broken {{ proxy_pass http://{host}:{upstream}/broken; }}
      location = /kind/fine {{ proxy_pass http://{host}:{upstream}/fine; }}
    }}
    location = /sorry {{
      default_type text/html;
      return 200 '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>';
    }}
    location /api/ {{
      error_page 502 504 =200 /sorry.json;
      location = /api/dead {{ proxy_pass http://{host}:{dead}/dead; }}
    }}
    location = /sorry.json {{
      default_type application/json;
      return 200 '{{"error": "connect() failed (111: Connection refused) while connecting to upstream"}}';
    }}
  }}
}}
"""


class Edge:
    """nginx behind the proxy, or behind Envoy."""

    def __init__(self, proxy: Audited | Receiver, url: str) -> None:
        self.proxy = proxy
        self.client = httpx.Client(base_url=url, timeout=20, headers={"Accept": "*/*"})

    def get(self, path: str, **more: str) -> httpx.Response:
        before = self.proxy.exchanges
        answer = self.client.get(path, headers=more)
        self.proxy.settle(before + 1)
        return answer

    def findings(self, path: str) -> list[Finding]:
        return [each for each in self.proxy.findings() if each["route"] == path]

    def verdicts(self, code: int) -> dict[str, int]:
        counted = self.proxy.outcomes()
        return {verdict: count for (_, seen, verdict), count in counted.items() if seen == str(code) and count}


def never(peer: Peer) -> None:
    peer.wait()


def leave_after(words: bytes) -> Behaviour:
    def speak(peer: Peer) -> None:
        peer.send(words)
        peer.sock.close()

    return speak


@pytest.fixture(scope="module")
def upstream() -> Iterator[Service]:
    service = Service()
    service.on("/fine", b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"fine": 1}')
    service.on("/slow", never)
    service.on("/broken", b"HTTP/1.1 200 OK\r\nContent-Type\0: application/json\r\n\r\n")
    service.on("/foreign", leave_after(b"SSH-2.0-OpenSSH_10.0\r\n"))
    service.on("/half", leave_after(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\nhalf"))
    yield service
    service.close()


@pytest.fixture(scope="module", params=["proxy", "envoy"])
def edge(request: pytest.FixtureRequest, upstream: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    nginx = require_tool("nginx")
    folder = tmp_path_factory.mktemp("nginx")
    folder.joinpath("users").write_text("ada:{PLAIN}enchantress\n")
    port = free_port()
    config = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    config.write_text(
        CONFIG.format(folder=folder, host=HOST, port=port, dead=free_port(), upstream=upstream.port, user=user)
    )
    command = [nginx, "-p", folder, "-c", config, "-e", folder / "error.log"]
    with Process([str(word) for word in command], log=folder / "nginx.log", port=port):
        if request.param == "proxy":
            with Audited({"edge": f"http://{HOST}:{port}"}, folder / "wirelint") as proxy:
                yield Edge(proxy, proxy.url("edge"))
        else:
            from lab.envoy_process import Envoy  # noqa: PLC0415 - needs the extra

            with (
                Receiver(folder / "wirelint") as receiver,
                Envoy({"edge": port}, receiver.receiving, folder / "envoy") as envoy,
            ):
                yield Edge(receiver, envoy.url("edge"))


def test_fine(edge: Edge) -> None:
    assert edge.get("/fine").json() == {"id": 7, "name": "Ada"}
    assert edge.get("/kind/fine").json() == {"fine": 1}
    assert edge.findings("/fine") == edge.findings("/kind/fine") == []


def test_basic_authentication(edge: Edge) -> None:
    refused = edge.get("/guarded")
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == 'Basic realm="Members only"'
    wrong = edge.get("/guarded", Authorization="Basic YWRhOndyb25n")
    assert wrong.status_code == 401
    assert edge.get("/guarded", Authorization="Basic YWRhOmVuY2hhbnRyZXNz").status_code == 404  # in, and nothing there
    assert edge.findings("/guarded") == []
    assert edge.verdicts(401) == {"client_error": 2}


def test_limited(edge: Edge) -> None:
    """nginx says 503 to those who are too fast, and never when to come back."""
    assert edge.get("/limited").status_code == 404
    assert edge.get("/limited").status_code == 503
    assert edge.get("/limited").status_code == 503
    (finding,) = edge.findings("/limited")
    assert (finding["rule"], finding["status"], finding["count"]) == ("unavailable-without-retry-hint", 503, 2)
    assert edge.verdicts(503) == {"server_error": 2}


@pytest.mark.parametrize(("path", "status"), [("/dead", 502), ("/slow", 504), ("/broken", 502)])
def test_honest_failures(edge: Edge, path: str, status: int) -> None:
    before = edge.verdicts(status)
    answer = edge.get(path)
    assert answer.status_code == status
    assert "nginx" in answer.text
    assert [each for each in edge.findings(path) if each["severity"] in {"medium", "high"}] == []
    assert edge.verdicts(status) == {"server_error": before.get("server_error", 0) + 1}


@pytest.mark.parametrize("path", ["/kind/dead", "/kind/slow", "/kind/broken"])
def test_failures_under_success(edge: Edge, path: str) -> None:
    before = edge.verdicts(200)
    answer = edge.get(path)
    assert answer.status_code == 200
    assert "Bad Gateway" in answer.text
    found = edge.findings(path)
    assert {each["rule"] for each in found} & {"error-page-as-success", "masked-upstream-text"}
    assert {each["suggested_status"] for each in found} <= {502, 504}
    assert {each["verdict"] for each in found} == {"server_error"}
    assert edge.verdicts(200)["server_error"] == before.get("server_error", 0) + 1


def test_failure_under_success_in_json(edge: Edge) -> None:
    assert edge.get("/api/dead").status_code == 200
    found = edge.findings("/api/dead")
    assert "masked-upstream-text" in {each["rule"] for each in found}
    assert {each["verdict"] for each in found} == {"server_error"}


def test_foreign(edge: Edge) -> None:
    """Old versions of nginx pass on what is no HTTP as if it were HTTP/0.9, and the proxy, or Envoy, makes a 502 of it.

    That 502 must not be taken for one of nginx's own.
    """
    before = edge.proxy.outcomes()
    answer = edge.get("/foreign")
    assert answer.status_code == 502
    code = "502" if "nginx" in answer.text else "none"
    assert edge.proxy.outcomes() - before == {("edge", code, "server_error"): 1}
    assert edge.findings("/foreign") == []


def test_cut_short(edge: Edge) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        edge.get("/half")
    edge.proxy.wait_for_output("response-truncated")
    assert {each["rule"] for each in edge.findings("/half")} == {"response-truncated"}


def test_no_faults_of_ours(edge: Edge) -> None:
    assert not any(edge.proxy.samples("wirelint_rule_errors_total").values())
    assert not any(edge.proxy.samples("wirelint_dropped_total").values())
    assert "Traceback" not in edge.proxy.output()
