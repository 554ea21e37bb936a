"""Read a document from a file into a contract."""

from __future__ import annotations

from pathlib import Path

from wirelint.core.contract import Contract
from wirelint.openapi.operations import contract_of
from wirelint.openapi.text import LONGEST, DocumentError, parse


def read(path: Path, *, named: bool = True) -> Contract:
    """Return the contract that a file describes.

    :param named: see ``Contract``.
    :raises DocumentError: it cannot be read, or is no API description; the message fits on one line.
    """
    try:
        with path.open("rb") as file:
            octets = file.read(LONGEST + 1)
    except OSError as error:
        raise DocumentError(error.strerror or type(error).__name__) from error
    return read_octets(octets, named=named)


def read_octets(octets: bytes, *, named: bool = True) -> Contract:
    """Return the contract that a document describes.

    :param named: see ``Contract``.
    :raises DocumentError: it is no API description; the message fits on one line.
    """
    return contract_of(parse(octets), named=named)
