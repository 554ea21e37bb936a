"""Entries of Envoy's access log as its filter fills them, and a client that sends them as Envoy does."""

from __future__ import annotations

import base64
import contextlib
import queue
from collections.abc import Iterator, Mapping, Sequence
from concurrent import futures
from typing import Any

from tools import require_library

grpc = require_library("grpc")
messages = require_library("wirelint.sources.envoy.messages")

METHOD = "/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs"
STARTED = 1_700_000_000

Lines = Sequence[tuple[str, str]]


def entry(
    path: str = "/",
    status: int = 200,
    details: str = "via_upstream",
    *,
    method: str = "GET",
    cluster: str = "shop",
    flags: Sequence[str] = (),
    sent: Lines = (("accept", "*/*"),),
    got: Lines | None = (("content-type", "application/json"),),
    octets: Mapping[str, bytes] | None = None,
    began: bool = True,
    started: float = STARTED,
    took: float = 0.05,
    sizes: tuple[int, int] = (0, 0),
    transport: str = "",
) -> Any:
    """Return a log entry.

    Parameters:
        flags: the response flags that are set.
        sent, got: the fields; ``got`` is None where no response came by the filter.
        octets: what else the filter copied, by its keys.
        began: whether the first byte of the service's response came.
        sizes: octets of the bodies of request and response.
    """
    made = messages.HTTPAccessLogEntry(protocol_version=2)
    common, request, response = made.common_properties, made.request, made.response
    common.start_time.FromNanoseconds(int(started * 1e9))
    common.duration.FromNanoseconds(int(took * 1e9))
    common.time_to_last_rx_byte.FromNanoseconds(1000)
    if began:
        common.time_to_first_upstream_rx_byte.FromNanoseconds(int(took * 1e9 / 2))
    common.upstream_cluster = cluster
    common.upstream_transport_failure_reason = transport
    common.access_log_type = 6  # DownstreamEnd
    common.downstream_remote_address.socket_address.address = "10.1.2.3"
    for flag in flags:
        setattr(common.response_flags, flag, True)
    request.request_method = {"GET": 1, "HEAD": 2, "POST": 3, "CONNECT": 6}[method]
    request.request_body_bytes, response.response_body_bytes = sizes
    response.response_code.value = status
    response.response_code_details = details
    pseudo = [(":authority", "shop.example"), (":path", path), (":method", method), (":scheme", "https")]
    copied = {"qh": _lines([*pseudo, *sent]), "qw": b""}
    if got is not None:
        copied["sh"] = _lines([(":status", str(status)), *got])
    copy(made, copied | dict(octets or {}))
    return made


def copy(made: Any, octets: Mapping[str, bytes]) -> None:
    """Put octets where the filter puts them."""
    metadata = made.common_properties.metadata.filter_metadata
    copied = metadata[0] if metadata else metadata.add(key="wirelint")
    fields = copied.value.fields
    for key, value in octets.items():
        fields[key].string_value = base64.b64encode(value).decode()


def _lines(lines: Lines) -> bytes:
    return b"\0".join(word.encode() for line in lines for word in line)


class Sender:
    """One stream of log entries; ``node`` is the cluster of Envoy's bootstrap."""

    def __init__(self, channel: Any, node: str = "edge") -> None:
        self._messages: queue.Queue[Any] = queue.Queue()
        call = channel.stream_unary(
            METHOD,
            messages.StreamAccessLogsMessage.SerializeToString,
            messages.StreamAccessLogsResponse.FromString,
        )
        self.answer = call.future(iter(self._messages.get, None), wait_for_ready=True, timeout=30)
        identifier = messages.Identifier(log_name="wirelint")
        identifier.node.cluster = node
        self._messages.put(messages.StreamAccessLogsMessage(identifier=identifier))

    def send(self, *entries: Any) -> None:
        """Send entries in one message."""
        message = messages.StreamAccessLogsMessage()
        message.http_logs.log_entry.extend(entries)
        self._messages.put(message)

    def end(self) -> None:
        """End the stream, and wait for the answer to it."""
        self._messages.put(None)
        self.answer.result()


@contextlib.contextmanager
def sending(port: int, node: str = "edge") -> Iterator[Sender]:
    """Open a stream to a receiver on this machine, and end it."""
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        sender = Sender(channel, node)
        yield sender
        sender.end()


@contextlib.contextmanager
def collecting() -> Iterator[tuple[int, list[Any]]]:
    """Serve as receiver; yield the port and the entries that have come so far."""
    entries: list[Any] = []

    def collect(stream: Iterator[Any], _context: Any) -> Any:
        for message in stream:
            entries.extend(message.http_logs.log_entry)
        return messages.StreamAccessLogsResponse()

    service, _, method = METHOD[1:].partition("/")
    handler = grpc.stream_unary_rpc_method_handler(
        collect, messages.StreamAccessLogsMessage.FromString, messages.StreamAccessLogsResponse.SerializeToString
    )
    server = grpc.server(futures.ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {method: handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port, entries
    finally:
        server.stop(0).wait()
