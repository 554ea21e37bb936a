"""Record exchanges while they pass."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from mitmproxy import connection, http

from wirelint.core.exchange import Failure
from wirelint.settings.sampling import Sampler
from wirelint.sources.mitm.adapter import Naming, place
from wirelint.sources.mitm.failure import Circumstances, classify, not_the_service
from wirelint.sources.mitm.record import Pool, Record, Tee
from wirelint.sources.stats import Stats

IN_FLIGHT_LIMIT: Final = 20_000
"""Most exchanges followed at one time."""
_ERRORS_LIMIT: Final = 10_000
_LINGER: Final = 10.0
"""Seconds after the end of a client's connection in which its exchanges may still report their end."""
_BODILESS: Final = (b"HTTP/1.1", b"HTTP/1.0")


class Recorder:
    """The exchanges in flight.

    Every method except ``look`` is called from a hook: it must be fast. It may raise, because its caller counts that
    and continues.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - one caller, the auditor
        self,
        stats: Stats,
        naming: Naming,
        on_end: Callable[[Record, http.HTTPFlow], None],
        on_hung: Callable[[str], None] | None = None,
        sampler: Sampler | None = None,
        pool: Pool | None = None,
        begun: memoryview | None = None,
    ) -> None:
        """Follow exchanges.

        :param on_end: called with each finished record, exactly once.
        :param on_hung: called with the service's name, once for each exchange whose response head is late.
        :param sampler: chooses the exchanges to follow; None for all.
        :param pool: the room for captured octets.
        :param begun: its only number counts all exchanges that begin.
        """
        self._begun = begun
        self.stats = stats
        self.naming = naming
        self.pool = pool or Pool()
        self.body_limit = 64 * 1024
        self.stream_all = False
        self.idle_limit = 600.0
        self.shedding = False
        self.sampler = sampler or Sampler()
        self._on_end = on_end
        self._on_hung = on_hung
        self._flying: dict[str, Record] = {}
        self._unseen: dict[str, connection.Client] = {}
        self._upstream_errors: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._flying) + len(self._unseen)

    def request_head(self, flow: http.HTTPFlow) -> None:
        """Handle the head of a request."""
        if self._begun is not None:
            self._begun[0] += 1
        if len(self) >= IN_FLIGHT_LIMIT:
            self.stats.dropped["in_flight_full"] += 1
            self._let_pass(flow, flow.request)
            return
        service, direction = self.naming.of(flow)
        if self.shedding:
            self.stats.dropped["overload"] += 1
            self._leave(flow)
            return
        if not self._wanted(service, flow):
            self._leave(flow)
            return
        record = Record(flow, service, direction)
        self._flying[record.id] = record
        if flow.live:
            record.connection = flow.client_conn
            request = flow.request
            # Another add-on may have answered already; mitmproxy cannot stream such a request.
            if flow.response is None and not callable(request.stream) and self._worth_streaming(request.data):
                record.request_tee = request.stream = Tee(request.data, self.body_limit, self.pool)

    def request_end(self, flow: http.HTTPFlow) -> None:
        """Handle the end of a request, which is not forwarded yet unless it is streamed."""
        if flow.live and flow.response is not None:
            record = self._flying.get(flow.id)
            # A service may answer before the end of the request, but then the response's head was seen.
            if record is not None and not record.answered:
                self._forget(flow, "proxy_made")

    def response_head(self, flow: http.HTTPFlow) -> None:
        """Handle the head of a response."""
        record = self._flying.get(flow.id)
        response = flow.response
        if response is None:
            return
        if record is None:
            self._let_pass(flow, response)
            return
        record.answer(response)
        if flow.live and not callable(response.stream) and self._worth_streaming(response.data):
            record.response_tee = response.stream = Tee(response.data, self.body_limit, self.pool)

    def response_end(self, flow: http.HTTPFlow) -> None:
        """Handle the end of a response."""
        if flow.error is not None and not flow.live:
            return  # a truncated stored flow: its error is replayed next
        record = self._flying.pop(flow.id, None)
        if record is None:
            self._unseen.pop(flow.id, None)
            return
        if not record.answered and flow.response is not None:
            record.answer(flow.response)
        self._end(record, flow, None)

    def failed(self, flow: http.HTTPFlow) -> None:
        """Handle an exchange that failed or was truncated."""
        record = self._flying.get(flow.id)
        error = flow.error
        if record is None or error is None:
            self._unseen.pop(flow.id, None)
            return
        known = self._circumstances(flow, record)
        reason = not_the_service(error.msg, known)
        if reason is not None:
            self._forget(flow, reason)
            return
        del self._flying[flow.id]
        if flow.response is not None and not record.answered:
            record.answer(flow.response)  # refused by mitmproxy before its hook: the head is still the service's
        self._end(record, flow, classify(error.msg, known))

    def upstream_error(self, client_id: str, message: str | None) -> None:
        """Handle a failed connection or TLS handshake to a service."""
        if message:
            if len(self._upstream_errors) >= _ERRORS_LIMIT:
                del self._upstream_errors[next(iter(self._upstream_errors))]
            self._upstream_errors[client_id] = message

    def client_gone(self, client_id: str) -> None:
        """Handle the end of a client's connection."""
        self._upstream_errors.pop(client_id, None)

    def look(self, now: float, patience: float) -> None:
        """Check the exchanges in flight, periodically.

        :param now: Unix seconds.
        :param patience: seconds without a response head after which an exchange hangs.
        """
        lost = []
        for record in list(self._flying.values()):
            if not record.answered and not record.hung and now - record.started > patience:
                record.hung = True
                self.stats.hung += 1
                if self._on_hung is not None:
                    self._on_hung(record.service)
            client = record.connection
            if client is not None and client.timestamp_end and now - client.timestamp_end > _LINGER:
                lost.append(record)
        for record in lost:
            del self._flying[record.id]
            self.stats.dropped["lost"] += 1
            record.release(self.pool)
        for flow_id, client in list(self._unseen.items()):
            if client.timestamp_end and now - client.timestamp_end > _LINGER:
                del self._unseen[flow_id]

    def stop(self) -> None:
        """Give up on the exchanges in flight."""
        self.stats.dropped["stopped"] += len(self._flying)
        for record in self._flying.values():
            record.release(self.pool)
        self._flying.clear()
        self._unseen.clear()

    def _wanted(self, service: str, flow: http.HTTPFlow) -> bool:
        if self.sampler.shares.whole:
            return True
        peer, request = flow.client_conn.peername, flow.request.data
        if self.sampler.wants(service, peer[0] if peer else "", request.headers.fields, request.timestamp_start):
            return True
        self.stats.unsampled += 1
        return False

    def _leave(self, flow: http.HTTPFlow) -> None:
        """Follow an exchange only to know when it ends."""
        self._unseen[flow.id] = flow.client_conn
        self._let_pass(flow, flow.request)

    def _let_pass(self, flow: http.HTTPFlow, message: http.Message) -> None:
        """Stream a body of an unaudited exchange, as if it were audited."""
        if flow.live and not message.stream and self._worth_streaming(message.data):
            message.stream = True

    def _worth_streaming(self, data: http.MessageData) -> bool:
        length = chunked = None
        events = False
        for name, value in data.headers.fields:
            size = len(name)
            if size == 14 and name.lower() == b"content-length":
                length = int(value) if value.isdigit() and len(value) < 19 else -1
            elif size == 17 and name.lower() == b"transfer-encoding":
                chunked = value
            elif size == 12 and name.lower() == b"content-type":
                events = value[:17].lower() == b"text/event-stream"
        if length is None:
            # Without either field, an HTTP/1 request has no body, and a response one of any length.
            request = isinstance(data, http.RequestData)
            return chunked is not None or not request or data.http_version not in _BODILESS
        return bool(length) and (self.stream_all or events or length > self.body_limit or length < 0)

    def _circumstances(self, flow: http.HTTPFlow, record: Record) -> Circumstances:
        client, server = flow.client_conn, flow.server_conn
        request = flow.request.data
        tee = record.response_tee
        seen = max(
            request.timestamp_end or record.started, record.first_byte or 0.0, tee.at if tee is not None else 0.0
        )
        error = self._upstream_errors.get(record.client_id)
        return Circumstances(
            answered=record.answered or flow.response is not None,
            request_ended=request.timestamp_end is not None,
            client_open=bool(client.state & connection.ConnectionState.CAN_READ) if flow.live else None,
            connected=server.timestamp_tcp_setup is not None and server.error is None,
            upstream_error=error,
            client_http2=request.http_version not in _BODILESS,
            upstream_http2=server.alpn in (b"h2", b"h3"),
            idle=time.time() - seen,
            idle_limit=self.idle_limit,
            address=place(server.address),
        )

    def _forget(self, flow: http.HTTPFlow, reason: str) -> None:
        record = self._flying.pop(flow.id, None)
        if record is not None:
            record.release(self.pool)
            self.stats.skipped[reason] += 1

    def _end(self, record: Record, flow: http.HTTPFlow, failure: Failure | None) -> None:
        stats = self.stats
        for tee in (record.request_tee, record.response_tee):
            if tee is not None and tee.size:
                stats.streamed += 1
        if self.shedding:
            stats.dropped["overload"] += 1
            record.release(self.pool)
            return
        record.finish(flow, failure)
        if not record.weigh(self.pool):
            stats.dropped["head_too_large"] += 1
            record.release(self.pool)
            return
        stats.captured += 1
        self._on_end(record, flow)
