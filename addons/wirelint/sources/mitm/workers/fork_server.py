"""Fork workers from a process that was itself forked before any thread started.

``multiprocessing``'s fork server was tried in its place. It works, and restarts by itself after it was killed. But it
is a new interpreter that loads everything again: the first worker takes 380 ms in place of 40, later ones 8 in place of
4, and its two processes (fork server, resource tracker) hold 87 MB.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, NoReturn

_PATIENCE: Final = 1.0
_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ForkServer:
    """Forks workers, each within milliseconds, because all code is loaded. It exits with its parent."""

    def __init__(self, work: Callable[[socket.socket, int], None], unwanted: Iterable[socket.socket] = ()) -> None:
        """Fork the server. No other thread may run at this time.

        :param work: the worker's main function, given its socket and number; the process exits when it returns.
        :param unwanted: sockets to close in that process.
        :raises OSError: the system allows no further process.
        """
        self._control, theirs = socket.socketpair()
        with _default_signals():
            self._pid = os.fork()
            if not self._pid:
                self._control.close()
                _serve(theirs, work, unwanted)
        theirs.close()
        self._control.setblocking(False)

    def fork(self, number: int) -> socket.socket:
        """Fork a worker.

        :param number: given to it, at most 255.
        :returns: the socket to it; at end of file at once if the system allows no further process.
        :raises OSError: the fork server is gone, or there are no descriptors left.
        """
        ours, theirs = socket.socketpair()
        try:
            socket.send_fds(self._control, [bytes([number])], [theirs.fileno()])
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        return ours

    def close(self) -> None:
        """Stop the server. Running workers continue."""
        self._control.close()
        until = time.monotonic() + _PATIENCE
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(self._pid, os.WNOHANG)[0] == 0 and time.monotonic() < until:
                time.sleep(0.005)


@contextlib.contextmanager
def _default_signals() -> Iterator[None]:
    """Restore default signal handlers, which were meant for another process."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(
    control: socket.socket, work: Callable[[socket.socket, int], None], unwanted: Iterable[socket.socket]
) -> NoReturn:
    """Run the fork server."""
    try:
        for number in _ENDING:
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no exit status is read, so the system need not keep it
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
        _call_itself("wirelint-fork")
        for each in unwanted:
            each.close()
        gc.collect()
        gc.freeze()  # memory that no collection touches stays shared with the workers
        while True:
            said, descriptors, _, _ = socket.recv_fds(control, 1, 1)
            if not said:
                os._exit(0)
            for descriptor in descriptors:
                _fork(control, descriptor, said[0], work)
    finally:
        os._exit(1)


def _fork(control: socket.socket, descriptor: int, number: int, work: Callable[[socket.socket, int], None]) -> None:
    try:
        pid = os.fork()
    except OSError:
        pid = -1
    if pid:
        os.close(descriptor)
        return
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        control.close()
        _call_itself("wirelint-worker")
        work(socket.socket(fileno=descriptor), number)
        code = 0
    finally:
        os._exit(code)


def _call_itself(name: str) -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_text(name, encoding="ascii")
