"""Run httplint on the same responses, if installed: ``.venv/bin/pip install httplint``.

It is the most similar library, and checks other things: syntax and caching of fields, not the meaning of content. So
the figures show the cost of a check of one response, not which of the two is better.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from wirelint.core.exchange import Exchange


def available() -> bool:
    """Return whether httplint is installed. It is not a dependency, because one of its own exists only as source."""
    return importlib.util.find_spec("httplint") is not None


def lint(exchange: Exchange) -> None:
    """Check a response with httplint: its head and the content as captured."""
    response = exchange.response
    if response is None:
        return
    httplint: Any = importlib.import_module("httplint")
    linter = httplint.HttpResponseLinter()
    linter.process_response_topline(
        response.http_version.partition("/")[2].encode(), str(response.status).encode(), response.reason.encode()
    )
    linter.process_headers(list(response.headers.fields))
    if response.body.raw:
        linter.feed_content(response.body.raw)
    linter.finish_content(response.body.complete)
