"""The server of Envoy's access log service: receives entries, and has them audited between messages.

Nothing is in the path of the traffic. If audits fall behind, nothing more is read; Envoy then buffers as much as it is
configured to, drops the rest and counts it (``access_logs.grpc_access_log.logs_dropped``).
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Final

import grpc

from wirelint.settings.sampling import Sampler
from wirelint.sources.envoy import messages
from wirelint.sources.envoy.entries import UninspectedError, exchanges_of
from wirelint.sources.received.intake import DROPPED, IN_FUTURE, Consume, Intake
from wirelint.sources.reorder_buffer import HOLD
from wirelint.sources.stats import Stats

SKIPPED: Final[tuple[str, ...]] = ("no_fields", "not_ended", "not_http", "retried", IN_FUTURE)
"""Reasons for which entries are not audited: they lack what the filter adds, are about exchanges that go on, or about
connections of other protocols. ``retried`` counts attempts of which only the last is known. ``in_future``: an Envoy's
clock is ahead by more than a minute; what rules remember would expire."""

_SERVICE: Final = "envoy.service.accesslog.v3.AccessLogService"
_LARGEST: Final = 16 * 1024 * 1024
_GRACE: Final = 0.5
_log: Final = logging.getLogger("wirelint")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverSettings:
    """Settings of a receiver.

    Attributes:
        host: address to listen on.
        port: port to listen on; 0 for any that is free.
        certificate: file of the certificate chain to serve TLS with; None for plaintext.
        key: file of its private key.
        client_ca: file of the CAs, one of which must have signed Envoy's certificate; None to ask for none.
        gateway: the name of Envoy as a service; None for ``node.cluster`` of its bootstrap.
        hold: seconds that each exchange waits for others that ended before it.
        overload_lag: milliseconds by which the event loop may be late before audits are shed; 0 to shed none.
    """

    host: str = "127.0.0.1"
    port: int = 9465
    certificate: Path | None = None
    key: Path | None = None
    client_ca: Path | None = None
    gateway: str | None = None
    hold: float = HOLD
    overload_lag: int = 250


@dataclasses.dataclass(frozen=True, slots=True)
class Receiving:
    """A receiver that runs: its port, and a way to stop it from any thread."""

    port: int
    stop: Callable[[], None]


def new_stats() -> Stats:
    """Return numbers of a receiver, all 0."""
    return Stats(dropped=dict.fromkeys(DROPPED, 0), skipped=dict.fromkeys(SKIPPED, 0))


def run(  # noqa: PLR0913 - what it calls, by name
    settings: ReceiverSettings,
    consume: Consume,
    *,
    stats: Stats,
    sampler: Sampler,
    on_ready: Callable[[Receiving], None],
    on_leave: Callable[[], None],
    on_reload: Callable[[], None] | None = None,
) -> None:
    """Receive until SIGTERM, SIGINT or ``Receiving.stop``.

    :param consume: audits an exchange; called on the event loop, never raises.
    :param on_ready: called once it listens.
    :param on_leave: called once it is asked to stop.
    :param on_reload: called with each SIGHUP.
    :raises OSError: it cannot listen, or a file cannot be read.
    """
    asyncio.run(_Receiver(settings, consume, stats, sampler).run(on_ready, on_leave, on_reload))


class _Receiver:
    def __init__(self, settings: ReceiverSettings, consume: Consume, stats: Stats, sampler: Sampler) -> None:
        self._settings = settings
        self._stats = stats
        self._intake = Intake(consume, stats, sampler, hold=settings.hold, overload_lag=settings.overload_lag)

    async def run(
        self,
        on_ready: Callable[[Receiving], None],
        on_leave: Callable[[], None],
        on_reload: Callable[[], None] | None,
    ) -> None:
        server = grpc.aio.server(
            options=[("grpc.max_receive_message_length", _LARGEST), ("grpc.so_reuseport", 0)],
            maximum_concurrent_rpcs=None,
        )
        method = grpc.stream_unary_rpc_method_handler(
            self._receive,
            messages.StreamAccessLogsMessage.FromString,
            messages.StreamAccessLogsResponse.SerializeToString,
        )
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_SERVICE, {"StreamAccessLogs": method}),))
        port = self._listen(server)
        await server.start()
        async with self._intake.running(on_reload) as stop:
            try:
                on_ready(Receiving(port, stop))
                await self._intake.leaving.wait()
                on_leave()
            finally:
                await server.stop(_GRACE)

    def _listen(self, server: Any) -> int:
        settings = self._settings
        place = f"[{settings.host}]" if ":" in settings.host else settings.host
        address = f"{place}:{settings.port}"
        try:
            if settings.certificate is None or settings.key is None:
                return int(server.add_insecure_port(address))
            client_ca = settings.client_ca.read_bytes() if settings.client_ca is not None else None
            credentials = grpc.ssl_server_credentials(
                [(settings.key.read_bytes(), settings.certificate.read_bytes())],
                root_certificates=client_ca,
                require_client_auth=client_ca is not None,
            )
            return int(server.add_secure_port(address, credentials))
        except RuntimeError as error:
            raise OSError(0, f"cannot listen on {address}: is the port in use, or a certificate broken?") from error

    async def _receive(self, stream: AsyncIterator[Any], _context: Any) -> Any:
        """Take the messages of one stream, which comes from one thread of one Envoy."""
        gateway = self._settings.gateway or "envoy"
        async for message in stream:
            if self._settings.gateway is None and message.HasField("identifier"):
                gateway = message.identifier.node.cluster or gateway
            self._stats.skipped["not_http"] += len(message.tcp_logs.log_entry)
            entries = message.http_logs.log_entry
            octets = message.ByteSize() // (len(entries) or 1)
            for entry in entries:
                self._take(entry, gateway, octets)
            await self._intake.room()
        return messages.StreamAccessLogsResponse()

    def _take(self, entry: Any, gateway: str, octets: int) -> None:
        stats = self._stats
        stats.captured += 1
        if self._intake.shedding:
            stats.dropped["overload"] += 1
            return
        try:
            exchanges = exchanges_of(entry, gateway)
        except UninspectedError as error:
            stats.skipped[str(error)] += 1
            return
        except Exception as error:  # noqa: BLE001 - one entry that cannot be read must not end the stream
            stats.faults["capture"] += 1
            _log.debug("wirelint: fault in an entry of Envoy's", exc_info=error)
            return
        stats.skipped["retried"] += max(0, entry.common_properties.upstream_request_attempt_count - 1)
        self._intake.take(exchanges, octets)
