"""Run the whole demo: start services, run clients, stop everything."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self

from wirelint.demo.processes import Child
from wirelint.demo.scenarios import ABOUT

_START_SECONDS = 20.0
_POLL_SECONDS = 0.2
_DEFAULT_RATE = 30.0


class DemoError(Exception):
    """A part of the demo did not start, or exited early."""


def _address(name: str, service: Child) -> str:
    line = service.line(_START_SECONDS)
    if line is None:
        raise DemoError(f"the demo's service {name} did not start")
    return f"http://127.0.0.1:{line.rpartition(':')[2]}"


class Demo:
    """Context manager: entering starts the services; leaving stops everything.

    >>> with Demo() as demo:
    ...     demo.start_clients(demo.services, duration=1)
    ...     demo.wait()

    :param only: the services to start; all by default.
    """

    def __init__(self, only: Iterable[str] = tuple(ABOUT)) -> None:
        self.services: dict[str, str] = {}
        self._wanted = tuple(only)
        self._children: list[Child] = []
        self._clients: Child | None = None
        self._stopping = False

    @property
    def tally(self) -> dict[str, int] | None:
        """Return the number of the clients' responses by status, and of ``broken`` requests.

        None while the clients run, and if they were killed.
        """
        line = None if self._clients is None or self._clients.running else self._clients.line(timeout=1)
        if line is None:
            return None
        counts: dict[str, int] = json.loads(line)
        return counts

    def __enter__(self) -> Self:
        """Start the services.

        :raises DemoError: one does not start.
        """
        try:
            for name in self._wanted:
                self._children.append(Child("wirelint.demo.service", name))
            for name, child in zip(self._wanted, self._children, strict=True):
                self.services[name] = _address(name, child)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start_clients(
        self, proxied: Mapping[str, str], duration: float | None = None, *, rate: float = _DEFAULT_RATE, seed: int = 0
    ) -> None:
        """Start the clients.

        :param proxied: the address, such as ``http://127.0.0.1:8080``, at which to reach each service by its name.
        :param duration: duration in seconds; None until ``stop``.
        :param rate: approximate requests per second, all clients together.
        :param seed: the same seed gives each client the same requests in the same order.
        :raises ValueError: they run already.
        """
        if self._clients is not None:
            raise ValueError("the clients run already")
        arguments = [f"--to={name}={url}" for name, url in proxied.items()]
        if duration is not None:
            arguments.append(f"--duration={duration}")
        self._clients = Child("wirelint.demo.clients", *arguments, f"--rate={rate}", f"--seed={seed}")
        self._children.append(self._clients)

    def wait(self) -> None:
        """Wait until the clients exit: by themselves, or because another thread calls ``stop``.

        :raises DemoError: a service, or the clients, exited early.
        """
        while self._clients is not None and not self._clients.wait(_POLL_SECONDS):
            for name, child in zip(self._wanted, list(self._children), strict=False):
                if not (child.running or self._stopping):
                    raise DemoError(f"the demo's service {name} ended unexpectedly")
        if self._clients is not None and self.tally is None and not self._stopping:
            raise DemoError("the demo's clients ended unexpectedly")

    def stop(self) -> None:
        """Stop everything, the last started first. May be called again, and from any thread.

        :raises KeyboardInterrupt: one came in between; everything was killed first.
        """
        self._stopping = True
        interrupted: KeyboardInterrupt | None = None
        for child in reversed(self._children):
            with suppress(KeyboardInterrupt):
                child.request_stop()
        for child in reversed(self._children):
            stopped = False
            while not stopped:
                try:
                    child.stop(0) if interrupted else child.stop()
                    stopped = True
                except KeyboardInterrupt as interrupt:  # a second Ctrl-C: no more grace, but no process stays behind
                    interrupted = interrupt
        if interrupted is not None:
            raise interrupted
