"""What an error text or a machine-readable error code means, by the words that real services use."""

from __future__ import annotations

import enum
import functools
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

TEXT_LIMIT: Final = 2048
"""Most characters of text that are looked at."""


class Meaning(enum.StrEnum):
    """What an error is about."""

    AUTHN = "authentication"
    AUTHZ = "permission"
    NOT_FOUND = "missing resource"
    CONFLICT = "conflict"
    INVALID = "validation"
    MALFORMED = "malformed request"
    METHOD = "unsupported method"
    RATE = "rate limit"
    QUOTA = "exhausted quota"
    TIMEOUT = "upstream timeout"
    UPSTREAM = "upstream failure"
    UNAVAILABLE = "unavailability"
    INTERNAL = "internal fault"


STATUS: Final[Mapping[Meaning, int]] = {
    Meaning.AUTHN: 401,
    Meaning.AUTHZ: 403,
    Meaning.NOT_FOUND: 404,
    Meaning.METHOD: 405,
    Meaning.CONFLICT: 409,
    Meaning.INVALID: 422,
    Meaning.MALFORMED: 400,
    Meaning.RATE: 429,
    Meaning.TIMEOUT: 504,
    Meaning.UPSTREAM: 502,
    Meaning.UNAVAILABLE: 503,
    Meaning.INTERNAL: 500,
}
"""The status that says so (RFC 9110 section 15.5 and 15.6, RFC 6585)."""

# What a "token" is when it is no credential of the caller's.
_OTHER_TOKENS: Final = (
    "page cursor continuation next sync unexpected csrf xsrf forgery authenticity captcha device push fcm apns verification confirmation"
    " reset invite invitation activation unsubscribe registration upload download payment card"
).split()
_NO_CREDENTIAL: Final = "".join(f"(?<!{word}{joint})" for word in _OTHER_TOKENS for joint in ("", " ", "_"))
_CREDENTIAL: Final = (
    r"(?:access[ _-]?|client[ _-]?|x-|auth(?:entication|orization)?[ _-]?|bearer |api[ _-]?|refresh[ _-]?|session[ _-]?|oauth2? |security |login |id[ _-])?"
    rf"(?:(?=token\b){_NO_CREDENTIAL}token\b|credentials?\b|api[ _-]?key\b|app[ _-]?key\b|pub_key\b|(?:secret|private)[ _-]key\b|password\b|passwd\b|username\b|login\b"
    r"|jwt\b|session\b|authorization header\b|authentication header\b|authentication\b|signature\b|certificate\b)"
)
_BROKEN: Final = r"(?:invalid|incorrect|wrong|bad|expired|revoked|malformed|inactive|not valid|not recognized|missing|required|needed|mismatch|failed|not provided|(?:is )?not found|has expired|not specified)"
_PROSE: Final[Mapping[Meaning, str]] = {
    Meaning.AUTHN: (
        r"\bnot (?:been )?(?:authenticated|logged[ -]in|signed[ -]in)\b|\bunauthenticated\b|\bauthentication (?:is )?(?:required|failed|needed|failure)\b"
        r"|\bauthentication credentials were not provided\b|\bfailed to authenticate\b|\bplease authenticate\b|\bauthentication error\b|\blog-?in fail(?:ed|ure)?\b|\bcould not (?:validate|verify) (?:\w+ )?credentials\b|\bsignature (?:\w+ ){0,6}(?:does not|doesn't) match\b|\bdoes not match the signature\b|\b(?:could|can|did) ?not authenticate\b|\brequires? (?:user )?authentication\b"
        r"|\b(?:log|sign)[ -]?in (?:is )?required\b|\b(?:must|need to|please|have to) (?:be )?(?:log(?:ged)?|sign(?:ed)?)[ -]?in\b|\blogin required\b"
        r"|\b(?:e-?mail|user(?:name)?|login)(?: address)? (?:or|and|/) ?password\b|\bonly (?:[\w-]+ )?tokens? (?:is|are) (?:allowed|accepted)\b|\bpassword is (?:not correct|incorrect|invalid|wrong)\b|\buser does not exist\b"
    ),
    Meaning.AUTHZ: (
        r"\b(?:no|not have|without|lacks?|missing|insufficient|requires?|required|necessary|denied|need)(?: \w+){0,4}? (?:permissions?|privileges?|authori[sz]ation to)\b"
        r"|\bpermission (?:is )?(?:denied|required|missing)\b|\bpermissions? to (?:access|perform|view|do|use|create|delete|edit|update|read)\b|\bno_permission\b"
        r"|\bforbidden\b|\binsufficient (?:\w+ ){0,2}(?:privileges?|rights?|scopes?|access|permissions?|role)\b|\binsufficient_(?:scope|permissions?|privileges?)\b"
        r"|\bnot (?:allowed|permitted|entitled|enabled) to\b|\bnot authori[sz]ed to\b|\baccess (?:is |was |to \S{1,40} (?:is |was )?)?denied\b"
        r"|\bmust have (?:\w+ ){0,3}(?:access|rights|permissions?|role)\b|\b(?:do|does) ?(?:not|n't) have (?:\w+ ){0,3}(?:access|rights?)\b|\badmins? only\b|\bonly (?:for )?(?:admin\w*|owners?|members|managers)\b"
        r"|\b(?:must|need to) be (?:an? |the )?(?:\w+ )?(?:admin\w*|owner|member|moderator)\b|\b(?:required|missing|requires?) (?:\w+ ){0,2}(?:scopes?|roles?)\b|\bscopes? (?:required|missing)\b"
    ),
    Meaning.NOT_FOUND: (
        r"\bnot (?:be )?found\b|\b(?:does|do|did) ?(?:not|n't) (?:exist|live here)\b|\bis not exists?\b|\bno such\b|\bunknown (?:\w+ )?(?:id|resource|domain|object|zone|user|record)\b"
        r"|\bno longer exists\b|\b(?:unable|failed) to (?:find|locate)\b|\b(?:could|can) ?(?:not|n't) (?:be )?(?:find|found|locate)\b|\bno \w+ (?:was |were )?found\b|\bnon-?existent\b|\bhas been deleted\b"
    ),
    Meaning.CONFLICT: (
        r"\balready (?:exists?|exist|taken|been|in use|registered|used|assigned|a member|has|voted|associated|attached|subscribed|contributor)\b"
        r"|\bis already\b|\bhas already\b|\bduplicate\b|\bduplicated\b|\bconflicts? with\b|\bin conflict\b|\bconflict\b|\bunique constraint\b|\bmust be unique\b|\balready a contributor\b"
    ),
    Meaning.METHOD: r"\bmethod (?:is )?not (?:allowed|supported)\b|\bunsupported (?:http )?method\b",
    Meaning.MALFORMED: (
        r"\b(?:malformed|unparseable|unparsable|cannot parse|could not parse|failed to parse|unable to parse|invalid json|not valid json|json (?:parse|decode|syntax) error"
        r"|unexpected (?:token|end of|character)|parse error|syntax error|bad request syntax)\b"
    ),
    Meaning.INVALID: (
        r"\bvalidation\b|\binvalid\b|\bis not (?:a )?valid\b|\bare not valid\b|\bnot (?:a )?valid\b|\bmust (?:be|not|have|contain|match)\b|\bis required\b|\bare required\b|\bfield required\b|\brequired (?:field|parameter|property)\b"
        r"|\bunprocessable\b|\bcan(?:no|')?t be (?:blank|empty|null)\b|\bmissing (?:required )?(?:param\w*|field|argument|property|\S{1,40}$)|\bout of range\b|\btoo (?:long|short|large|small|many \w+ in)\b|\bwrong parameter\b|\bbad \w+ name\b"
        r"|\bshould be\b|\bexpected (?:a|an|one of)\b|\bunsupported value\b"
    ),
    Meaning.RATE: (
        r"\brate[ _-]?limit(?:ed|ing|s)?\b|\btoo many requests\b|\brequest limit\b|\bthrottl(?:ed|ing|e)\b|\bslow ?down\b|\brate exceeded\b|\brequests? per (?:second|minute|hour|day)\b|\babuse detection\b"
        r"|\brequest rate (?:is )?too\b|\bcalls? per (?:second|minute|hour|day)\b|\btoo many (?:login )?attempts\b|\btoo many times\b|\bmaximum number of requests\b|\bexceeded (?:the |your )?(?:\w+ ){0,2}(?:rate|request|api call)s?\b"
    ),
    Meaning.QUOTA: (
        r"\binsufficient_quota\b|\bquota (?:has been |is |was )?(?:exceeded|exhausted|reached)\b|\bexceeded (?:your|the) (?:current |monthly |daily )?quota\b|\b(?:spend|spending|billing|usage|monthly|plan) (?:hard )?limit\b|\bout of credits?\b|\binsufficient (?:funds|credits?|balance)\b"
    ),
    Meaning.TIMEOUT: (
        r"\bgateway time-?out\b|\bendpoint request timed out\b|\btimeout awaiting\b|\bupstream (?:request |server |response )?(?:timeout|timed out)\b|\betimedout\b|\besockettimedout\b|\bread timed out\b|\bconnect(?:ion)? timed out\b|\bcontext deadline exceeded\b"
        r"|\bdeadline exceeded while\b|\b(?:backend|upstream|downstream)(?: \w+){0,3} (?:timed out|timeout)\b|\btime(?:d )?-?out (?:\w+ ){0,2}(?:contacting|connecting|waiting for (?:the )?(?:upstream|backend|server|service))\b"
        r"|\breadtimeout(?:error)?\b|\bconnecttimeout(?:error)?\b|\btimeout of \d{1,7} ?ms exceeded\b"
    ),
    Meaning.UPSTREAM: (
        r"\bbad gateway\b|\bupstream (?:connect error|prematurely closed|sent|server|unavailable|service (?:unavailable|error|failed))\b|\beconn(?:refused|reset|aborted)\b|\benotfound\b|\behostunreach\b|\beai_again\b"
        r"|\bmax retries exceeded\b|\bno healthy upstream\b|\bsocket hang up\b|\bconnection refused\b|\bconnection reset by peer\b|\bno route to host\b|\bname or service not known\b"
        r"|\bfailed to establish a new connection\b|\bunable to connect(?: to (?:the )?(?:remote|upstream|backend|origin)\b|(?:\n|$))|(?<!database )(?<!sql )(?<!db )\bconnection error\b|\bremotedisconnected\b|\bconnecterror\b|\bdial tcp\b"
    ),
    Meaning.UNAVAILABLE: (
        r"\bservice (?:is )?(?:temporarily |currently )?unavailable\b|\btemporarily unavailable\b|\b(?:under|down for|in|scheduled) maintenance\b|\bmaintenance mode\b|\boverloaded\b|\btry again later\b|\bnot yet available\b|\bcurrently unavailable\b"
    ),
    Meaning.INTERNAL: (
        r"\binternal (?:server )?error\b|\bunexpected (?:server )?error\b|\bunhandled\b|\bexception (?:occurred|was thrown)\b|\bsomething went wrong\b|\bdatabase error\b|\bsqlstate\b|\bserver error\b|\bnullpointerexception\b"
    ),
}
# What is said of credentials costs more to search for than all else.
_NO_CREDENTIALS: Final = (
    rf"\b(?:missing|no|without|provide|requires?|need|include|specify)(?: (?:a|an|the|your|valid|any|either))*? {_CREDENTIAL}"
    rf"|\b(?:invalid|incorrect|wrong|bad|unknown|malformed|expired|revoked|unrecognized)(?: \w+){{0,2}}? {_CREDENTIAL}(?! (?:format|length|reset|policy|submission|request|type|flow|payload|schema))"
)
_BROKEN_CREDENTIALS: Final = rf"{_CREDENTIAL}(?: (?!have\b|lacks?\b|scopes?\b|permissions?\b)\S{{1,24}}){{0,6}} {_BROKEN}\b(?! (?:the )?(?:required )?(?:\w+ )?(?:scopes?|permissions?|privileges?|claims?|roles?)\b)"
# Of these a text must have one for the meaning's pattern to fit; looking for them first saves most of the searching.
_STEMS: Final[Mapping[Meaning, tuple[str, ...]]] = {
    Meaning.AUTHN: ("auth", "log", "sign", "credential", "token", "passw", "user does"),
    Meaning.AUTHZ: tuple(
        "permi privileg forbidden insufficient allowed authori denied access right admin owner member scope role"
        " entitled only enabled".split()
    ),
    Meaning.NOT_FOUND: ("found", "exist", "such", "unknown", "find", "locate", "deleted", "live here"),
    Meaning.CONFLICT: ("already", "duplicate", "conflict", "unique"),
    Meaning.METHOD: ("method",),
    Meaning.MALFORMED: ("malform", "pars", "json", "unexpected", "syntax"),
    Meaning.INVALID: tuple(
        "valid must required unprocess can missing range too wrong bad should expected unsupported".split()
    ),
    Meaning.RATE: ("rate", "many", "limit", "throttl", "slow", "request", "abuse", "call"),
    Meaning.QUOTA: ("quota", "limit", "credit", "insufficient", "balance"),
    Meaning.TIMEOUT: ("time", "deadline"),
    Meaning.UPSTREAM: tuple(
        "gateway upstream econn enotfound ehost eai_ retries socket connect route known dial remote reset".split()
    ),
    Meaning.UNAVAILABLE: ("unavailable", "maintenance", "overload", "try again", "available"),
    Meaning.INTERNAL: tuple("internal error unhandled exception wrong sqlstate nullpointer".split()),
}
_CREDENTIAL_STEMS: Final = tuple(
    "token credential key passw username login jwt session header authentication signature certificate".split()
)
_BROKEN_STEMS: Final = tuple(
    "valid incorrect wrong bad expired revoked malformed inactive recognized missing required needed mismatch failed"
    " provided found specified".split()
)


class _Prose(NamedTuple):
    """How a meaning is put, in lower case: of each group of ``stems`` one is in every text that ``pattern`` fits."""

    meaning: Meaning
    stems: tuple[frozenset[str], ...]
    pattern: re.Pattern[str]


def _put(meaning: Meaning, pattern: str, *stems: tuple[str, ...]) -> _Prose:
    return _Prose(meaning, tuple(map(frozenset, stems)), re.compile(pattern))


_prose: Final = (
    *(_put(meaning, pattern, _STEMS[meaning]) for meaning, pattern in _PROSE.items()),
    _put(Meaning.AUTHN, _NO_CREDENTIALS, _CREDENTIAL_STEMS),
    _put(Meaning.AUTHN, _BROKEN_CREDENTIALS, _CREDENTIAL_STEMS, _BROKEN_STEMS),
)
_ALL_STEMS: Final = tuple(frozenset(stem for put in _prose for group in put.stems for stem in group))

# Codes are read word by word: NOT_FOUND, ResourceNotFound and E-NOT-FOUND are the same words.
_CODES: Final[Mapping[Meaning, str]] = {
    Meaning.AUTHN: (
        r"\b(?:unauthenticated|authentication|not authenticated|login required|unauthori[sz]ed|auth(?:entication)? (?:required|failed|error)|(?:invalid|missing|expired|bad|incorrect|revoked|wrong)(?: \w+)?"
        r" (?:token|credentials?|api keys?|apikey|access key|user key|key id|jwt|password|session|signature|login)|token (?:expired|invalid|revoked|missing)|(?:api ?key|credentials?|session) (?:invalid|expired|missing|required|inactive))\b"
    ),
    Meaning.AUTHZ: (
        r"\b(?:forbidden|permission|permissions|no permission|access denied|not allowed|insufficient (?:scope|permissions?|privileges?|rights)|not authori[sz]ed|permission denied|missing scope)\b"
    ),
    Meaning.NOT_FOUND: r"\b(?:not found|no such|does not exist|doesnt exist|resource missing|unknown (?:resource|object|id)|notfound|nosuch\w*)\b",
    Meaning.CONFLICT: r"\b(?:already (?:exists?|taken|in use|registered|\w+)|duplicate|duplicated|conflict|not unique|uniqueness)\b",
    Meaning.METHOD: r"\bmethod not (?:allowed|supported)\b",
    Meaning.MALFORMED: r"\b(?:malformed|parse error|invalid json|bad json|syntax error|not readable)\b",
    Meaning.INVALID: r"\b(?:invalid|validation|bad (?:parameter|value|argument|input)|missing (?:parameter|field|argument)|out of range|unprocessable|required)\b",
    Meaning.RATE: r"\b(?:rate limit\w*|ratelimit\w*|too many requests|throttl\w+|slow down|request limit exceeded|rate exceeded)\b",
    Meaning.QUOTA: r"\b(?:insufficient quota|quota exceeded|billing\w*|spend limit\w*|insufficient (?:funds|balance|credits?))\b",
    Meaning.TIMEOUT: r"\b(?:gateway time ?out|upstream time ?out|deadline exceeded|etimedout|esockettimedout)\b",
    Meaning.UPSTREAM: r"\b(?:bad gateway|upstream error|upstream failure|econnrefused|econnreset|dependency failed)\b",
    Meaning.UNAVAILABLE: r"\b(?:service unavailable|unavailable|overloaded|maintenance)\b",
    Meaning.INTERNAL: r"\b(?:internal(?: server)? (?:error|failure)|server error|unexpected error)\b",
}
_codes: Final = {meaning: re.compile(pattern) for meaning, pattern in _CODES.items()}
_camel: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_separators: Final = re.compile(r"[^A-Za-z0-9]+")

NONE: Final[frozenset[Meaning]] = frozenset()


@functools.lru_cache(maxsize=2048)
def of_prose(text: str) -> frozenset[Meaning]:
    """What a text speaks of; several meanings where it can be read in several ways."""
    text = text[:TEXT_LIMIT].lower()  # to match without case takes twice as long
    present = {stem for stem in _ALL_STEMS if stem in text}
    return frozenset(
        meaning
        for meaning, stems, pattern in _prose
        if not any(group.isdisjoint(present) for group in stems) and pattern.search(text)
    )


@functools.lru_cache(maxsize=2048)
def of_code(code: str) -> frozenset[Meaning]:
    """What a machine-readable code such as ``RESOURCE_NOT_FOUND`` speaks of."""
    words = _separators.sub(" ", _camel.sub(" ", code[:128])).strip().lower()
    return frozenset(meaning for meaning, pattern in _codes.items() if pattern.search(words)) if words else NONE


_ORDER: Final = (
    Meaning.RATE,
    Meaning.AUTHN,
    Meaning.AUTHZ,
    Meaning.METHOD,
    Meaning.CONFLICT,
    Meaning.NOT_FOUND,
    Meaning.TIMEOUT,
    Meaning.UPSTREAM,
    Meaning.MALFORMED,
    Meaning.INVALID,
    Meaning.UNAVAILABLE,
    Meaning.INTERNAL,
)


def best_status(meanings: frozenset[Meaning]) -> int | None:
    """The status that fits what an error speaks of, the most telling meaning first; None where nothing is known."""
    return next((STATUS[meaning] for meaning in _ORDER if meaning in meanings), None)


_bare: Final = re.compile(
    r"\W*(?:(?:40[13] )?(?:(?:access(?: to th(?:e|is)(?: requested)? (?:page|resource|url))? )?"
    r"(?:is |was |has been )?forbidden|unauthori[sz]ed|(?:access |permission )?(?:is )?denied)\W*)+",
    re.IGNORECASE,
)


def is_bare_refusal(prose: str) -> bool:
    """Whether a text is no more than «Forbidden» or «Access denied», which people write under any refusal."""
    return len(prose) <= 64 and _bare.fullmatch(prose) is not None
