"""The same is found in a conversation while it passes the proxy, and in the recording of it."""

from __future__ import annotations

import json
import sys
import threading
import urllib.request
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from support import HOST, Process, free_port, wait_for_port, wait_until

SCRIPT = Path(__file__).parents[2] / "addons" / "wirelint_addon.py"
ADDONS = SCRIPT.parent
KEY = {"X-Api-Key": "b1946ac92492d2347c6235b4d2611184"}

Findings = Counter[tuple[str, str, str, int]]
"""How often which rule fired, by method, route and status."""


class Notes(BaseHTTPRequestHandler):
    """Lets one key in, answers 403 to anonymous requests and 404 to methods that it lacks, fails for odd input."""

    protocol_version = "HTTP/1.1"
    notes: set[str]

    def answer(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.reply(*self.outcome(self.path.partition("?")[0], content))

    def outcome(self, path: str, content: bytes) -> tuple[int, object]:
        if path not in ("/", "/health") and self.headers.get("X-Api-Key") != KEY["X-Api-Key"]:
            return 403, {"error": "this board is for members of the club"}
        name, found = path.removeprefix("/notes/"), (404, {"error": "Not Found"})
        answers: dict[tuple[str, str], tuple[int, object]] = {
            ("GET", "/"): (200, {"up": True}),
            ("GET", "/health"): (200, {"up": True}),
            ("GET", "/notes"): (200, sorted(self.notes)),
            **{("GET", f"/notes/{each}"): (200, {"name": each}) for each in self.notes},
        }
        if (self.command, path) == ("POST", "/notes"):
            return self.create(json.loads(content))
        if self.command == "DELETE" and name != path:
            return self.remove(name)
        return answers.get((self.command, path), found)

    def remove(self, name: str) -> tuple[int, object]:
        if name not in self.notes:
            return 500, {"error": "Internal Server Error"}
        self.notes.remove(name)
        return 200, {"deleted": name}

    def create(self, note: object) -> tuple[int, object]:
        if not isinstance(note, dict) or not isinstance(note.get("size"), int):
            return 500, {"error": "Internal Server Error"}
        self.notes.add("7")
        return 201, {"name": "7"}

    def reply(self, status: int, value: object) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 - as http.server names them

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@pytest.fixture
def service() -> Iterator[int]:
    with ThreadingHTTPServer((HOST, 0), type("Kept", (Notes,), {"notes": {"1", "2"}})) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def converse(url: str) -> int:
    """Ask with and without credentials, by methods that work and others, for what is there, gone and never was."""
    asked = 0
    with httpx.Client(base_url=url, trust_env=False) as client:
        for method, path, headers, sent in (
            ("GET", "/notes", {}, None),
            ("GET", "/notes", {"X-Api-Key": "0123456789abcdef0123456789abcdef"}, None),
            ("GET", "/notes", KEY, None),
            ("GET", "/no/such/page", KEY, None),
            ("PATCH", "/notes", KEY, None),
            ("PUT", "/notes", KEY, None),
            ("POST", "/notes", KEY, {"size": 3}),
            ("POST", "/notes", KEY, {"size": "x"}),
            ("GET", "/notes", KEY, None),
            ("GET", "/health", KEY, None),
            ("GET", "/", KEY, None),
            ("GET", "/notes/7", KEY, None),
            ("DELETE", "/notes/7", KEY, None),
            ("DELETE", "/notes/7", KEY, None),
            ("GET", "/notes/9", KEY, None),
            ("DELETE", "/notes/9", KEY, None),
            ("GET", "/notes", {}, None),
        ):
            client.request(method, path, headers=headers, json=sent)
            asked += 1
    return asked


def page(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://{HOST}:{port}{path}", timeout=10) as response:
        content: bytes = response.read()
    return content


@pytest.mark.e2e
def test_live_and_recorded_traffic_give_the_same_findings(service: int, tmp_path: Path) -> None:
    port, metrics, flows = free_port(), free_port(), tmp_path / "notes.flows"
    words: list[str | Path] = [
        *("-s", SCRIPT, "--mode", f"reverse:http://{HOST}:{service}@{HOST}:{port}", "-w", flows),
        *("--set", f"confdir={tmp_path}", "--set", f"wirelint_metrics_port={metrics}"),
    ]
    command: list[str | Path] = [sys.executable, "-c", "from mitmproxy.tools.main import mitmdump; mitmdump()", *words]
    with Process(command, log=tmp_path / "log", port=metrics, cwd=tmp_path) as mitmdump:
        wait_for_port(port)
        asked = converse(f"http://{HOST}:{port}")
        wait_until(lambda: json.loads(page(metrics, "/api/services"))["totals"]["exchanges"] == asked, "all audits")
        listed = json.loads(page(metrics, "/api/findings"))["findings"]
        live: Findings = Counter()
        for each in listed:
            live[each["rule"], each["method"], each["route"], each["status"]] += each["count"]
        assert mitmdump.stop() == 0

    audit: list[str | Path] = [
        sys.executable,
        "-m",
        "wirelint",
        "audit",
        "--format",
        "jsonl",
        "--fail-on",
        "never",
        flows,
    ]
    with Process(audit, log=tmp_path / "jsonl", cwd=tmp_path, env={"PYTHONPATH": str(ADDONS)}) as ended:
        assert ended.wait() == 0
    lines = (line for line in (tmp_path / "jsonl").read_text().splitlines() if line.startswith("{"))
    recorded: Findings = Counter()
    for found in map(json.loads, lines):
        recorded[found["rule"], found["method"], found["route"], found["status"]] += 1
    assert live == recorded
    rules = {rule for rule, *_ in live}
    assert rules >= {"missing-credentials-as-403", "unsupported-method-as-404", "absent-resource-as-500"}
    assert rules >= {"unexpected-input-as-500", "repeated-delete-5xx"}
