"""A server of the page with what it serves, and a client for it."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from collections.abc import Mapping
from typing import Any

from lab.audits import RULE, audit, finding
from wirelint.core.verdict import Verdict
from wirelint.history.envelopes import Learned
from wirelint.sinks.exchange_log import ExchangeLog
from wirelint.sinks.journal import Journal
from wirelint.sinks.metrics.registry import Metrics
from wirelint.web.server import WebServer
from wirelint.web.site import Endpoint, Site


class Beside:
    """A server with what it serves, and a client for it."""

    def __init__(self, **settings: Any) -> None:
        self.metrics = Metrics([RULE])
        self.journal = Journal()
        self.exchanges = ExchangeLog()
        self.live = self.ready = True
        self.learned: list[Learned] = []
        self.site = Site(
            self.metrics,
            self.journal,
            self.exchanges,
            [RULE],
            listeners=lambda: [Endpoint("http://127.0.0.1:8080", "shop")],
            learned=lambda: self.learned,
            live=lambda: self.live,
            ready=lambda: self.ready,
        )
        self.server = WebServer(self.site, **{"port": 0, **settings})
        self.url = self.server.start()
        self.port = int(self.url.rpartition(":")[2])

    def find(self, count: int = 1) -> str:
        """Have something found; the fingerprint of it."""
        found = finding()
        for _ in range(count):
            for sink in (self.metrics, self.journal, self.exchanges):
                sink.accept(audit(found, verdict=Verdict.CLIENT_ERROR))
        return found.fingerprint

    def get(
        self,
        path: str,
        method: str = "GET",
        body: bytes | None = None,
        *,
        fields: Mapping[str, str] | None = None,
        **more: str,
    ) -> Reply:
        """Return the response to a request.

        :param fields: of the request, by name; as keyword arguments with _ for -.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = {name.replace("_", "-"): value for name, value in more.items()} | dict(fields or {})
        with contextlib.closing(connection):
            connection.request(method, path, body=body, headers=headers)
            return Reply(connection.getresponse())

    def raw(self, text: bytes) -> bytes:
        """Return the response to raw octets."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as client:
            client.sendall(text)
            return b"".join(iter(lambda: client.recv(65536), b""))


class Reply:
    """A response, read to its end."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.fields = {name.lower(): value for name, value in response.getheaders()}
        self.content = response.read()

    @property
    def json(self) -> Any:
        """Return the content as JSON."""
        assert self.fields["content-type"] == "application/json"
        return json.loads(self.content)
