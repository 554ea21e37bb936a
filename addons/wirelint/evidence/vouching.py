"""Signs that somebody else established who sent a request, or that something in it may be a credential after all.

Names of credentials that are known stand in ``credentials``. To claim that a request was anonymous takes more: nothing in
it may even look as if it named the caller. Gateways that end TLS or check tokens hand on whom they let in, by fields.
"""

from __future__ import annotations

import functools
import re
from typing import Final

from wirelint.core.exchange import Exchange
from wirelint.core.once import once

_telling: Final = re.compile(
    r"token|api-?key|secret|signature|session|jwt|passw|assertion|credential|clientcert|principal|identity"
    r"|(?:^|[-_])(?:key|auth\w*|sig|hmac|cert|chain|user(?:id|name|info)?|email|subject|spiffe|login|consumer|otp)(?:$|[-_])",
)
_harmless: Final = re.compile(
    r"csrf|xsrf|idempotency|user-agent|^sec-|cache-?key|surrogate-key|routing-key|^access-control-|^ratelimit|x-ratelimit"
)
_trackers: Final = re.compile(
    r"_ga|_gid|_gat|_gcl|_fbp|_fbc|_hj|_pk_|_uet|__utm|__cf|cf_|_dd_|ajs_|mp_|amplitude|optimizely|intercom-id|awsalb|"
    r"lang|locale|theme|consent|cookie|csrf|xsrf|_csrf|timezone|tz$|currency|country|ab[-_]|experiment|variant|seen",
    re.IGNORECASE,
)
_LONGEST: Final = 8192
_LONGEST_NAME: Final = 64
_SHORTEST_SECRET: Final = 8


@once
def may_be_known(exchange: Exchange) -> bool:
    """Whether fields or cookies that are no known credentials may still tell the service who the caller is."""
    fields = exchange.request.headers
    if any(may_name(name) for name in fields.names()):
        return True
    cookies = fields.get("cookie")
    return cookies is not None and any(_may_be_session(pair) for pair in cookies[:_LONGEST].split(";"))


@functools.lru_cache(maxsize=4096)
def may_name(name: str) -> bool:
    """Whether a field of that name (lower case) may tell who the caller is, as far as its name goes."""
    name = name[:_LONGEST_NAME]
    return _telling.search(name) is not None and _harmless.search(name) is None


def _may_be_session(pair: str) -> bool:
    name, _, value = pair.strip().partition("=")
    return len(value) >= _SHORTEST_SECRET and _trackers.match(name[:_LONGEST_NAME]) is None
