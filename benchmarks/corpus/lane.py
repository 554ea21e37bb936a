"""Send exchanges one by one from one client through a listener of the proxy to one origin."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final, Self

import msgspec

from benchmarks.corpus import stream
from benchmarks.corpus.message import Pair
from benchmarks.corpus.outcome import Outcome
from benchmarks.corpus.probe import Heard

HOST: Final = "127.0.0.1"
_PATIENCE: Final = 20.0
_LIMIT: Final = 1024 * 1024
# mitmproxy answers it itself and removes it, as RFC 9110 §10.1.1 permits for a proxy.


class Passed(msgspec.Struct, frozen=True):
    """The result of a pair.

    ``outcome`` is the result of the proxy's audit, None if there was none; ``altered`` names the parts that the proxy
    changed; ``fault`` says why the pair failed.
    """

    outcome: Outcome | None = None
    altered: tuple[str, ...] = ()
    fault: str | None = None


class Lane:
    """Sends pairs, each after the audit of the previous one, so that answers and audits need no mark to be matched."""

    def __init__(self, name: str) -> None:
        """Make a lane.

        :param name: the service's name at the proxy.
        """
        self.name = name
        self.port = 0
        self.heard: asyncio.Queue[Heard] = asyncio.Queue()
        self._server: asyncio.Server | None = None
        self._current: Pair | None = None
        self._asked: stream.Octets | None = None
        self._origin_faults: list[str] = []
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._serving: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, HOST, 0, limit=_LIMIT)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._hang_up()
        for writer in list(self._serving):
            writer.close()
        if self._server is not None:
            self._server.close()

    async def send(self, pair: Pair, port: int) -> Passed:
        """Send one pair through the proxy.

        :param port: the proxy's port for this lane.
        """
        self._current, self._asked = pair, None
        self._origin_faults.clear()
        while not self.heard.empty():
            self.heard.get_nowait()
        try:
            async with asyncio.timeout(_PATIENCE):
                answer = await self._ask(pair, port)
        except (TimeoutError, OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
            await self._hang_up()
            return Passed(fault=f"{type(error).__name__} at the client {' '.join(self._origin_faults)}".rstrip())
        if pair.closes or b"\nconnection: close" in answer.head.lower():
            await self._hang_up()
        try:
            async with asyncio.timeout(_PATIENCE):
                heard = await self.heard.get()
        except TimeoutError:
            return Passed(fault="the exchange was not audited")
        asked = pair.recorded.request
        if (heard.method, heard.target) != (asked.method, asked.target):
            return Passed(fault=f"another exchange was audited: {heard.method} {heard.target}")
        altered = [
            f"{side} {part}"
            for side, sent, got in (
                ("request", stream.split(pair.request), self._asked),
                ("response", stream.split(pair.response), answer),
            )
            for part in stream.Octets._fields
            if getattr(sent, part) != getattr(got, part)
        ]
        return Passed(heard.outcome, tuple(altered))

    async def _ask(self, pair: Pair, port: int) -> stream.Octets:
        if self._reader is None or self._writer is None or self._reader.at_eof():
            await self._hang_up()
            self._reader, self._writer = await asyncio.open_connection(HOST, port, limit=_LIMIT)
        self._writer.write(pair.request)
        await self._writer.drain()
        return await stream.response(self._reader, pair.recorded.request.method)

    async def _hang_up(self) -> None:
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()
        self._reader = self._writer = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving.add(writer)
        try:
            while True:
                self._asked = await stream.request(reader)
                pair = self._current
                if pair is None:
                    break
                writer.write(pair.response)
                await writer.drain()
                if pair.closes:
                    break
        except asyncio.IncompleteReadError as error:
            if error.partial:
                self._origin_faults.append("after half a request at the origin")
        except (OSError, ValueError, asyncio.LimitOverrunError) as error:
            self._origin_faults.append(f"after {type(error).__name__} at the origin")
        finally:
            self._serving.discard(writer)
            writer.close()
