"""Remove secrets and people from displayed text.

There are two steps. First, credentials and names of people that the exchange itself carries are removed wherever they
are echoed. Second, everything that looks like a secret is removed: tokens of a known shape, values after names of
secrets, card numbers, long runs of random letters and digits.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, Final
from urllib.parse import unquote, unquote_plus

import msgspec

from wirelint.core.credentials import PRIVATE_NAMES, Carried, Sensitivity, carried, is_private, names_private
from wirelint.core.exchange import Exchange, Request
from wirelint.core.once import once
from wirelint.core.route import looks_random

MASK: Final = "[redacted]"
_SHORTEST: Final = 4
_SHORTEST_NUMBER: Final = 3  # a card's CVV
_LONG_SEGMENT: Final = 12
_MOST_SECRETS: Final = 256
_LONGEST_SECRET: Final = 4096
_LONGEST_TEXT: Final = 4096

_LATELY: Final[dict[int, str]] = {}
"""Recently redacted texts, by a hash of their inputs."""
_MOST_LATELY: Final = 2048

_MOST_LINES: Final = 16
_MOST_SEGMENTS: Final = 32
_STANDARD: Final = frozenset(
    {
        "accept", "accept-charset", "accept-encoding", "accept-language", "access-control-request-headers",
        "access-control-request-method", "cache-control", "connection", "content-encoding", "content-language",
        "content-length", "content-md5", "content-type", "date", "depth", "destination", "dnt", "expect", "host",
        "if-modified-since", "if-unmodified-since", "keep-alive", "max-forwards", "overwrite", "pragma", "prefer",
        "priority", "range", "soapaction", "te", "trailer", "transfer-encoding", "upgrade",
        "upgrade-insecure-requests", "x-http-method-override", "x-requested-with",
    }
)  # fmt: skip
"""Fields of requests whose values are not chosen freely."""

_ACTS: Final = frozenset(
    {
        "all", "authorize", "callback", "change", "check", "confirm", "create", "current", "delete", "forgot",
        "generate", "info", "introspect", "list", "login", "logout", "me", "new", "oauth", "oauth2", "refresh",
        "resend", "reset", "revoke", "rotate", "self", "send", "status", "update", "validate", "verify",
    }
)  # fmt: skip
"""What is done with a credential, as in ``/token/refresh``."""

_CLAIMS: Final = ("sub", "email", "name", "preferred_username", "upn", "unique_name", "client_id", "azp")

_QUOTE: Final = r"""(?:\\{0,3}["'`]|&quot;|%22)"""
# A name before its value in JSON, a query, a field, an element or prose. Each part is bounded, so none backtracks far.
_named_value: Final = re.compile(
    rf"""((?:{PRIVATE_NAMES})[\w.-]{{0,24}}{_QUOTE}?\s{{0,12}}(?:=>|[:=\uff1a]|%3[AaDd]|(?<!-)>|\b(?:is|was|ist|war|lautet|est|es)\b)(?:\s|\\[nrt]){{0,12}}{_QUOTE}?)"""
    r"""((?:(?!&quot;|%22)[^\s"'`,;&}\])<>\\]){3,2048})""",
    re.IGNORECASE,
)
# A quoted password may have spaces in it.
_quoted_password: Final = re.compile(
    r"""((?:passw(?:or[dt])?|passphrase|pwd|kennwort)[\w-]{0,16}\\{0,3}["'`]?\s{0,12}(?:=>|[:=]|)\s{0,12}\\{0,3})(["'`])"""
    r"""([^"'`\\]{3,128})(\\{0,3}\2)""",
    re.IGNORECASE,
)
# «wrong password Sommer2026»: no separator, and the value has letters and digits.
_stated_password: Final = re.compile(
    r"""((?:passw(?:or[dt])?|passphrase|pwd|kennwort|secret|passe|contrase[nñ]a|senha|wachtwoord)\s{1,4})(?=\S{0,63}\d)(?=[^\sA-Za-z]{0,63}[A-Za-z])([^\s"'`<>]{5,64})""",
    re.IGNORECASE,
)
# «PIN 4711», «SSN 123456789»
_stated_number: Final = re.compile(
    r"((?<![a-z])(?:pin|tan|otp|cvv|cvc|ssn)\b[\s:#]{1,4})(\d{3}[\d -]{0,12})(?!\w)", re.IGNORECASE
)
# The password may have @ and / in it: postgres://app:Som/mer@host. The text after http://host:8080/ is a path.
_user_of_url: Final = re.compile(
    r"""(:\\?/\\?/)(?:[^\s/@:"'<>\\]{0,64}:(?!\d{1,5}[/?#])[^\s"'<>\\]{0,128}|[^\s/@:"'<>\\]{1,256})@"""
)
# Command lines: curl -u name:password, mysql -pSECRET, redis-cli -a SECRET, sqlplus scott/tiger@db.
_commanded: Final = re.compile(
    r"""((?<!\S)(?:-u|-U|--user|--proxy-user)[ =]["']?[^\s:"']{1,64}:"""
    r"""|\b(?:mysql\w{0,8}|mariadb|mongo\w{0,8}|sshpass|docker\ login)\b[^|;&\n]{0,200}?\s-p\s?["']?"""
    r"""|\bredis-cli\b[^|;&\n]{0,200}?\s-a\s?["']?|\bsqlcmd\b[^|;&\n]{0,200}?\s-P\s?["']?"""
    r"""|\bldap\w{1,8}\b[^|;&\n]{0,200}?\s-w\s?["']?)([^\s"'@]{1,128})"""
)
_COMMANDS: Final = ("-u ", "-u=", "-U ", "-user", " -p", " -a", " -P", " -w")
# Calls, and rows in messages of databases: login('bob', 'secret'), INSERT INTO users (…) VALUES (…), Key (name)=(…).
_called: Final = re.compile(
    r"""((?<![a-z])(?:log_?in|log_?on|authenticate|sign_?in|auth)(?:\s?=\s?)?[(\[]\s?["'][^"'\n]{1,64}["'],\s?["'])([^"'\n]{1,128})"""
    r"""|(\binsert\s{1,4}into\b[^;]{1,256}?\bvalues\s{0,4}\(|\[parameters:\s?[\[({]|\bkey\s?\([^()]{1,128}\)=\("""
    r"""|\brow\ contains\ \(|\bkey\ value\ is\ \()([^()\]]{1,1024})|(\bduplicate\ entry\ ["'])([^"'\n]{1,256})""",
    re.IGNORECASE,
)
_unset: Final = re.compile(r"(?:[\s?,]|%s|null\b|none\b|default\b|[:@]\w++|\$\d++)*+", re.IGNORECASE)
"""Values of a statement that has its parameters elsewhere."""
_CALLS: Final = ("('", '("', "['", '["', "insert", "[parameters", ")=(", "row contains", "key value", "duplicate entry")
_input: Final = re.compile(r"""(<input\b[^<>]{0,256}?\bvalue\s?=\s?\\?["'])([^"'<>\\]{1,256})""", re.IGNORECASE)
_looks: Final = re.compile(
    r"""
      eyJ[\w-]{2,4096}(?:\.[\w-]{0,4096}){1,4}                          # JWT, JWE
    | \b(?:sk|pk|rk|ghp|gho|ghu|ghs|ghr|glpat|xox[abprs]|shpat|npm|pypi|AIza|ya29)[-_.]?[\w-]{10,512}
    | \b[srp]k_(?:live|test)_\w{3,512}
    | \b(?:tok|cus|whsec|seti|acct)_\w{3,512}
    | \b(?:AKIA|ASIA)(?:[A-Z0-9]{8,124}|[\w-]{10,124})
    | \bhooks\.slack\.com/services/[\w/]{1,512}
    | \bbot\d{6,16}:[\w-]{8,128}                                         # Telegram
    | \bssh-(?:rsa|dss|ed25519)[ ][\w+/=]{4,4096}
    | \b\w{1,30}/[^\s@/"']{1,64}(?=@//)                                  # Oracle: scott/tiger@//host
    | \bsqlplus[ ]\w{1,30}/[^\s@/"']{1,64}
    | \b[\w.-]{1,64}:[^\s"'@]{1,128}(?=@(?:tcp|unix)6?\()                # Go: user:password@tcp(host)
    | -----BEGIN[ ][A-Z ]{1,40}-----(?s:.{0,4096}?)(?:-----END[ ][A-Z ]{1,40}-----|\Z)
    """,
    re.VERBOSE,
)
_MOST_TOKENS: Final = 64
_endless: Final = re.compile(r"eyJ[\w.-]*+|-----BEGIN [^-]*+")
"""Of more tokens than any message has, each is removed in one step, so that the time remains proportional."""
_KEYS: Final = ("sk", "pk", "rk")
_key: Final = re.compile(r"\b[spr]k")
_BEGINNINGS: Final = (
    *("eyJ", "ghp", "gho", "ghu", "ghs", "ghr", "glpat", "xox", "shpat", "npm", "pypi", "AIza", "ya29", "tok_", "cus_"),
    *(
        "whsec_",
        "seti_",
        "acct_",
        "AKIA",
        "ASIA",
        "hooks.slack.com",
        "bot",
        "ssh-",
        "@//",
        "-----BEGIN ",
        "sqlplus ",
        "@tcp",
        "@unix",
    ),
)
"""Each text that ``_looks`` matches has one of these in it, or begins with one of ``_KEYS``."""
_SCHEMES: Final = ("basic", "bearer", "digest", "token", "negotiate", "apikey")
_scheme: Final = re.compile(
    r"""(authorization\\{0,3}["']?\s{0,4}[:=]\s{0,4}\\{0,3}["']?)?\b((?:basic|bearer|digest|token|negotiate|apikey)\s{1,4})"""
    r"([\w+/=.~:-]{6,4096})",
    re.IGNORECASE,
)
_parameter: Final = re.compile(
    r"(?:algorithm|charset|error|error_description|error_uri|nonce|realm|resource_metadata|scope)=", re.IGNORECASE
)
"""The beginning of a parameter of a challenge (RFC 9110 section 11.3), whose value is quoted."""
_opaque: Final = re.compile(r"[A-Za-z0-9_+/=-]{16,4096}")
_email: Final = re.compile(
    r"""(?:[\w.+%'-]{1,64}|"[^"\r\n]{1,64}")(?:@|%40)(?:[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}|localhost\b)"""
)
_card: Final = re.compile(
    r"(?<![\w-])(?:[3-6]\d{3}|2[2-7]\d{2})[ -]?(?:\d{4}[ -]?\d{4}[ -]?\d{1,7}|\d{6}[ -]?\d{5})(?![\w-])"
)
_iban: Final = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_run: Final = re.compile(r"[+(\d](?<![\w.-].)(?:[ ./()-]{0,2}\d){5,24}[A-Z]?(?!\w)")
"""A run of digits that may be a number of a person. It begins with a set: so ``re`` finds it fast."""
_person: Final = re.compile(
    r"""
      \d{3}-\d{2}-\d{4}(?![\w-])                               # social security, United States
    | \+\d(?:[ ()/.-]{0,2}\d){7,14}                            # telephone, ITU-T E.164
    | (?:\(\d{3}\)[ ]?|(?<!\d)\d{3}-)\d{3}-\d{4}(?![\w-])      # telephone, North America
    | (?<![\d./-])0\d{2,4}[ /-]\d{6,8}(?![\w-])                # telephone, Germany
    | (?<![\d.-])0\d(?:[ .]\d\d){4}(?![\w.-])                  # telephone, France
    | (?<![\d.-])00\d\d(?:[ -]\d{2,9}){2,5}(?![\w-])
    | 756\.\d{4}\.\d{4}\.\d\d(?![\w.-])                        # AHV, Switzerland
    | (?<!\d)\d{3}\.\d{3}\.\d{3}-\d\d(?![\w-])                 # CPF, Brazil
    | \d\d\.\d{3}\.\d{3}/\d{4}-\d\d(?![\w-])                   # CNPJ, Brazil
    | (?<!\d)[12][ ]\d\d[ ]\d\d[ ]\d\d[ ]\d{3}[ ]\d{3}(?:[ ]\d\d)?(?!\w)  # NIR, France
    """,
    re.VERBOSE,
)
"""Telephone numbers, and national identity numbers that can be recognised without a name before them."""
_number_name: Final = re.compile(
    r"""(?<![a-z])(?:tel(?:efon|ephone)?|(?:mobile?|cell|handy)?[ _-]?phone|mobile|handy|fax"""
    r"""|dob|birth[ _-]?da(?:te|y)|geburtsdatum"""
    r"""|(?:steuer|tax|national|(?:sozial|renten)versicherungs?)[ _-]?(?:id|nr|nummer|number)"""
    r"""|aadhaar|bsn|pesel|dni|nie|nif|nir|cpf|sin|svnr|personnummer|ausweis(?:nummer)?)"""
    r"""(?:[ _-]?(?:no|nr|number|id))?\.?\\{0,3}["']?\s{0,4}[:=#]?\s{0,4}\\{0,3}["']?\Z""",
    re.IGNORECASE,
)
_LONGEST_NUMBER_NAME: Final = 40
_nino: Final = re.compile(r"\b[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][ ]?\d\d[ ]?\d\d[ ]?\d\d[ ]?[A-D]\b")
"""A National Insurance number of the United Kingdom."""
_address6: Final = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{1,4}:{1,2}){2,7}[0-9A-Fa-f]{1,4}(?![\w:])")
_COLONS: Final = 3
_address: Final = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\d)")
_DOTS: Final = 3
_query: Final = re.compile(r"(?<=[?&])([\w.\[\]%-]{1,64})=([^\s&#\"'<>]{1,2048})")
_INVISIBLE: Final = dict.fromkeys((0x00AD, *range(0x200B, 0x2010), *range(0x2060, 0x2065), 0xFEFF))


def _opaque_mask(match: re.Match[str]) -> str:
    return MASK if looks_random(match[0]) else match[0]


def _parts(value: str) -> Iterator[str]:
    """Yield the parts of a credential."""
    scheme, _, rest = value.partition(" ")
    rest = rest.strip()
    if scheme.lower() == "basic":
        yield from _of_basic(rest)
    if rest:
        yield rest
        yield from (part.partition("=")[2].strip(' "') for part in rest.split(",")[:64] if "=" in part)
    elif "=" in value:  # sha1=…
        yield value.partition("=")[2]
    token = rest or value
    if token.startswith("eyJ"):
        yield from _of_jwt(token)


def _of_basic(credentials: str) -> Iterator[str]:
    """Yield the decoded parts of Basic credentials (RFC 7617 section 2)."""
    try:
        decoded = base64.b64decode(credentials[:4096]).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return
    yield decoded
    user, _, password = decoded.partition(":")
    yield password
    yield user


def _of_jwt(token: str) -> Iterator[str]:
    """Yield the users that a JSON Web Token names (RFC 7519 section 4.1)."""
    payload = token[:8192].split(".")[1:2]
    try:
        claims: Any = msgspec.json.decode(base64.urlsafe_b64decode(payload[0] + "=" * (-len(payload[0]) % 4)))
    except (IndexError, binascii.Error, ValueError, msgspec.DecodeError):
        return
    if isinstance(claims, dict):
        yield from (value for name in _CLAIMS if isinstance(value := claims.get(name), str))


def _forms(each: Carried) -> Iterator[str]:
    """Yield a value in the forms in which a service might quote it back: as sent, decoded, in parts, escaped."""
    value = each.value
    yield value
    if "%" in value or "+" in value:
        yield unquote(value)
        yield unquote_plus(value)
    if each.kind in ("authorization", "field", "cookie"):
        yield from _parts(value)
    elif each.kind == "userinfo":
        yield value.partition(":")[2]
    elif each.kind == "content" and not _is_plain(value):
        yield json.dumps(value)[1:-1]


def _is_plain(value: str) -> bool:
    """Return whether a text stands in JSON as it is."""
    return value.isascii() and value.isprintable() and '"' not in value and "\\" not in value


@once
def secrets(exchange: Exchange) -> tuple[str, ...]:
    """Return the credentials and names of people that the exchange carries, longest first."""
    found: set[str] = set()
    for each in carried(exchange, Sensitivity.PRIVATE):
        found.update(_forms(each))
    return _longest_first(found)


def echoes(exchange: Exchange) -> tuple[str, ...]:
    """Return ``secrets``, and what a client chose freely: a text that quotes it may quote a secret. Longest first."""
    return _longest_first({*secrets(exchange), *_chosen(exchange.request)})


def _longest_first(found: set[str]) -> tuple[str, ...]:
    return tuple(sorted(filter(_is_specific, found), key=len, reverse=True)[:_MOST_SECRETS])


def _chosen(request: Request) -> Iterator[str]:
    """Yield what a client chose freely in fields of any name, and path segments after a name of secrets or people."""
    for name in request.headers.index.keys() - _STANDARD:
        if name.startswith("sec-"):
            continue
        for value in request.headers.get_all(name)[:_MOST_LINES]:
            yield value
            if "://" in value:
                yield from value.partition("://")[2].split("/")[:_MOST_SEGMENTS]
    segments = request.path[:_LONGEST_TEXT].split("/")[:_MOST_SEGMENTS]
    for name, value in pairwise(segments):
        if is_private(name) and value.lower() not in _ACTS:
            yield value
            yield unquote(value)


def _is_specific(value: str) -> bool:
    if len(value) < _SHORTEST:
        return len(value) == _SHORTEST_NUMBER and value.isdigit()
    return len(value) <= _LONGEST_SECRET and value.lower() not in _WORDS


def redact(text: str, known: Iterable[str] = (), *, limit: int = 200) -> str:
    """Redact and truncate text for display.

    :param text: wire text.
    :param known: secrets to remove everywhere, see ``secrets``.
    :param limit: most characters to keep; a cut is marked by an ellipsis.
    """
    if not text:
        return text
    text = echoless(text[:_LONGEST_TEXT], known)
    # Messages and errors repeat. The key is a hash, so that no secret is kept.
    key = hash((text, limit))
    safe = _LATELY.get(key)
    if safe is None:
        if len(_LATELY) >= _MOST_LATELY:
            _LATELY.clear()
        safe = _LATELY[key] = _by_looks(text, limit)
    return safe


def mask(text: str, known: Iterable[str] = (), *, queries: bool = True) -> str:
    """Redact text of any length for display. Unlike ``redact``, it keeps line breaks.

    :param text: wire text; the time to redact it is proportional to its length.
    :param known: secrets to remove everywhere, see ``secrets``.
    :param queries: whether to remove all values of queries that it contains.
    """
    text = text.replace("\r\n", "\n")
    if not text.replace("\n", "").replace("\t", "").isprintable():
        text = "".join(c if c.isprintable() or c in "\n\t" else " " for c in text.translate(_INVISIBLE))
    return _without_looks(echoless(text, known), queries=queries)


def echoless(text: str, known: Iterable[str]) -> str:
    """Remove known secrets from text, see ``secrets``."""
    folded = text.casefold()
    for secret in known:
        if secret.casefold() in folded:
            text = _without(text, secret)
    return text


def _by_looks(text: str, limit: int) -> str:
    """Remove parts that look like a secret, and unprintable characters."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text.translate(_INVISIBLE))
    text = _without_looks(text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _without_looks(text: str, *, queries: bool = True) -> str:
    """Remove parts that look like a secret."""
    folded = text.casefold()
    text = _without_placed(text, folded)
    if text.count("eyJ") > _MOST_TOKENS or text.count("-----BEGIN ") > _MOST_TOKENS:
        text = _endless.sub(MASK, text)
    if _may_look(text):
        text = _looks.sub(MASK, text)
    if any(scheme in folded for scheme in _SCHEMES):
        text = _scheme.sub(_mask_scheme, text)
    if "@" in text or "%40" in text:
        text = _email.sub(MASK, text)
    if queries and "=" in text:
        text = _query.sub(lambda match: f"{match[1]}=…", text)
    return _opaque.sub(_opaque_mask, _without_numbers(text))


def _without_placed(text: str, folded: str) -> str:
    """Remove secrets that are known by their place: in a connection string, after a name, in a command or a call."""
    if "/" in text:
        text = _user_of_url.sub(rf"\1{MASK}@", text)
    if any(command in text for command in _COMMANDS):
        text = _commanded.sub(rf"\1{MASK}", text)
    if any(call in folded for call in _CALLS):
        text = _called.sub(_mask_called, text)
    if "<input" in folded:
        text = _input.sub(rf"\1{MASK}", text)
    if names_private(text):
        text = _quoted_password.sub(_mask_quoted, text)
        text = _named_value.sub(_mask_named, text)
        text = _stated_password.sub(rf"\1{MASK}", text)
        text = _stated_number.sub(rf"\1{MASK}", text)
    return text


def _without_numbers(text: str) -> str:
    """Remove numbers of persons, accounts and cards, and addresses of the internet."""
    text = _iban.sub(lambda match: MASK if _is_iban(match[0]) else match[0], text)
    text = _card.sub(lambda match: MASK if _is_card(match[0]) else match[0], text)
    text = _nino.sub(MASK, _run.sub(_mask_run, text))
    if text.count(":") >= _COLONS:
        text = _address6.sub(lambda match: MASK if _is_global(match[0]) else match[0], text)
    if text.count(".") >= _DOTS:
        text = _address.sub(lambda match: MASK if _is_global(match[0]) else match[0], text)
    return text


def _may_look(text: str) -> bool:
    """Return whether ``_looks`` may match. Most texts have nothing of it, and this takes a tenth of the time."""
    return any(beginning in text for beginning in _BEGINNINGS) or (
        any(two in text for two in _KEYS) and _key.search(text) is not None
    )


def _is_card(number: str) -> bool:
    """Return whether digits are a card's (ISO/IEC 7812-1: 13 to 19, checked by Luhn's formula)."""
    digits = [int(c) for c in number if c.isdigit()]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return 13 <= len(digits) <= 19 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_global(address: str) -> bool:
    """Return whether an IP address is one of the internet: those of private networks name machines, not people."""
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


def _is_iban(text: str) -> bool:
    """Return whether text is an international bank account number (ISO 13616-1, checked modulo 97)."""
    text = text.replace(" ", "")
    return 15 <= len(text) <= 34 and int("".join(str(int(c, 36)) for c in text[4:] + text[:4])) % 97 == 1


def _mask_named(match: re.Match[str]) -> str:
    name, value = match[1], match[2]
    # Prose about a credential is not one: «token is expired», «password is too short».
    prose = _is.search(name) is not None and not any(c.isdigit() for c in value)
    return match[0] if prose or _harmless(value) else name + MASK


def _mask_run(match: re.Match[str]) -> str:
    before = match.string[max(0, match.start() - _LONGEST_NUMBER_NAME) : match.start()]
    return MASK if _number_name.search(before) is not None else _person.sub(MASK, match[0])


def _mask_called(match: re.Match[str]) -> str:
    if match[3] and _unset.fullmatch(match[4]) is not None:
        return match[0]
    return f"{match[1] or match[3] or match[5]}{MASK}"


def _mask_quoted(match: re.Match[str]) -> str:
    # A sentence about a password has no digits.
    return f"{match[1]}{match[2]}{MASK}{match[4]}" if any(c.isdigit() for c in match[3]) else match[0]


def _mask_scheme(match: re.Match[str]) -> str:
    field, scheme, value = match[1] or "", match[2], match[3]
    if not field and _parameter.fullmatch(value) is not None:
        return match[0]  # of a challenge: «Bearer realm="shop"»
    # «Invalid token provided», «bearer authentication»: a word after a scheme is prose.
    word = value.rstrip(".:-")
    prose = not field and word.isalpha() and (word.islower() or word.istitle())
    return match[0] if prose or _harmless(value) else f"{field}{scheme}{MASK}"


_is: Final = re.compile(r"\b(?:is|was|ist|war|lautet|est|es)\s{0,12}[\"'`]?$", re.IGNORECASE)


def _without(text: str, secret: str) -> str:
    """Remove a secret where it is a whole word: ``test`` is not removed from ``latest``."""
    if len(secret) >= _LONG_SEGMENT:
        return re.sub(re.escape(secret), MASK, text, flags=re.IGNORECASE)
    return re.sub(rf"(?<![A-Za-z0-9]){re.escape(secret)}(?![A-Za-z0-9])", MASK, text, flags=re.IGNORECASE)


_WORDS: Final = frozenset(
    {
        "authorization", "challenge", "credentials", "endpoint", "exchange", "request", "response", "without",
        "required", "missing", "invalid", "expired", "revoked", "null", "none", "true", "false", "not", "wrong",
        "incorrect", "unknown", "denied", "failed", "error", "ok", "bearer", "basic", "malformed", "inactive",
        "disabled", "empty", "absent", "no", "bad", "unauthorized", "authentication", "needed", "must", "should",
        "is", "the", "a", "has", "was", "cannot", "token", "password", "session", "user", "account", "found",
        "object", "value", "undefined", "default", "sent", "json", "text", "page", "content", "field", "status",
        "client", "server", "service", "success", "message", "data", "type", "name", "code", "tags", "query",
    }
)  # fmt: skip


def _harmless(value: str) -> bool:
    """Return whether the text after the name of a secret is prose about it: «token: expired»."""
    return value.strip(".!").lower() in _WORDS
