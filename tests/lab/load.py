"""Load on a proxy: a service in a process of its own, and clients that keep account."""

from __future__ import annotations

import socket
import sys
import threading
from pathlib import Path

from lab.mitm import connect, get, read_until
from support import Process, wait_until

ORIGIN = """
import socket, sys, threading
def serve(sock):
    with sock:
        while data := sock.recv(65536):
            sock.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nhi" * data.count(b"\\r\\n\\r\\n"))
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=256)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""


def origin(place: int, folder: Path) -> Process:
    """Return a service in its own process."""
    return Process([sys.executable, "-c", ORIGIN, str(place)], log=folder / "origin.log", port=place)


class Load:
    """Clients that ask again and again, each over connections of its own, and keep account of what became of it."""

    def __init__(self, place: int, clients: int = 8) -> None:
        self.right = 0
        self.failed: list[str] = []
        self.refused = 0
        self._place = place
        self._end = threading.Event()
        self._guard = threading.Lock()
        self._threads = [threading.Thread(target=self._ask, args=(number,), daemon=True) for number in range(clients)]
        for thread in self._threads:
            thread.start()

    def _ask(self, number: int) -> None:
        request = get(f"/load/{number}")
        if number % 2:
            request = request.replace(b"Connection: close\r\n", b"")
        sock: socket.socket | None = None
        while not self._end.is_set():
            try:
                if sock is None:
                    sock = connect(self._place)
            except OSError:
                with self._guard:
                    self.refused += 1
                self._end.wait(0.02)
                continue
            outcome, last = exchange(sock, request)
            with self._guard:
                if outcome == "right":
                    self.right += 1
                else:
                    self.failed.append(outcome)
            if last:
                sock.close()
                sock = None
        if sock is not None:
            sock.close()

    def __enter__(self) -> Load:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Return when all clients have their last answer."""
        self._end.set()
        for thread in self._threads:
            thread.join(20)

    def more(self, count: int) -> None:
        """Return once so many more exchanges went right."""
        aim = self.right + count
        wait_until(lambda: self.right >= aim, f"{count} exchanges more; {self.failed[-3:]}, {self.refused} refused")


def exchange(sock: socket.socket, request: bytes) -> tuple[str, bool]:
    """Return the result of a request, and whether its connection ended."""
    answer = b""
    try:
        sock.sendall(request)
        answer = read_until(sock, b"\r\n\r\n")
        if b" 200 OK\r\n" in answer and not answer.endswith(b"hi"):
            answer += sock.recv(10)
    except OSError as error:
        return type(error).__name__, True
    if not answer.endswith(b"\r\n\r\nhi"):
        return answer.partition(b"\r\n")[0].decode("latin-1") or "closed without a word", True
    return "right", b"connection: close" in (request + answer).lower()
