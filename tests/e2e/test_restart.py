"""With ``--state``, a proxy that is started again knows what was learned before, and so does an audit of files."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from lab.har import document, entry
from lab.proxy import Audited
from support import HOST

ADDONS = Path(__file__).parents[2] / "addons"
RULE = "learned-error-as-success"
ANSWERS = {
    "list": {"result": "success", "arguments": {"a": 1}},
    "stop": {"result": "success", "tag": 3},
    "lost": {"result": "no such torrent here", "arguments": {"path": "x", "size": -1}},
}


class Torrents(BaseHTTPRequestHandler):
    """A service with an envelope of its own."""

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        content = json.dumps(ANSWERS[json.loads(asked)["call"]]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@pytest.fixture
def service() -> Iterator[str]:
    with ThreadingHTTPServer((HOST, 0), Torrents) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://{HOST}:{server.server_port}"
        server.shutdown()
        thread.join()


def failures(folder: Path, service: str, *calls: str) -> float:
    """Return how many errors under 200 a proxy with a state file counts."""
    with Audited({"torrents": service}, folder, "--state", str(folder / "state")) as proxy:
        with httpx.Client(base_url=proxy.url("torrents"), trust_env=False) as client:
            for call in calls:
                assert client.post("/rpc", json={"call": call}).status_code == 200
        proxy.settle(len(calls))
        found = proxy.samples("wirelint_findings_total")
        return sum(count for labels, count in found.items() if RULE in labels)


@pytest.mark.e2e
def test_what_was_learned_outlasts_a_restart(service: str, tmp_path: Path) -> None:
    assert failures(tmp_path, service, "list", "stop") == 0
    file = tmp_path / "state"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert failures(tmp_path, service, "lost") == 1

    asked = entry(text=json.dumps(ANSWERS["lost"]), url="http://torrents/rpc", method="POST")
    (tmp_path / "later.har").write_bytes(document(asked))
    words = [sys.executable, "-m", "wirelint", "audit", "--format", "jsonl", "later.har"]
    environment = os.environ | {"PYTHONPATH": str(ADDONS)}
    for more, rules in (([], []), (["--state", str(file)], [RULE])):
        ended = subprocess.run(
            [*words, *more], check=False, capture_output=True, text=True, cwd=tmp_path, env=environment
        )
        assert [json.loads(line)["rule"] for line in ended.stdout.splitlines()] == rules, ended.stderr


@pytest.mark.e2e
def test_a_file_of_others_is_one_line_and_left_alone(service: str, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("root:x:0:0\n")
    assert failures(tmp_path, service, "list", "stop", "lost") == 1
    assert (tmp_path / "state").read_text() == "root:x:0:0\n"
    assert (tmp_path / "wirelint.log").read_text().count("is no state file") == 1
