"""Read a document from a file or a URL into a contract."""

from __future__ import annotations

import http.client
import urllib.request
from pathlib import Path
from typing import Final

from wirelint.core.contract import Contract
from wirelint.openapi.location import is_url
from wirelint.openapi.operations import contract_of
from wirelint.openapi.text import LONGEST, DocumentError, parse

_TIMEOUT: Final = 10.0


def read(source: str | Path, *, named: bool = True) -> Contract:
    """Return the contract that a file or a URL describes.

    :param named: see ``Contract``.
    :raises DocumentError: it cannot be read, or is no API description; the message fits on one line.
    """
    octets = _of_url(source) if isinstance(source, str) and is_url(source) else _of_file(Path(source))
    return read_octets(octets, named=named)


def _of_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LONGEST + 1)
    except (OSError, ValueError) as error:
        raise DocumentError(getattr(error, "strerror", None) or type(error).__name__) from error


def _of_url(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT) as response:  # noqa: S310 - ``is_url`` knows http alone
            octets: bytes = response.read(LONGEST + 1)
    except (OSError, ValueError, http.client.HTTPException) as error:
        # The reason alone: messages about URLs may quote a password.
        status = getattr(error, "code", None)
        reason = getattr(getattr(error, "reason", None), "strerror", None)
        why = f"status {status}" if status else reason or type(error).__name__
        raise DocumentError(f"no answer: {why}" if status is None else f"answered with {why}") from error
    return octets


def read_octets(octets: bytes, *, named: bool = True) -> Contract:
    """Return the contract that a document describes.

    :param named: see ``Contract``.
    :raises DocumentError: it is no API description; the message fits on one line.
    """
    return contract_of(parse(octets), named=named)
