"""Mask an exchange as a whole, so that it can be saved, passed on, and audited again with the same findings.

What has no masked form that says the same, such as binary content, becomes unknown: no rule concludes anything from it.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec.structs import replace

from wirelint.core.body import Body
from wirelint.core.exchange import Exchange
from wirelint.core.headers import Headers
from wirelint.core.masking import Message, Pseudonyms, authority_of, fields_of, request_of, response_of, target_of
from wirelint.core.media import Kind
from wirelint.core.methods import method_name

_MOST: Final = 256 * 1024
_method: Final = re.compile(r"[A-Z-]{1,20}")


def masked(exchange: Exchange, names: Pseudonyms) -> Exchange:
    """Return an exchange without its secrets and without names of people.

    :param names: stand for what is masked.
    """
    request, response = exchange.request, exchange.response
    target = target_of(exchange, names)
    asked = request_of(exchange, target=target, most=_MOST, masks=names)
    version = asked.line.rpartition(" ")[2]
    request = replace(
        request,
        method=request.method if _method.fullmatch(request.method) else method_name(request.method),
        target=target,
        authority=authority_of(exchange),
        http_version=version,
        headers=Headers.of(*asked.fields),
        body=_body(request.body, asked),
    )
    answered = response_of(exchange, most=_MOST, masks=names)
    if response is not None and answered is not None:
        trailers = response.trailers
        response = replace(
            response,
            reason=answered.line.partition(" ")[2].partition(" ")[2],
            http_version=answered.line.partition(" ")[0],
            headers=Headers.of(*answered.fields),
            body=_body(response.body, answered),
            trailers=None if trailers is None else Headers.of(*fields_of(trailers, exchange, names)),
        )
    failure = exchange.failure
    return replace(
        exchange,
        request=request,
        response=response,
        failure=None if failure is None else failure._replace(message=""),
        client=names.show(names.hold(exchange.client)) if exchange.client else "",
    )


def _body(body: Body, shown: Message) -> Body:
    if body.empty or body.unavailable is not None:
        return body if body.unavailable is None else Body.unknown(body.unavailable, size=body.size)
    if not shown.form or shown.form == Kind.MULTIPART:
        return Body.unknown("not_captured", size=body.size)
    media = body.media._replace(charset="utf-8")
    whole = body.complete and not shown.note
    return Body(shown.body.encode("utf-8", "replace"), complete=whole, size=body.size, media=media)
