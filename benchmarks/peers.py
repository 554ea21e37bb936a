"""httplint on the same responses: the nearest library that judges single messages, for a sense of proportion.

It looks at other things (the syntax and caching of fields, no meaning of content), so the figures say what a check of
one response costs there, not which of the two is better.
"""

from __future__ import annotations

from httplint import HttpResponseLinter

from wirelint.core.exchange import Exchange


def lint(exchange: Exchange) -> None:
    """Let httplint look at a response: its head and the content as captured."""
    response = exchange.response
    if response is None:
        return
    linter = HttpResponseLinter()
    linter.process_response_topline(
        response.http_version.partition("/")[2].encode(), str(response.status).encode(), response.reason.encode()
    )
    linter.process_headers(list(response.headers.fields))
    if response.body.raw:
        linter.feed_content(response.body.raw)
    linter.finish_content(response.body.complete)
