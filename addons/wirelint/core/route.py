"""Turn a path into a route template: ``/users/42`` → ``/users/{id}`` (OpenTelemetry's ``http.route``).

All instances of a resource share one template, which contains nothing that a client chose freely: no name, no address,
no token. Only segments that look like a developer's words are kept. All others become a placeholder: ``{id}``,
``{uuid}``, ``{date}``, ``{token}`` or ``{name}``.
"""

from __future__ import annotations

import functools
import itertools
import re
from typing import Final
from urllib.parse import unquote

_MOST_SEGMENTS: Final = 12
_LONGEST_WORD: Final = 40
_LONGEST_PLAIN: Final = 31  # with one more, it may be a UUID
_LONGEST_PATH: Final = 1024


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


_uuid: Final = re.compile(r"[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}")
_date: Final = re.compile(r"\d{4}-\d{2}-\d{2}(T[\d:.Z+-]{0,30})?")
_day: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_version: Final = re.compile(r"v?\d{1,2}(\.\d{1,2}){0,2}([A-Za-z]{2,8}\d{0,2})?")
_numbered: Final = re.compile(r"[-_]\d+$")  # tea-41, user_62
_hex: Final = re.compile(r"[0-9a-fA-F]{8,}")
_piece: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]")
_humps: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_joint: Final = re.compile(r"[-_]+")
_unpronounceable: Final = re.compile(r"[bcdfghjklmnpqrstvwxz]{6}", re.IGNORECASE)
_CAPITALS: Final = words("CHANGELOG CONTRIBUTING INDEX LICENSE NOTICE README VERSION")
_ABBREVIATIONS: Final = words("jsonrpc xmlhttp xmlrpc")
"""Words with more than five consecutive consonants."""
_random_joint: Final = re.compile(r"[-_/+=]+")
_version_of_api: Final = re.compile(r"v\d{1,2}(?:(?:alpha|beta)\d{0,2})?")
_switch: Final = re.compile(r"[A-Za-z]\d|\d[A-Za-z]")
_LONGEST_READABLE: Final = 20
_MOST_SWITCHES: Final = 4
_PLACES: Final = frozenset({"", "*", "-", "_", ".", "..", "@me"})
"""``*`` is the target of OPTIONS; GitLab has ``/-/``, Discord ``/@me``."""
_sign: Final = re.compile(r"[$+_.!]|__")
"""Prefixes that developers put before a word: ``$metadata``, ``_search``, ``.well-known``, ``+login``."""
_letters: Final = re.compile(r"[A-Za-z]+")
_call: Final = re.compile(r"([A-Za-z]{1,40})\(([^)]{0,200})\)")
"""An OData key predicate: ``Products(42)``, ``Users('ann')``."""
# Words with digits that developers type. A word with any other digits is a user, a password or an id.
_with_digits: Final = re.compile(
    r"(?:alpha|api|auth|base|beta|ec|http|ipv|layer|level|md|mp|oauth|page|part|phase|rc|rpc|sha|stage|step|tier|utf|web)\d{1,3}"
    r"|2fa|[23]d|b2[bc]|e2e|h[23]|i18n|k8s|l10n|log4j|oauth2[a-z]{0,12}|p2p|s3|x509",
    re.IGNORECASE,
)
_issued: Final = re.compile(
    r"(?:tok|cus|sk|pk|rk|pm|pi|ch|acct|seti|txn|usr|whsec|gh[oprsu]|glpat|xox[abprs]|shpat)[-_]", re.IGNORECASE
)
"""Prefixes of ids and tokens of well-known issuers: ``tok_visa``, ``cus_Abc``, ``sk_live_abc``."""

EXTENSIONS: Final = words(
    """
    action ashx asmx asp aspx atom avi axd bin bmp bz2 cer cfm cgi class conf config crl crt css csv cur deb dll do doc
    docx dtd env eot eps epub exe fcgi flac geojson gif graphql gz har htm html ico ics ini ipynb iso jar java jpeg jpg
    js json jsonl jsonp jsp jspx jsx kml less lock log lua m3u8 map markdown md mjs mov mp3 mp4 mpd mpeg nt ods odt ogg
    otf parquet pbf pdf pem php phtml png ppt pptx proto ps1 py rar rb rdf rss rst rtf scss sh shtml sjs sql sqlite svc
    svg swf tar tgz tif tiff toml tpl ts tsv tsx ttf ttl txt vtt wasm wav webm webmanifest webp whl woff woff2 wsdl
    xhtml xls xlsx xml xsd xsl xslt yaml yml zip zst
    """
)
_INNER_EXTENSIONS: Final = words("bundle chunk config d dev esm min prod spec tar umd")

VERBS: Final = words(
    """
    accept activate add append apply approve assign authenticate authorize batch bulk cancel check clear clone complete
    confirm copy count create deactivate delete deny describe detach disable download enable evaluate execute export
    fetch generate get import info init insert invite invoke join leave list lock login logout lookup merge modify move
    notify open patch ping poll post predict preview publish purge put query read refresh register reject reload remove
    rename renew reopen replace request resend reset resolve restart restore resume retrieve retry revoke rollback
    rotate run save schedule search select send set sign start stop submit subscribe suspend switch sync terminate test
    toggle transfer trigger undo unlock unsubscribe update upload upsert validate verify watch write
    """
)
"""Verbs at the start of API methods."""
_SURNAMES: Final = words("leave lock move post read sign start switch test")
"""Those of these verbs that are also names of people."""

PEOPLE: Final = words("users members people persons customers employees patients subscribers")
OPERATIONS: Final = VERBS | words(
    """
    access active activity admin admins all anonymous api auth avatar avatars by children count current default edit
    email emails events exists export favorites friends groups health history invitations invites invited list me
    metrics my new password passwords permissions pending preferences profile profiles recent registration relationships
    roles self session sessions settings signin signout signup sign stats statistics status summary tags teams token
    tokens top types v1 v2 whoami
    """
)
"""Words below a collection of people that are not people."""


def route(path: str) -> str:
    """Return the template of a path.

    :param path: as in the request target, without query. Segments after the twelfth become one ``…``.
    """
    return _route(path[:_LONGEST_PATH])


@functools.lru_cache(maxsize=8192)
def _route(path: str) -> str:
    segments = path.split("/")
    folded = []
    before = ""
    for place, segment in enumerate(segments[: _MOST_SEGMENTS + 1]):
        bare = segment.partition(";")[0]  # without matrix parameters
        # A date in the first segment may be the version of an API: /2010-04-01/Accounts.
        dated = place == 1 and len(segments) > 2 and _day.fullmatch(bare) is not None
        folded.append(bare if dated else _behind(before, bare))
        before = bare
    if len(segments) > _MOST_SEGMENTS + 1:
        folded.append("…")
    return "/".join(folded) or "/"


def _behind(before: str, segment: str) -> str:
    """Return the template of a segment after another one."""
    template = _template(segment)
    if template == segment != "" and before.lower() in PEOPLE and not _belongs_to_people(segment):
        return "{name}"
    if template == "{name}" and before == "Actions" and _action.fullmatch(segment):  # Redfish: Actions/Chassis.Reset
        return segment
    return template


_action: Final = re.compile(r"#?[A-Z][A-Za-z]{1,40}\.[A-Z][A-Za-z]{1,40}")


def _belongs_to_people(segment: str) -> bool:
    if _version.fullmatch(segment):
        return True
    first = _humps.search(segment.rpartition(".")[0] or segment)
    return first is not None and first[0].lower() in OPERATIONS


@functools.lru_cache(maxsize=8192)  # words repeat in paths, ids do not
def _template(segment: str) -> str:  # noqa: C901, PLR0911 - a table of shapes
    if segment in _PLACES:
        return segment
    if (
        len(segment) <= _LONGEST_PLAIN
        and segment.isascii()
        and segment.isalpha()
        and segment.islower()
        and not gibberish(segment)
    ):
        return segment
    if segment.isdigit():
        return "{id}"
    if _uuid.fullmatch(segment):
        return "{uuid}"
    if _date.match(segment):
        return "{date}"
    if len(segment) > _LONGEST_WORD:
        return "{token}"
    if _version.fullmatch(segment) and (segment[0] == "v" or "." in segment):
        return segment
    if _issued.match(segment):
        extension = segment.rpartition(".")[2]
        return f"{{token}}.{extension}" if extension.lower() in EXTENSIONS else "{token}"
    if _numbered.search(segment):
        return "{id}"
    if call := _call.fullmatch(segment):
        return f"{call[1]}({('{id}' if call[2].isdigit() else '{name}') if call[2] else ''})"
    stem, dot, extension = segment.rpartition(".")
    if dot and stem and extension.lower() in EXTENSIONS:
        return segment if _is_stem(stem) else f"{_folded(stem)}.{extension}"
    name, colon, verb = segment.partition(":")
    if colon and _is_method(verb):  # a custom method: instances/web:restart (Google AIP-136)
        return f"{name if _is_words(name) else _folded(name)}:{verb}"
    return segment if _is_words(segment) or _is_dotted_method(segment) else _folded(segment)


def _folded(segment: str) -> str:
    """Return the placeholder of a dropped segment: ``{id}`` if it has digits or is random, else ``{name}``."""
    text = unquote(segment)
    if "@" in text or not text.isascii():
        return "{name}"
    if text.isalnum() or any(c.isdigit() for c in text):
        return "{id}"
    return "{name}" if all(_is_word(part) for part in _letters.findall(text)) else "{id}"


def _is_stem(stem: str) -> bool:
    """Return whether a developer chose a file name without its extension: ``app``, ``app.min``."""
    name, _, inner = stem.rpartition(".")
    while name and inner in _INNER_EXTENSIONS:
        stem = name
        name, _, inner = stem.rpartition(".")
    return not stem.isdigit() and (_is_words(stem) or stem in _CAPITALS)


def _is_words(segment: str) -> bool:
    """Return whether a segment is one word, or several joined by - or _."""
    if not segment.isascii():
        return False
    if (sign := _sign.match(segment)) and len(segment) > sign.end():
        segment = segment[sign.end() :]
    parts = [part for part in _joint.split(segment) if part]
    if not parts or not all(_is_word(part) for part in parts):
        return False
    # Max-Mustermann, Main_Page: a name or a title.
    return len(parts) == 1 or parts[0].isupper() or not parts[0][0].isupper()


def _is_word(part: str) -> bool:
    if not part.isalnum():
        return False
    if part.isdigit():
        return len(part) <= 2
    if not part.isalpha():
        return _with_digits.fullmatch(part) is not None or (_version.fullmatch(part) is not None and part[0] == "v")
    if gibberish(part):
        return False
    # Camel case consists of words; random letters split into pieces of one or two.
    pieces = _piece.findall(part)
    short = sum(len(piece) <= 2 for piece in pieces)
    return len(pieces) < 3 or len(part) < 5 or short * 2 <= len(pieces)


def _is_method(name: str) -> bool:
    """Return whether a name is a method's: a verb, or words with one: ``list``, ``postMessage``, ``zone_info``."""
    if not name.isascii() or not name.replace("_", "").isalpha():
        return False
    humps = _humps.findall(name)
    if len(humps) > 1:
        return humps[0].lower() in VERBS or humps[-1].lower() in VERBS
    verb = name.lower()
    return verb in VERBS and verb not in _SURNAMES


def _is_dotted_method(segment: str) -> bool:
    """Return whether a segment names a service or its method: ``chat.postMessage``, ``grpc.health.v1.Health``.

    ``john.smith`` and ``John.Smith`` do not.
    """
    *names, last = segment.split(".")
    if not names or not all(name and name.isascii() and _is_words(name) for name in names):
        return False
    service = last.isascii() and last.isalpha() and last[0].isupper() and all(name.islower() for name in names)
    return service or _is_method(last)


def gibberish(word: str) -> bool:
    """Return whether a word is no language's: six consecutive consonants, or only letters that are hex digits."""
    return (_unpronounceable.search(word) is not None and word.lower() not in _ABBREVIATIONS) or (
        _hex.fullmatch(word) is not None
    )


def looks_random(run: str) -> bool:
    """Return whether a run of characters looks random. Words joined by - or _ do not."""
    if all(
        (part.isalpha() and (part.islower() or part.isupper() or part.istitle()) and not gibberish(part))
        or ("/" in run and _version_of_api.fullmatch(part))
        for part in _random_joint.split(run)
        if part
    ):
        return False
    if len(run) < _LONGEST_READABLE:
        return len(_switch.findall(run)) >= _MOST_SWITCHES
    return (
        any(c.isdigit() for c in run)
        or gibberish(run)
        or sum(a.islower() != b.islower() for a, b in itertools.pairwise(run)) > len(run) // 3
    )
