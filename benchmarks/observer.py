"""A minimal receiver of Envoy's ext_proc in observability mode: ``python -m benchmarks.observer PORT METRICS-PORT``.

It is the other way to get a copy of each exchange out of Envoy. Each exchange is a gRPC stream of its own, whose
messages bring heads, pieces of content and trailers. The observer audits it with all rules and metrics, as ``wirelint
receive`` does, but has no page, no order and no bounds.

Numbers and types: ``envoy/service/ext_proc/v3/external_processor.proto``, ``envoy/config/core/v3/base.proto``.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from typing import Any, Final

import grpc
from prometheus_client import CollectorRegistry, Counter, start_http_server

from benchmarks.processes import HOST
from benchmarks.timing import counted, fresh
from wirelint.core.body import EMPTY, Body
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.media import media_type
from wirelint.sources.envoy.messages import declare

_SERVICE: Final = "envoy.service.ext_proc.v3.ExternalProcessor"
_LIMIT: Final = 4096
_message: Final = declare(
    "wirelint.observer",
    {
        "ProcessingRequest": {
            "request_headers": (2, "HttpHeaders"),
            "response_headers": (3, "HttpHeaders"),
            "request_body": (4, "HttpBody"),
            "response_body": (5, "HttpBody"),
            "response_trailers": (7, "HttpTrailers"),
        },
        "ProcessingResponse": {},
        "HttpHeaders": {"headers": (1, "HeaderMap"), "end_of_stream": (3, "bool")},
        "HttpBody": {"body": (1, "bytes"), "end_of_stream": (2, "bool")},
        "HttpTrailers": {"trailers": (1, "HeaderMap")},
        "HeaderMap": {"headers": (1, "HeaderValue*")},
        "HeaderValue": {"key": (1, "string"), "value": (2, "string"), "raw_value": (3, "bytes")},
    },
)


class _Side:
    """What was seen of a request or a response."""

    def __init__(self) -> None:
        self.pseudo: dict[bytes, bytes] = {}
        self.fields: list[tuple[bytes, bytes]] = []
        self.content = b""
        self.size = 0
        self.ended = False

    def head(self, message: Any) -> None:
        for each in message.headers.headers:
            name, value = each.key.encode(), each.raw_value or each.value.encode()
            if name[:1] == b":":
                self.pseudo[name] = value
            else:
                self.fields.append((name, value))
        self.ended = message.end_of_stream

    def piece(self, message: Any) -> None:
        self.size += len(message.body)
        self.content += message.body[: _LIMIT - len(self.content)]
        self.ended = message.end_of_stream

    @property
    def headers(self) -> Headers:
        return Headers(self.fields)

    def body(self, headers: Headers) -> Body:
        if not self.size:
            return EMPTY
        complete = self.ended and len(self.content) == self.size
        media = media_type(headers.get("content-type"))
        return Body(
            self.content, complete=complete, size=self.size, coding=headers.get("content-encoding") or "", media=media
        )


class Observer:
    """Audits what the streams of Envoy bring."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._exchanges = Counter("wirelint_exchanges", "Audited exchanges.", registry=self.registry)
        self._consume = counted(fresh())

    async def process(self, stream: AsyncIterator[Any], _context: Any) -> None:
        """Read one stream to its end; in observability mode nothing is answered."""
        asked, answered = _Side(), _Side()
        began = time.time()
        async for message in stream:
            if message.HasField("request_headers"):
                asked.head(message.request_headers)
            elif message.HasField("response_headers"):
                answered.head(message.response_headers)
            elif message.HasField("request_body"):
                asked.piece(message.request_body)
            elif message.HasField("response_body"):
                answered.piece(message.response_body)
        if b":status" in answered.pseudo:
            self._consume(_exchange(asked, answered, began))
            self._exchanges.inc()


def _exchange(asked: _Side, answered: _Side, began: float) -> Exchange:
    request, response = asked.headers, answered.headers
    return Exchange(
        request=Request(
            method=asked.pseudo[b":method"].decode(),
            target=asked.pseudo[b":path"].decode(),
            authority=asked.pseudo.get(b":authority", b"").decode(),
            headers=request,
            body=asked.body(request),
        ),
        response=Response(
            status=int(answered.pseudo[b":status"]), headers=response, body=answered.body(response), trailers=None
        ),
        service="origin",
        client="client",
        started=began,
        ended=time.time(),
        timestamp=began,
    )


async def serve(port: int, metrics: int) -> None:
    """Serve until the process ends."""
    observer = Observer()
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    method = grpc.stream_stream_rpc_method_handler(
        observer.process,
        _message("ProcessingRequest").FromString,
        _message("ProcessingResponse").SerializeToString,
    )
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_SERVICE, {"Process": method}),))
    server.add_insecure_port(f"{HOST}:{port}")
    start_http_server(metrics, HOST, registry=observer.registry)
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
