"""Documents from files and URLs, and what cannot be read there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from support import free_port
from wirelint.openapi.location import is_url, shown
from wirelint.openapi.read import read
from wirelint.openapi.text import DocumentError

DOCUMENT = b"openapi: 3.0.3\npaths: {/things: {get: {}}}"


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = self.path == "/openapi.yaml"
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(DOCUMENT)))
        self.end_headers()
        self.wfile.write(DOCUMENT)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        pass


@pytest.fixture
def server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Answers) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{made.server_port}"
        made.shutdown()
        thread.join()


def test_a_document_is_read_from_a_url(server: str) -> None:
    assert read(f"{server}/openapi.yaml").template("GET", "/things") == "/things"


def test_a_url_that_has_no_document_is_refused_in_one_line(server: str) -> None:
    with pytest.raises(DocumentError, match=r"^answered with status 404$"):
        read(f"{server}/absent")
    with pytest.raises(DocumentError, match=r"^no answer: Connection refused$"):
        read(f"http://127.0.0.1:{free_port()}/")
    with pytest.raises(DocumentError, match=r"^no answer: "):
        read("http://ann:swordfish@[/")


def test_a_file_is_read_or_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(DOCUMENT)
    assert read(str(tmp_path / "a.yaml")).template("GET", "/things") == "/things"
    with pytest.raises(DocumentError, match=r"^No such file or directory$"):
        read("absent.yaml")
    with pytest.raises(DocumentError, match=r"^ValueError$"):
        read("a\0b")


def test_a_url_is_shown_without_its_secrets() -> None:
    assert shown("https://ann:swordfish@a.example/api?token=x") == "https://a.example/api"
    assert shown("http://[") == "the URL"
    assert shown("a=b.yaml") == "a=b.yaml"
    assert is_url("HTTP://a.example/")
    assert not is_url("shop=http://a.example/")
