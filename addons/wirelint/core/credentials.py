"""Find credentials, names of people, and other text chosen by clients in messages.

Only ``carried`` reads messages for them. The lists below have the names that count. For a new name, add one line: its
values are then recognised as credentials, hashed, left out and broken by probes, and redacted.
"""

from __future__ import annotations

import enum
import functools
import itertools
import json
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.knowledge import NOTHING, Knowledge, known
from wirelint.core.media import Kind
from wirelint.core.once import once
from wirelint.core.route import gibberish, looks_random, route

FIELDS: Final = frozenset(
    {
        "access-token",
        "api-key",
        "apikey",
        "auth-token",
        "circle-token",
        "dd-api-key",
        "dd-application-key",
        "job-token",
        "ocp-apim-subscription-key",
        "pddtoken",
        "private-token",
        "stripe-signature",
        "token",
        "x-access-token",
        "x-amz-security-token",
        "x-api-key",
        "x-api-token",
        "x-apikey",
        "x-app-key",
        "x-application-key",
        "x-auth",
        "x-auth-apikey",
        "x-auth-email",
        "x-auth-key",
        "x-auth-token",
        "x-authorization",
        "x-client-secret",
        "x-csrf-session",
        "x-dns-token",
        "x-figma-token",
        "x-functions-key",
        "x-goog-api-key",
        "x-hub-signature",
        "x-hub-signature-256",
        "x-jfrog-art-api",
        "x-jwt-assertion",
        "x-master-key",
        "x-nsone-key",
        "x-parse-session-token",
        "x-rapidapi-key",
        "x-redlock-auth",
        "x-session-token",
        "x-shopify-access-token",
        "x-slack-signature",
        "x-subject-token",
        "x-token",
        "x-trackertoken",
        "x-user-token",
        "x-vault-token",
    }
)
"""Request fields, by lower-case name, that carry a credential."""

SCHEMES: Final = frozenset({"basic", "bearer", "digest", "negotiate", "token", "apikey"})
"""Authentication schemes that carry no credential without a value."""

MEMBERS: Final = frozenset(
    {
        "access_token",
        "accesstoken",
        "api_key",
        "apikey",
        "auth",
        "auth_token",
        "authtoken",
        "client_secret",
        "credentials",
        "passwd",
        "password",
        "refresh_token",
        "secret",
        "token",
    }
)
"""Members at the top of a request's JSON, by lower-case name, that carry a credential."""

_cookie: Final = re.compile(
    r"(?:__Host-|__Secure-)?[\w.-]{0,40}?(?:sess|sid|auth|token|jwt|login|remember|identity)[\w.-]{0,40}", re.IGNORECASE
)
_parameter: Final = re.compile(
    r"(?:[\w.-]{0,24}(?:access_?token|api_?key|auth_?token|apitoken|app_?key|appid|sig(?:nature)?|authkey|secret|credential"
    r"|passw(?:or)?d)|key|token|auth|jwt|code|user(?:name)?|sv|hmac|session(?:_?id)?|sid)",
    re.IGNORECASE,
)
_form: Final = re.compile(
    r"[\w.-]{0,24}(?:access_?token|api_?key|token|secret|passw(?:or)?d)|login|username|assertion|code", re.IGNORECASE
)

# Names that may identify the caller: a request is anonymous only if nothing in it looks like a credential.
_naming: Final = re.compile(
    r"token|api-?key|secret|signature|session|jwt|passw|assertion|credential|clientcert|principal|identity"
    r"|(?:^|[-_])(?:key|auth\w*|sig|hmac|cert|chain|user(?:id|name|info)?|email|subject|spiffe|login|consumer|otp)(?:$|[-_])"
)
_not_naming: Final = re.compile(
    r"csrf|xsrf|idempotency|user-agent|^sec-|cache-?key|surrogate-key|routing-key|^access-control-|^ratelimit|x-ratelimit"
)
_trackers: Final = re.compile(
    r"_ga|_gid|_gat|_gcl|_fbp|_fbc|_hj|_pk_|_uet|__utm|__cf|cf_|_dd_|ajs_|mp_|amplitude|optimizely|intercom-id|awsalb|"
    r"lang|locale|theme|consent|cookie|csrf|xsrf|_csrf|timezone|tz$|currency|country|ab[-_]|experiment|variant|seen",
    re.IGNORECASE,
)
_SHORTEST_SESSION: Final = 8

# Names of private values.
PRIVATE_NAMES: Final = (
    "pass(?!ed|ing|es|ive|enger|age)|pwd|kennwort|secret(?!ar)|token|api_?key|api-key|access_?key|private_?key"
    "|auth(?!or(?!i[sz]))|credential|session|cookie|(?<!in)(?<!re)sid(?!e)|jwt|bearer|sig(?!n)|signature|otp"
    "|pin(?!g)|ssn|(?<!dis)(?<!wild)card(?!inal)|cvv|iban|assertion|nonce|code_verifier|client_id|account_?key"
    "|geheim|zugangs(?:code|schl)|(?<![a-z])(?:tan|mdp)(?![a-z])|contrase[nñ]a|(?<!en)clave|senha|wachtwoord|l[oö]senord"
    "|has[lł]o|пароль|密码|パスワード"
)
"""Parts of names of secrets, in queries, content and prose, in eleven languages."""
_private_names: Final = re.compile(PRIVATE_NAMES)
_private_field: Final = re.compile(
    r"(?:^|[-_])(?:key|hmac|cert|crumb|user(?:id|name)?|email|subject|spiffe|login|consumer|identity|principal)(?:$|[-_])"
)
_public_field: Final = re.compile(
    r"^(?:www-|proxy-authenticate|access-control|sec-|user-agent)|idempotency|cache-?key|surrogate-key|routing-key|ratelimit"
)
_person: Final = re.compile(
    r"(?:user|full|first|last|sur|family|given|nick|maiden|holder)[_-]?name|e?[_-]?mail(?:[_-]?address)?|login"
    r"|(?:tele)?phone(?:[_-]?number)?|mobile|dob|birth[_-]?da(?:te|y)|date[_-]?of[_-]?birth|passport|mnemonic",
    re.IGNORECASE,
)
_own: Final = re.compile(
    r"user(?:[_-]?id)?|owner|tel|fax|account(?:[_-]?(?:no|number|holder))?|street|answer|seed|key|license|code",
    re.IGNORECASE,
)
WORDINGS: Final = frozenset(
    {
        "action", "cmd", "command", "fields", "format", "generator", "lang", "list", "locale", "meta", "method", "mode",
        "op", "operation", "order", "page", "prop", "sort", "type", "view",
    }
)  # fmt: skip
"""Query parameters whose values are words of the API, not chosen by a client."""
_MAY_BEAR: Final = frozenset({"authorization", "cookie", "dpop", "signature-input"})
_TAKEN_APART: Final = frozenset({"authorization", "cookie"})
_URLS: Final = frozenset({"referer", "location", "content-location"})

_LONGEST_NAME: Final = 128
_LONGEST_HEAD: Final = 8192
_LONGEST_FORM: Final = 16384
_LONGEST_CONTENT: Final = 65536
_LONGEST_PATH: Final = 1024
_LONG_SEGMENT: Final = 12
_MOST_LINES: Final = 64
_MOST_VALUES: Final = 2048
_DEEPEST: Final = 16
_MOST_HEADS: Final = 4096
_LONGEST_KEPT: Final = 1024
_part: Final = re.compile(
    r'name="?+([^"\r\n;]{1,128}+)[^\r\n]{0,128}+\r\n(?:[^\r\n]{1,256}\r\n){0,4}\r\n([^\r\n]{1,2048})'
)
_pair: Final = re.compile(r'"((?:[^"\\]|\\.){1,128})"\s{0,8}:\s{0,8}(?:"((?:[^"\\]|\\.){1,2048})"|(-?\d{3,32})\b)')
_element: Final = re.compile(r"<(?:\w{1,32}:)?([\w.-]{1,64})(?:\s[^<>]{0,256})?>([^<>]{1,2048})</")


class Sensitivity(enum.IntEnum):
    """What a name says about its value."""

    PRIVATE = 1
    """Must not be shown: a secret, or data of a person."""
    NAMING = 2
    """May identify the caller to the service."""
    CREDENTIAL = 3


class Carried(NamedTuple):
    """A value that a message carries.

    ``kind``: ``authorization``, ``field``, ``cookie``, ``query``, ``userinfo``, ``path``, ``content`` or ``url``.
    ``name``: of Authorization, its scheme in lower case, or ``bare``; of fields, in lower case; else as sent.
    ``value``: as sent.
    """

    kind: str
    name: str
    value: str
    grade: Sensitivity


def carried(exchange: Exchange, least: Sensitivity) -> Iterator[Carried]:
    """Yield the values that the messages of an exchange carry.

    The response, and values that are expensive to find, are read only for ``Sensitivity.PRIVATE``.

    :param least: leave out values of lower sensitivity.
    """
    request, response, knowledge = exchange.request, exchange.response, known(exchange)
    yield from _of_request_fields(request.headers, knowledge, least)
    if request.query:
        yield from of_query(request.query, knowledge, least)
    if "@" in request.authority:
        yield Carried("userinfo", "", request.authority.rpartition("@")[0], Sensitivity.CREDENTIAL)
    body = request.body
    if not body.empty and body.unavailable is None:
        yield from _of_request_content(request, least)
    if least is Sensitivity.PRIVATE:
        yield from of_path(request.path)
        if response is not None:
            yield from _of_response(response)


@once
def sent(exchange: Exchange) -> tuple[Carried, ...]:
    """Return the credentials of the request."""
    request = exchange.request
    if (
        "?" not in request.target
        and request.body.empty
        and known(exchange) is NOTHING
        and not bearing(tuple(request.headers.index)).likely
        and "@" not in request.authority
    ):
        return ()  # there is no place where one could be
    return tuple(carried(exchange, Sensitivity.CREDENTIAL))


class Bearing(NamedTuple):
    """A request's fields that may carry something, in the order of their first lines."""

    graded: tuple[tuple[str, Sensitivity], ...]
    likely: tuple[tuple[str, Sensitivity], ...]
    """The sensitive fields without those that cannot carry a credential."""
    naming: tuple[str, ...]
    """The names of fields that may identify the caller."""


_BEARING: Final[dict[tuple[str, ...], Bearing]] = {}
"""Cached by recent sets of field names."""


def bearing(names: tuple[str, ...]) -> Bearing:
    """Return which of a request's fields may carry something.

    :param names: names of all its fields, in lower case, in the order of their first lines.
    """
    found = _BEARING.get(names)
    if found is None:
        graded = tuple((name, grade) for name in names if (grade := _grade_of_field(name)) is not None)
        likely = tuple(each for each in graded if each[1] is Sensitivity.CREDENTIAL or each[0] in _TAKEN_APART)
        found = Bearing(graded, likely, tuple(name for name, grade in graded if grade is not Sensitivity.PRIVATE))
        if sum(map(len, names)) <= _LONGEST_KEPT:  # a client may send any name
            if len(_BEARING) >= _MOST_HEADS:
                _BEARING.clear()
            _BEARING[names] = found
    return found


def _grade_of_field(name: str) -> Sensitivity | None:
    if name in FIELDS:
        return Sensitivity.CREDENTIAL
    if name in _MAY_BEAR or may_name(name):
        return Sensitivity.NAMING
    return Sensitivity.PRIVATE if name in _URLS or _is_private_field(name[:_LONGEST_NAME]) else None


def _of_request_fields(headers: Headers, knowledge: Knowledge, least: Sensitivity) -> Iterator[Carried]:
    found = bearing(tuple(headers.index))
    for name, grade in found.likely if least is Sensitivity.CREDENTIAL else found.graded:
        if name == "authorization":
            yield from of_authorization(headers, least)
        elif name == "cookie":
            yield from _of_cookies("; ".join(headers.get_all(name)[:_MOST_LINES]), knowledge, least)
        elif grade >= least and name not in knowledge.fields:
            yield from _of_lines(headers, name, grade)
    if knowledge.fields:
        for name in knowledge.fields.intersection(headers.index).difference(_TAKEN_APART):
            yield from _of_lines(headers, name, Sensitivity.CREDENTIAL)


def _of_lines(headers: Headers, name: str, grade: Sensitivity) -> Iterator[Carried]:
    for line in headers.get_all(name)[:_MOST_LINES]:
        if name in _URLS:
            yield from _of_url(line)
        else:
            yield Carried("field", name, line.strip()[:_LONGEST_HEAD], grade)


def of_authorization(headers: Headers, least: Sensitivity) -> Iterator[Carried]:
    """Yield the credential in the Authorization field, none if only a scheme is there."""
    value = (headers.get("authorization") or "").strip()[:_LONGEST_HEAD]
    scheme, _, rest = value.partition(" ")
    folded = scheme.lower()
    if value and (rest or folded not in SCHEMES):  # «Bearer», and an empty variable
        yield Carried("authorization", folded if rest and len(scheme) <= 24 else "bare", value, Sensitivity.CREDENTIAL)
    elif least <= Sensitivity.NAMING and "authorization" in headers:
        yield Carried("authorization", "bare", value, Sensitivity.NAMING)


def _of_cookies(text: str, knowledge: Knowledge, least: Sensitivity) -> Iterator[Carried]:
    for pair in text[:_LONGEST_HEAD].split(";"):
        name, _, value = pair.strip().partition("=")
        if not value:
            continue
        if is_cookie(name) or name.lower() in knowledge.cookies:
            yield Carried("cookie", name, value, Sensitivity.CREDENTIAL)
        elif len(value) >= _SHORTEST_SESSION and _trackers.match(name[:_LONGEST_NAME]) is None:
            if least <= Sensitivity.NAMING:
                yield Carried("cookie", name, value, Sensitivity.NAMING)
        elif least is Sensitivity.PRIVATE:
            yield Carried("cookie", name, value, Sensitivity.PRIVATE)


def of_query(query: str, knowledge: Knowledge, least: Sensitivity) -> Iterator[Carried]:
    """Yield the values that a query (without its question mark) carries.

    A client chooses values freely, and a part without a name is a value: all are private except words of the API.
    """
    for pair in query[:_LONGEST_HEAD].split("&"):
        name, equals, value = pair.partition("=")
        if value and (is_parameter(name) or (knowledge.parameters and _plain(name) in knowledge.parameters)):
            yield Carried("query", name, value, Sensitivity.CREDENTIAL)
        elif least is Sensitivity.PRIVATE and not (
            (value.isalpha() and name.lower() in WORDINGS) or (value.isdigit() and not is_clients_own(name))
        ):
            yield Carried("query", name if equals else "", value if equals else name, Sensitivity.PRIVATE)


def _plain(name: str) -> str:
    return unquote_plus(name).lower()


def of_path(path: str) -> Iterator[Carried]:
    """Yield path segments that name a person or look random, and the values of matrix parameters."""
    template = route(path)
    if template == path:  # every segment is a word
        return
    for segment, folded in zip(path[:_LONGEST_PATH].split("/"), template.split("/"), strict=False):
        name, _, parameters = segment.partition(";")
        if folded != name and (folded in ("{name}", "{token}") or _is_random(name)):
            yield Carried("path", "", name, Sensitivity.PRIVATE)
        for each in parameters.split(";"):
            key, _, value = each.partition("=")
            if value:
                yield Carried("path", key, value, Sensitivity.PRIVATE)


def _is_random(segment: str) -> bool:
    return gibberish(segment) or (len(segment) >= _LONG_SEGMENT and looks_random(segment))


def _of_url(url: str) -> Iterator[Carried]:
    try:
        parts = urlsplit(url[:_LONGEST_HEAD])
        password = parts.password
    except ValueError:
        return
    if password:
        yield Carried("url", "", password, Sensitivity.PRIVATE)
    yield from of_path(parts.path)
    for text in (parts.query, parts.fragment):
        for name, value in parse_qsl(text):
            if is_private(name):
                yield Carried("url", name, value, Sensitivity.PRIVATE)


def _of_request_content(request: Request, least: Sensitivity) -> Iterator[Carried]:
    body, kind = request.body, request.headers.media_type.kind
    if kind is Kind.FORM:
        yield from of_form(body.text or "", least)
    elif (members := body.members) is not None:
        for name, value in members.items():
            if name.lower() in MEMBERS:
                yield Carried("content", name, value if isinstance(value, str) else "", Sensitivity.CREDENTIAL)
        if least is Sensitivity.PRIVATE:
            yield from _of_json(members, of_client=True)
    elif least is Sensitivity.PRIVATE:
        text = (body.text or "")[:_LONGEST_CONTENT]
        yield from _of_multipart(text) if kind is Kind.MULTIPART else _of_text(text)


def of_form(text: str, least: Sensitivity) -> Iterator[Carried]:
    """Yield the values that a form carries as its content."""
    text = text[: _LONGEST_CONTENT if least is Sensitivity.PRIVATE else _LONGEST_FORM]
    for pair in text.split("&", _MOST_VALUES)[:_MOST_VALUES]:
        name, _, value = pair.partition("=")
        if value and len(name) <= _LONGEST_NAME:
            if _form.fullmatch(name):
                yield Carried("content", name, value, Sensitivity.CREDENTIAL)
            elif least is Sensitivity.PRIVATE and is_clients_own(unquote_plus(name)):
                yield Carried("content", name, value, Sensitivity.PRIVATE)


def _of_multipart(text: str) -> Iterator[Carried]:
    """Yield the private parts of a form (RFC 7578)."""
    for match in _part.finditer(text):
        if is_clients_own(match[1].strip()):
            yield Carried("content", match[1], match[2], Sensitivity.PRIVATE)


def _of_json(value: Any, *, of_client: bool) -> Iterator[Carried]:
    """Yield the private members at any depth. Fewer names are private in a response."""
    is_one = is_clients_own if of_client else is_private
    left = _MOST_VALUES
    waiting = [(value, 0)]
    while waiting:
        value, depth = waiting.pop()
        for name, inner in value.items() if isinstance(value, dict) else ((None, each) for each in value):
            if not left:
                return
            left -= 1
            if isinstance(inner, dict | list):
                if depth < _DEEPEST:
                    waiting.append((inner, depth + 1))
            elif name is not None and inner and not isinstance(inner, bool) and is_one(name):
                yield Carried("content", name, str(inner), Sensitivity.PRIVATE)


def _of_text(text: str) -> Iterator[Carried]:
    """Yield the private values of text that may be JSON, broken or cut off, or XML."""
    for match in itertools.islice(_pair.finditer(text), _MOST_VALUES):
        if is_clients_own(match[1]):
            yield Carried("content", match[1], _unescaped(match[2]) if match[2] else match[3], Sensitivity.PRIVATE)
    if "</" in text:
        for match in itertools.islice(_element.finditer(text), _MOST_VALUES):
            if is_clients_own(match[1]):
                yield Carried("content", match[1], match[2].strip(), Sensitivity.PRIVATE)


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    try:
        value: str = json.loads(f'"{text}"')
    except ValueError:
        return text
    return value


def _of_response(response: Response) -> Iterator[Carried]:
    headers, body = response.headers, response.body
    for name in headers.index:
        if name == "set-cookie":
            for line in headers.get_all(name)[:_MOST_LINES]:
                cookie, _, value = line.partition(";")[0].partition("=")
                yield Carried("cookie", cookie.strip(), value.strip()[:_LONGEST_HEAD], Sensitivity.PRIVATE)
        elif name in _URLS or _is_private_field(name[:_LONGEST_NAME]):
            yield from _of_lines(headers, name, Sensitivity.PRIVATE)
    if (members := body.members) is not None:
        yield from _of_json(members, of_client=False)


@functools.lru_cache(maxsize=4096)
def _may_name(name: str) -> bool:
    return _naming.search(name) is not None and _not_naming.search(name) is None


def may_name(name: str) -> bool:
    """Return whether a field of that name (lower case) may identify the caller."""
    return _may_name(name[:64])


def is_private_field(name: str, *, of_request: bool) -> bool:
    """Return whether the value of a field is a secret, or identifies a person.

    :param name: in lower case.
    :param of_request: whether it is a request's.
    """
    return _grade_of_field(name) is not None if of_request else _is_private_field(name[:_LONGEST_NAME])


def is_cookie(name: str) -> bool:
    """Return whether a cookie of that name carries a session."""
    return len(name) <= _LONGEST_NAME and _is_cookie(name)


@functools.lru_cache(maxsize=4096)
def _is_cookie(name: str) -> bool:
    return _cookie.fullmatch(name) is not None


def is_parameter(name: str) -> bool:
    """Return whether a query parameter of that name carries a credential."""
    return len(name) <= 64 and _is_parameter(name)


@functools.lru_cache(maxsize=4096)  # a service has a few, repeated in every query
def _is_parameter(name: str) -> bool:
    return _parameter.fullmatch(name) is not None


def names_private(text: str) -> bool:
    """Return whether a text names a secret. Folding it first takes a tenth of matching without case."""
    return _private_names.search(text.casefold()) is not None


def is_private(name: str) -> bool:
    """Return whether a parameter or member of that name is a secret, or identifies a person."""
    return _is_private(name) if len(name) <= _LONGEST_NAME else names_private(name)


@functools.lru_cache(maxsize=4096)
def _is_private(name: str) -> bool:
    return names_private(name) or _person.fullmatch(name) is not None


def is_clients_own(name: str) -> bool:
    """Return whether clients choose the value of that name. In a response the same name is harmless."""
    return is_private(name) or (len(name) <= _LONGEST_NAME and _own.fullmatch(name) is not None)


@functools.lru_cache(maxsize=2048)
def _is_private_field(name: str) -> bool:
    return (names_private(name) or _private_field.search(name) is not None) and _public_field.search(name) is None
