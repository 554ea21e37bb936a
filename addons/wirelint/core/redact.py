"""Takes secrets out of text that is to be shown.

Two nets. Whatever the exchange itself carries as a credential is taken out wherever it is echoed, exactly. And
whatever looks like a secret is taken out by its looks: tokens with a known shape, values behind telling names, long
runs of letters and digits that no language has.
"""

from __future__ import annotations

import base64
import binascii
import functools
import itertools
import re
from collections.abc import Iterable, Set
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, unquote_plus, urlsplit

from wirelint.core.exchange import Exchange
from wirelint.core.headers import Headers
from wirelint.core.knowledge import known
from wirelint.core.media import Kind
from wirelint.core.once import once
from wirelint.core.route import route

MASK: Final = "[redacted]"
_SHORTEST: Final = 4
_LONGEST_NAME: Final = 128
_LONG_SEGMENT: Final = 12
_MOST_SECRETS: Final = 64
_LONGEST_TEXT: Final = 4096

_LATELY: Final[dict[int, str]] = {}
"""What texts were made of lately, by a number that stands for each."""
_MOST_LATELY: Final = 2048

_TELLING_NAMES: Final = (
    "pass|pwd|secret|token|apikey|api_key|api-key|access_key|accesskey|private_key|auth|credential|session|cookie|sid|jwt|bearer"
    "|signature|sig|otp|pin|ssn|card|cvv|iban|assertion|nonce|code_verifier|client_id"
)
_telling: Final = re.compile(_TELLING_NAMES)
_SECRET_FIELDS: Final = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "cookie",
        "set-cookie",
        "x-api-key",
        "api-key",
        "x-auth-token",
        "authentication-info",
    }
)
_URLS: Final = frozenset({"referer", "location", "content-location"})
# A name as it stands before its value in JSON, a query, a field or prose. Each part is bounded, so none backtracks far.
_named_value: Final = re.compile(
    rf"""((?:{_TELLING_NAMES})[\w.-]{{0,24}}["']?\s{{0,4}}(?:[:=]|\bis\b)\s{{0,4}}["']?)([^\s"',;&}}\])<>]{{3,2048}})""",
    re.IGNORECASE,
)
_looks: Final = re.compile(
    r"""
      eyJ[\w-]{5,4096}(?:\.[\w-]{0,4096}){1,4}                          # JWT, JWE
    | \b(?:sk|pk|rk|ghp|gho|ghu|ghs|ghr|glpat|xox[abprs]|shpat|npm|pypi|AKIA|ASIA|AIza|ya29)[-_.]?[\w-]{10,512}
    | (?<=://)[^\s/@:]{1,256}:[^\s/@]{0,256}(?=@)                       # userinfo of a URL
    | -----BEGIN[ ][A-Z ]{1,40}-----[^-]{0,4096}
    """,
    re.VERBOSE,
)
_scheme: Final = re.compile(
    r"\b((?:basic|bearer|digest|token|negotiate|apikey)\s{1,4})([\w+/=.~:-]{6,4096})", re.IGNORECASE
)
_version: Final = re.compile(r"v\d{1,2}(?:(?:alpha|beta)\d{0,2})?")  # of a path: /v1/users
_opaque: Final = re.compile(r"[A-Za-z0-9_+/=-]{20,4096}")
_email: Final = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_part: Final = re.compile(r'name="([^"\r\n]{1,128})"[^\r\n]{0,256}\r\n(?:[^\r\n]{1,256}\r\n){0,4}\r\n([^\r\n]{1,2048})')
_query: Final = re.compile(r"(?<=[?&])([\w.\[\]%-]{1,64})=([^\s&#\"'<>]{1,2048})")


@functools.lru_cache(maxsize=4096)
def _is_telling(name: str) -> bool:
    return _tells(name)


def _tells(text: str) -> bool:
    """Whether something in a text names a secret. To fold it first takes a tenth of what matching without case does."""
    return _telling.search(text.casefold()) is not None


def _mixed(run: str) -> bool:
    """Whether a run of characters looks random: words joined by - or _ do not."""
    if all(
        (part.isalpha() and (part.islower() or part.isupper() or part.istitle()))
        or ("/" in run and _version.fullmatch(part))
        for part in re.split(r"[-_/+=]+", run)
        if part
    ):
        return False
    return (
        any(c.isdigit() for c in run)
        or sum(a.islower() != b.islower() for a, b in itertools.pairwise(run)) > len(run) // 3
    )


def _opaque_mask(match: re.Match[str]) -> str:
    return MASK if _mixed(match[0]) else match[0]


def _parts(value: str) -> Iterable[str]:
    """A credential and what it is made of, as a service might quote it back."""
    yield value
    scheme, _, rest = value.partition(" ")
    if scheme.lower() == "basic":
        yield from _of_basic(rest.strip())
    if rest:
        yield rest.strip()
        yield from (part.partition("=")[2].strip(' "') for part in rest.split(",") if "=" in part)
    elif scheme:
        yield unquote(value)


@functools.lru_cache(maxsize=2048)
def _is_secret(field: str) -> bool:
    """Whether a field (lower case) carries a credential, or a URL that may."""
    return (
        field in _SECRET_FIELDS
        or field in _URLS
        or (_tells(field) and not field.startswith(("www-", "access-control", "sec-")))
    )


def _of_basic(credentials: str) -> Iterable[str]:
    """What stands in Basic credentials (RFC 7617 section 2) once decoded."""
    try:
        decoded = base64.b64decode(credentials[:4096]).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return
    yield decoded
    yield decoded.partition(":")[2]


def _of_url(url: str) -> Iterable[str]:
    try:
        parts = urlsplit(url[:8192])
        yield parts.password or ""
    except ValueError:
        return
    yield from (value for name, value in parse_qsl(parts.query) if _tells(name))


def _of_query(query: str) -> Iterable[str]:
    """All values, whatever their names, as sent and decoded; a piece without a name is a value."""
    if not query:
        return
    for piece in query[:8192].split("&"):
        name, equals, value = piece.partition("=")
        raw = value if equals else name
        yield raw
        yield unquote_plus(raw)


def _of_path(path: str) -> Iterable[str]:
    """Segments that look random, and the values of parameters."""
    template = route(path)
    if template == path:  # every segment is a word
        return
    for segment, folded in zip(path[:1024].split("/"), template.split("/"), strict=False):
        name, _, parameters = segment.partition(";")
        if folded in ("{id}", "{token}") and len(name) >= _LONG_SEGMENT and _mixed(name):
            yield name
            yield unquote(name)
        if parameters:
            yield from (each.partition("=")[2] for each in parameters.split(";"))


def _of_parts(text: str) -> Iterable[str]:
    """Fields of a multipart form (RFC 7578) with telling names."""
    yield from (match[2] for match in _part.finditer(text) if _tells(match[1]))


def _of_fields(headers: Headers, told: Set[str] = frozenset()) -> Iterable[str]:
    for name in headers.index:
        if not _is_secret(name[:_LONGEST_NAME]) and name not in told:
            continue
        if name == "cookie":
            for pair in (headers.get(name) or "").split(";"):
                yield from _parts(pair.partition("=")[2].strip())
        elif name == "set-cookie":
            for line in headers.get_all(name):
                yield from _parts(line.partition(";")[0].partition("=")[2].strip())
        elif name in _URLS:
            yield from _of_url(headers.get(name) or "")
        else:
            for line in headers.get_all(name):
                yield from _parts(line.strip())


def _take_json(value: Any, found: set[str], depth: int = 0) -> None:
    """Add the values of telling names to ``found``."""
    if depth > 4:
        return
    if isinstance(value, dict):
        for name, inner in itertools.islice(value.items(), 64):
            if isinstance(inner, str):
                if _is_telling(name) if len(name) <= _LONGEST_NAME else _tells(name):
                    found.add(inner)
            elif isinstance(inner, dict | list):
                _take_json(inner, found, depth + 1)
    elif isinstance(value, list):
        for inner in itertools.islice(value, 16):
            _take_json(inner, found, depth + 1)


@once
def secrets(exchange: Exchange) -> tuple[str, ...]:
    """What the exchange carries as credentials, longest first."""
    request, response = exchange.request, exchange.response
    found = set(_of_fields(request.headers, known(exchange).fields))
    found.update(_of_query(request.query))
    found.update(_of_path(request.path))
    if request.body.unavailable is None and not request.body.empty:
        if request.headers.media_type.kind is Kind.FORM:
            found.update(value for name, value in parse_qsl((request.body.text or "")[:65536]) if _tells(name))
        elif request.headers.media_type.kind is Kind.MULTIPART:
            found.update(_of_parts((request.body.text or "")[:65536]))
        else:
            _take_json(request.body.members, found)
    if response is not None:
        found.update(_of_fields(response.headers))
        _take_json(response.body.members, found)
    kept = sorted((value for value in found if len(value) >= _SHORTEST), key=len, reverse=True)
    return tuple(kept[:_MOST_SECRETS])


def redact(text: str, known: Iterable[str] = (), *, limit: int = 200) -> str:
    """Make text fit to be shown.

    :param text: wire text.
    :param known: secrets to take out exactly, see ``secrets``.
    :param limit: most characters to keep; a cut is marked by an ellipsis.
    """
    if not text:
        return text
    text = text[:_LONGEST_TEXT]
    for secret in known:
        if secret in text:
            text = _without(text, secret)
    # Messages and errors come back again and again. The key is a number, so that no secret is kept as one.
    key = hash((text, limit))
    safe = _LATELY.get(key)
    if safe is None:
        if len(_LATELY) >= _MOST_LATELY:
            _LATELY.clear()
        safe = _LATELY[key] = _by_looks(text, limit)
    return safe


def _by_looks(text: str, limit: int) -> str:
    """Take out what looks like a secret, and what nobody could read."""
    if _tells(text):
        text = _named_value.sub(_mask_named, text)
    text = _looks.sub(MASK, text)
    text = _scheme.sub(lambda match: match[0] if _harmless(match[2]) else match[1] + MASK, text)
    if "@" in text:
        text = _email.sub(MASK, text)
    if "=" in text:
        text = _query.sub(lambda match: f"{match[1]}=…", text)
    text = _opaque.sub(_opaque_mask, text)
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _mask_named(match: re.Match[str]) -> str:
    name, value = match[1], match[2]
    # Prose about a credential is none: «token is expired», «password is too short».
    prose = _is.search(name) is not None and not any(c.isdigit() for c in value)
    return match[0] if prose or _harmless(value) else name + MASK


_is: Final = re.compile(r"\bis\s{0,4}[\"']?$", re.IGNORECASE)


def _without(text: str, secret: str) -> str:
    """Take a secret out where it stands as a whole: ``test`` is not to be taken out of ``latest``."""
    if len(secret) >= 12:
        return text.replace(secret, MASK)
    return re.sub(rf"(?<![A-Za-z0-9]){re.escape(secret)}(?![A-Za-z0-9])", MASK, text)


_WORDS: Final = frozenset(
    {
        "authorization", "challenge", "credentials", "endpoint", "exchange", "request", "response", "without",
        "required", "missing", "invalid", "expired", "revoked", "null", "none", "true", "false", "not", "wrong",
        "incorrect", "unknown", "denied", "failed", "error", "ok", "bearer", "basic", "malformed", "inactive",
        "disabled", "empty", "absent", "no", "bad", "unauthorized", "authentication", "needed", "must", "should",
        "is", "the", "a", "has", "was", "cannot",
    }
)  # fmt: skip


def _harmless(value: str) -> bool:
    """Whether what follows a telling name is prose about it: «token: expired»."""
    return value.strip(".!").lower() in _WORDS
