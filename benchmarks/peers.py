"""httplint on the same responses, where it is installed: ``.venv/bin/pip install httplint``.

It is the nearest library that judges single messages, and looks at other things: the syntax and caching of fields, no
meaning of content. So the figures say what a check of one response costs there, not which of the two is better.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from wirelint.core.exchange import Exchange


def available() -> bool:
    """Whether httplint is there. It is no dependency: one of its own comes as a source release only."""
    return importlib.util.find_spec("httplint") is not None


def lint(exchange: Exchange) -> None:
    """Let httplint look at a response: its head and the content as captured."""
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
