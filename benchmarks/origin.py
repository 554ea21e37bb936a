"""The service that is asked: nginx, with content that is fine and content that is not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from benchmarks.engine import order
from benchmarks.processes import Server, tool

# Content-Type, status and content of what is answered without a file.
_ANSWERS: Final = {
    "/failed-login": ("application/json", 200, '{"success":false,"error":{"code":401,"message":"wrong password"}}'),
    "/no-challenge": ("application/json", 401, '{"code":401,"message":"token expired"}'),
    "/masked": ("application/json", 500, '{"error":"upstream request timeout"}'),
    "/no-hint": ("application/json", 429, '{"error":"rate limit exceeded"}'),
}

SMALL: Final = ("/small.json",)
LARGE: Final = ("/large.json",)
MIXED: Final = tuple(path for faulty in _ANSWERS for path in ("/small.json", faulty))
"""Every other response has something to be found."""


def origin(folder: Path, port: int, cpu: int | None) -> Server:
    """An nginx that serves all of it.

    :param folder: an empty folder for its files.
    :raises BenchmarkError: there is no nginx.
    """
    root = folder / "root"
    root.mkdir()
    root.joinpath("small.json").write_bytes(order(1024))
    root.joinpath("large.json").write_bytes(order(65000))
    answers = "\n".join(
        f"    location = {path} {{ default_type {kind}; return {status} '{content}'; }}"
        for path, (kind, status, content) in _ANSWERS.items()
    )
    user = "user root;" if os.geteuid() == 0 else ""
    folder.joinpath("nginx.conf").write_text(f"""
daemon off; {user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  keepalive_requests 100000000;
  types {{ application/json json; }}
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    root {root};
{answers}
  }}
}}
""")
    command = [tool("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    return Server("nginx", command, port=port, folder=folder, cpu=cpu)
