"""Decide who may read what: metrics and health are open, the page and its API are not.

On a loopback address, the page is for this machine. On any other address it needs a token: without one it is off. The
token comes in the address once (``/?token=…``) and stays in a cookie, or in each request as a bearer token (RFC 6750).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import parse_qsl, urlencode

import msgspec

from wirelint.web.answer import Answer, problem
from wirelint.web.names import Names

SCRAPED: Final = frozenset({"/metrics", "/healthz", "/readyz"})
"""Resources for probes and scrapers, which hold no secret."""

LEAST_TOKEN: Final = 12
"""Least characters of a token."""

_LONGEST_COOKIES: Final = 8192


class Serves(msgspec.Struct, frozen=True):
    """What an address serves: the page with its API, resources for scrapers and probes, or both."""

    page: bool = True
    scraped: bool = True


class Access:
    """Decides about requests to one address.

    :param names: the host names that it answers to.
    :param serves: what it serves.
    :param token: token of the page, None without.
    """

    def __init__(self, names: Names, serves: Serves, token: str | None = None) -> None:
        self._names = names
        self._serves = serves
        self._token = token
        # Other sites on this host get the cookie, too, so it is not the token itself.
        key = secrets.token_bytes(32)
        self._proof = hmac.new(key, (token or "").encode(), hashlib.sha256).hexdigest()
        self._cookie = f"wirelint-{secrets.token_hex(4)}"

    def refuse(self, path: str, query: str, fields: Mapping[str, str]) -> Answer | None:
        """Return the answer to a request that may not be served, None if it may.

        :param path: of the request target.
        :param query: of the request target.
        :param fields: the request's fields, names in lower case.
        """
        if "host" in fields and not self._names.allow(fields["host"], path):
            return problem(421, "this host is not served here; --metrics-allow-host adds a name")
        if path in SCRAPED:
            return None if self._serves.scraped else problem(404, "metrics and health are at another port")
        if not self._serves.page:
            return problem(404, "the page is at another port")
        if self._token is None:
            if self._names.is_loopback:
                return None
            return problem(403, "the page is off here: set --page-token, or --page-port for 127.0.0.1 alone")
        return self._authenticate(self._token, path, query, fields)

    def _authenticate(self, token: str, path: str, query: str, fields: Mapping[str, str]) -> Answer | None:
        asked = parse_qsl(query, keep_blank_values=True)
        given = next((value for name, value in asked if name == "token"), None)
        if given is not None and _same(given, token):
            rest = urlencode([pair for pair in asked if pair[0] != "token"])
            place = "/" + path.lstrip("/") + (f"?{rest}" if rest else "")
            cookie = f"{self._cookie}={self._proof}; Path=/; HttpOnly; SameSite=Lax"
            return Answer(303, "", b"", (("Location", place), ("Set-Cookie", cookie), ("Cache-Control", "no-store")))
        scheme, _, credential = fields.get("authorization", "").partition(" ")
        if (scheme.lower() == "bearer" and _same(credential.strip(), token)) or self._has_cookie(fields):
            return None
        wanted = ("WWW-Authenticate", 'Bearer realm="wirelint"')
        return problem(401, "the page needs its token: add ?token= and the token to its address", wanted)

    def _has_cookie(self, fields: Mapping[str, str]) -> bool:
        try:
            cookies = SimpleCookie(fields.get("cookie", "")[:_LONGEST_COOKIES])
        except CookieError:
            return False
        return self._cookie in cookies and _same(cookies[self._cookie].value, self._proof)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))
