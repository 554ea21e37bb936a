"""Recorded exchanges for measurements: read once, and created again for each measurement."""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterable
from pathlib import Path

from msgspec.structs import replace

from wirelint.core.exchange import Exchange
from wirelint.core.headers import Headers
from wirelint.sources import UnreadableError
from wirelint.sources.open import open_capture


def captures_in(paths: Iterable[Path]) -> list[Path]:
    """Return the named files, and those in named folders, in order."""
    found: list[Path] = []
    for path in paths:
        inside = (each for each in path.rglob("*") if each.name.endswith((".har", ".har.gz", ".mitm")))
        found += sorted(inside) if path.is_dir() else [path]
    return found


def recorded(path: Path) -> list[Exchange]:
    """Return the exchanges of a capture; none, with a message on standard error, if it cannot be read."""
    try:
        return [each for each in open_capture(str(path)).exchanges if isinstance(each, Exchange)]
    except UnreadableError as error:
        print(error, file=sys.stderr)
        return []


def renewed(exchange: Exchange) -> Exchange:
    """Return the same exchange without cached views (index of fields, parsed content).

    :param exchange: one that was never audited: the cached views of a body stay with it.
    """
    request, response = exchange.request, exchange.response
    request = replace(request, headers=Headers(request.headers.fields), body=copy.copy(request.body))
    if response is not None:
        headers = Headers(response.headers.fields)
        response = replace(response, headers=headers, body=copy.copy(response.body))
    return replace(exchange, request=request, response=response)
