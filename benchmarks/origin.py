"""The measured service: nginx, with correct and faulty responses."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from mitmproxy.certs import create_ca

from benchmarks.processes import HOST, Server, tool
from benchmarks.samples import order

# Content-Type, status and content of responses without a file.
_ANSWERS: Final = {
    "/failed-login": ("application/json", 200, '{"success":false,"error":{"code":401,"message":"wrong password"}}'),
    "/no-challenge": ("application/json", 401, '{"code":401,"message":"token expired"}'),
    "/masked": ("application/json", 500, '{"error":"upstream request timeout"}'),
    "/no-hint": ("application/json", 429, '{"error":"rate limit exceeded"}'),
}

SMALL: Final = ("/small.json",)
LARGE: Final = ("/large.json",)
FAILING: Final = "/failing/"
"""Each path below it answers like a failed login: any number of routes, with a finding on each."""

_ITEM: Final = {
    "type": "object",
    "required": ["sku", "quantity"],
    "properties": {
        "sku": {"type": "string", "pattern": "^[A-Z]-[0-9]+$"},
        "title": {"type": "string", "maxLength": 200},
        "quantity": {"type": "integer", "minimum": 1},
        "price": {"type": "string"},
    },
}
_ORDER: Final = {
    "type": "object",
    "required": ["id", "state", "customer", "items"],
    "properties": {
        "id": {"type": "integer"},
        "state": {"type": "string", "enum": ["open", "paid", "shipped"]},
        "customer": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}},
        "currency": {"type": "string"},
        "total": {"type": "string"},
        "created": {"type": "string", "format": "date-time"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}},
    },
}
DESCRIPTION: Final = {
    "openapi": "3.1.0",
    "info": {"title": "orders", "version": "1"},
    "paths": {
        path: {
            "get": {
                "responses": {
                    "200": {
                        "description": "an order",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}},
                    }
                }
            }
        }
        for path in (*SMALL, *LARGE)
    },
    "components": {"schemas": {"Item": _ITEM, "Order": _ORDER}},
}
"""The OpenAPI document of the responses without faults."""

MIXED: Final = tuple(path for faulty in _ANSWERS for path in ("/small.json", faulty))
"""Every other response has a fault."""


def origin(folder: Path, port: int, cpu: int | None, tls_port: int | None = None) -> Server:
    """Return an nginx that serves all of it.

    :param folder: an empty folder for its files.
    :param tls_port: its port for TLS and HTTP/2; None for none.
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
    kind, status, content = _ANSWERS["/failed-login"]
    failing = f"    location {FAILING} {{ default_type {kind}; return {status} '{content}'; }}"
    secure = ""
    if tls_port is not None:
        certificate = _certificate(folder)
        secure = f"""
    listen 127.0.0.1:{tls_port} ssl http2 backlog=4096;
    ssl_certificate {certificate};
    ssl_certificate_key {certificate};
"""
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
{secure}
    root {root};
{answers}
{failing}
  }}
}}
""")
    command = [tool("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    return Server("nginx", command, port=port, folder=folder, cpu=cpu)


def _certificate(folder: Path) -> Path:
    """Return the file of an untrusted certificate with its key, in that folder."""
    key, certificate = create_ca("benchmark", HOST, 2048)
    file = folder / "origin.pem"
    file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate.public_bytes(Encoding.PEM)
    )
    return file
