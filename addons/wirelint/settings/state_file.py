"""The file that keeps what was learned of services across restarts: ``--state``.

It holds the members by which services mark success in their content, and the templates of their routes. It holds no
request, no response, no credential, and nothing to recognise one by: routes of the former are hashed with a key of the
file's own.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import tempfile
import threading
from pathlib import Path
from typing import Final

import msgspec

from wirelint.core.learned import KeptPlace
from wirelint.core.state import State
from wirelint.history.envelopes import Envelopes, KeptMark

_VERSION: Final = 1
_LARGEST: Final = 4 * 1024 * 1024
_SALT_BYTES: Final = 16
_EVERY: Final = 60.0
_LONGEST_SALT: Final = 64
_log: Final = logging.getLogger("wirelint")


class _Content(msgspec.Struct, omit_defaults=True):
    wirelint_state: int
    salt: bytes
    envelopes: dict[str, list[KeptMark]] = {}
    routes: dict[str, KeptPlace] = {}


class StateFile:
    """Reads the file once, and writes it again and again.

    :param path: the file; it need not exist yet.
    :param state: what to restore, and to keep.
    """

    def __init__(self, path: Path, state: State) -> None:
        self._path = path
        self._state = state
        self._salt = secrets.token_bytes(_SALT_BYTES)
        self._written = b""
        self._usable = True
        self._failing = False
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def load(self) -> str | None:
        """Restore what the file holds. A file that cannot be used is never written to, either.

        :returns: why nothing could be restored, as one line; None where all is well or the file does not exist.
        """
        self._usable = False
        try:
            with self._path.open("rb") as file:
                octets = file.read(_LARGEST + 1)
        except FileNotFoundError:
            self._usable = True
            return None
        except OSError as error:
            return f"state file {self._path} cannot be read ({error.strerror or error}): running without it"
        content = _read(octets)
        if content is None:
            return f"{self._path} is no state file of this version of wirelint, running without it: move it away"
        self._usable = True
        self._salt = content.salt
        self._state.routes.restore(content.routes)
        self._state.recall(Envelopes).restore(content.envelopes, content.salt)
        return None

    def save(self) -> None:
        """Write the file if anything changed: beside it first, then in its place. A failure is logged once."""
        octets = self._octets() if self._usable else self._written
        if octets == self._written:
            return
        try:
            _replace(self._path, octets)
        except OSError as error:
            if not self._failing:
                _log.warning("wirelint: state file %s cannot be written: %s", self._path, error.strerror or error)
            self._failing = True
            return
        self._written, self._failing = octets, False

    def start(self) -> None:
        """Save once a minute from now on, in a thread."""
        self._thread = threading.Thread(target=self._run, name="wirelint-state", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop, and save for the last time."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()
        self.save()

    def _run(self) -> None:
        while not self._stopped.wait(_EVERY):
            with contextlib.suppress(RuntimeError):  # something changed while it was read; the next time will do
                self.save()

    def _octets(self) -> bytes:
        """Return the content of the file; of routes as many as fit, those of the latest traffic first."""
        content = _Content(_VERSION, self._salt, self._state.recall(Envelopes).kept(self._salt))
        left = _LARGEST - len(msgspec.json.encode(content))
        for service, root in self._state.routes.kept().items():
            left -= len(msgspec.json.encode({service: root}))
            if left < 0:
                break
            content.routes[service] = root
        return msgspec.json.encode(content)


def _read(octets: bytes) -> _Content | None:
    """Return the content of a file; None where it is another one's, of another version, or damaged."""
    try:
        content = msgspec.json.decode(octets, type=_Content) if len(octets) <= _LARGEST else None
    except (ValueError, RecursionError):
        return None
    if content is None or content.wirelint_state != _VERSION or not 1 <= len(content.salt) <= _LONGEST_SALT:
        return None
    return content


def _replace(path: Path, octets: bytes) -> None:
    """Put a file with mode 0600 in the place of another one, or of none.

    :raises OSError: it cannot be written.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(descriptor, "wb") as file:
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
