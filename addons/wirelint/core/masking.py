"""Mask whole messages for display: what is secret or names a person is replaced in place, and the rest stays readable.

Findings quote a little of an exchange; the page, HAR files and HTML reports show all of it. Here, values are masked by
the name they stand under, in every form that can be read: fields, cookies, queries, JSON, XML, HTML, forms. Then the
text passes through ``core.redact``, which removes echoes of the exchange's own secrets, and text that looks like one.
Content of an unknown or binary form is never shown.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple
from urllib.parse import unquote_plus

import msgspec

from wirelint.core.body import Body
from wirelint.core.credentials import (
    Sensitivity,
    is_clients_own,
    is_private,
    is_private_field,
    of_form,
    of_path,
    of_query,
)
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.json_parts import unguarded
from wirelint.core.knowledge import Knowledge, known
from wirelint.core.media import Kind
from wirelint.core.methods import method_name
from wirelint.core.redact import MASK, echoless, mask, redact, secrets
from wirelint.core.trace import TRACING

LONGEST_CONTENT: Final = 32 * 1024
"""Most octets of a body that are shown."""

_LONGEST_VALUE: Final = 2048
_LONGEST_TARGET: Final = 2048
_MOST_FIELDS: Final = 100
_MOST_PAIRS: Final = 500
_LONG_TEXT: Final = 2048
_LEFT_OUT: Final = 1024
_HELD: Final = "\u2588"
"""Stands for a masked value until the text around it is redacted, which would take ``[redacted]`` for a value."""
_RARE: Final = 0x20000
_MOST_RARE: Final = 32768
_two_rare: Final = re.compile("[\U00020000-\U00027fff]{2}")
"""Characters that hardly any text has (Unicode, CJK Unified Ideographs Extension B); a pair of them is a pseudonym."""
_DEEPEST: Final = 64
_MOST_OPEN: Final = 256
_COOKIES: Final = frozenset({"cookie", "set-cookie"})
_AUTHORIZATIONS: Final = frozenset({"authorization", "proxy-authorization"})
_URLS: Final = frozenset({"location", "content-location", "destination", "referer"})
_ADDRESSES: Final = frozenset(
    {
        "cf-connecting-ip", "client-ip", "forwarded", "fastly-client-ip", "true-client-ip", "x-client-ip",
        "x-cluster-client-ip", "x-envoy-external-address", "x-forwarded-for", "x-original-forwarded-for", "x-real-ip",
    }
)  # fmt: skip
"""Fields with addresses of clients."""
_trace: Final = re.compile(r"(?:Root=)?[0-9a-fA-F]{1,64}(?:[-:._/=;,][0-9a-fA-F]{1,64}){0,7}")
_plain_type: Final = re.compile(
    r"[a-z]{1,16}/[a-z0-9.+-]{1,64}(?:;\s{0,3}charset=\"?[a-z0-9-]{1,16}\"?)?", re.IGNORECASE
)
_scheme: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,23}(?= )")
_word: Final = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\Z)|[\[\]{},:]|[^\s\[\]{},:"]+', re.DOTALL)
_beginning: Final = re.compile(r'"(?:[^"\\]|\\u[0-9a-fA-F]{4}|\\[^u])*', re.DOTALL)
_name: Final = re.compile(r'"([^"\\\n]{1,128})"\s{0,8}:\s{0,8}')
_assigned: Final = re.compile(r"""(?<![\w.-])([\w.-]{1,64}+)\\{0,3}["'`]?\s{0,8}(?:=>|[:=])\s{0,8}(\\{0,3}["'`])""")
_string: Final = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\Z)', re.DOTALL)
_plain: Final = re.compile(r"[^\s,}\]]+")
_bracket: Final = re.compile(r"[\[\]{}]")
_tag: Final = re.compile(r"<(/?)([A-Za-z][\w:.-]{0,63})([^<>]*)>")
_attribute: Final = re.compile(r"""([\w:.-]{1,64})(\s{0,8}=\s{0,8})("[^"]*(?:"|\Z)|'[^']*(?:'|\Z)|[^\s"'<>]+)""")
_VOID: Final = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
_harmless: Final = re.compile(
    r' *(?:"[A-Za-z_]{1,15}": )?(?:"[A-Za-z _]{0,11}"|-?\d{1,9}(?:\.\d{1,6})?|true|false|null|[\[\]{}]{1,2}),?'
)
"""A line of indented JSON that is too short for anything that looks like a secret."""
_part_name: Final = re.compile(r'\bname="?([^"\r\n;]{1,128})', re.IGNORECASE)
_file: Final = re.compile(r"\bfilename\*?=|^content-type:(?!\s{0,8}text/plain)", re.IGNORECASE | re.MULTILINE)


class Masks:
    """Shows each masked value as ``[redacted]``."""

    def hold(self, _value: str) -> str:
        """Return what stands for a value until the text around it is redacted; redaction leaves it alone."""
        return _HELD

    def show(self, text: str) -> str:
        """Return redacted text with what ``hold`` returned as it is shown."""
        return text.replace(_HELD, MASK)

    def path(self, segments: list[str], masked: Callable[[str], str]) -> str:
        """Return a path.

        :param segments: its parts, hidden ones already held.
        :param masked: removes what looks like a secret.
        """
        return masked("/".join(segments))

    def text(self, _whole: str, masked: str) -> str:
        """Return text in which something may have been masked."""
        return masked

    def leaf(self, _masked: Callable[[str], str]) -> Callable[[Any], Any] | None:
        """Return a function that masks a string or a number of JSON; None if all of the JSON is masked as text."""
        return None


class Pseudonyms(Masks):
    """Shows each masked value as ``redacted-`` and eight digits, the same for equal values.

    :param key: 16 random octets or more; without them, nobody can test whether a name stands for a guessed value.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def hold(self, value: str) -> str:
        """Return what stands for a value until the text around it is redacted: two rare characters."""
        digest = hashlib.blake2b(value.encode("utf-8", "replace"), digest_size=8, key=self._key).digest()
        number = int.from_bytes(digest)
        return chr(_RARE + number % _MOST_RARE) + chr(_RARE + number // _MOST_RARE % _MOST_RARE)

    def show(self, text: str) -> str:
        """Return redacted text with what ``hold`` returned as it is shown."""
        return _two_rare.sub(_pseudonym, text)

    def path(self, segments: list[str], masked: Callable[[str], str]) -> str:
        """Return a path. Segments that differ stay different."""
        return "/".join(segment if masked(segment) == segment else self.hold(segment) for segment in segments)

    def text(self, whole: str, masked: str) -> str:
        """Return text in which something may have been masked: two that differ stay different."""
        return masked if masked == whole else masked.replace(MASK, self.show(self.hold(whole)))

    def leaf(self, masked: Callable[[str], str]) -> Callable[[Any], Any]:
        """Return a function that masks a string or a number of JSON, which stays JSON."""

        def mask_leaf(value: Any) -> Any:
            if isinstance(value, str):
                return self.text(value, masked(value))
            if isinstance(value, bool) or value is None or masked(str(value)) == str(value):
                return value
            return self.hold(str(value))

        return mask_leaf


def _pseudonym(match: re.Match[str]) -> str:
    first, second = match[0][0], match[0][1]
    return f"redacted-{(ord(second) - _RARE) * _MOST_RARE + ord(first) - _RARE:08x}"


MASKS: Final = Masks()


class _Rule(NamedTuple):
    """Which values to mask by the names that they stand under, and how."""

    private: Callable[[str], bool]
    hold: Callable[[str], str]
    leaf: Callable[[Any], Any] | None = None


def _rule(private: Callable[[str], bool], values: Iterable[str], masks: Masks) -> _Rule:
    return _Rule(private, masks.hold, masks.leaf(lambda text: mask(text, values)))


class Message(msgspec.Struct, frozen=True):
    """A masked request or response.

    ``line``: the request line or the status line. ``fields``: names and values in order. ``body``: the content as
    text, JSON indented; empty if there is none to show. ``form``: what it is, such as ``json``; empty without content.
    ``note``: why content is not shown, or not all of it. ``size``: length of the content in octets, None if unknown.
    """

    line: str
    fields: tuple[tuple[str, str], ...]
    body: str = ""
    form: str = ""
    note: str = ""
    size: int | None = None


def request_of(exchange: Exchange, *, target: str = "", most: int = LONGEST_CONTENT, masks: Masks = MASKS) -> Message:
    """Return the masked request of an exchange.

    :param target: its masked target, if that is known already.
    :param most: most octets of content to show; 0 for none.
    :param masks: how masked values are shown.
    """
    request = exchange.request
    values, hidden = secrets(exchange), known(exchange)
    line = (
        f"{method_name(request.method)} {target or target_of(exchange, masks)} {redact(request.http_version, limit=16)}"
    )
    fields = tuple(_fields(request.headers, values, hidden, masks, of_request=True))
    text, form, note = _content(request.body, request, values, most, _rule(is_clients_own, values, masks), masks)
    return Message(line, fields, text, form, note, request.body.size)


def response_of(exchange: Exchange, *, most: int = LONGEST_CONTENT, masks: Masks = MASKS) -> Message | None:
    """Return the masked response of an exchange, None if there is none.

    :param most: most octets of content to show; 0 for none.
    :param masks: how masked values are shown.
    """
    response = exchange.response
    if response is None:
        return None
    values = secrets(exchange)
    version = redact(response.http_version, limit=16)
    line = f"{version} {response.status} {redact(response.reason, values, limit=120)}".rstrip()
    fields = tuple(_fields(response.headers, values, known(exchange), masks, of_request=False))
    body = response.body
    text, form, note = _content(body, response, values, most, _rule(is_private, values, masks), masks)
    return Message(line, fields, text, form, note, body.size)


def fields_of(headers: Headers, exchange: Exchange, masks: Masks = MASKS) -> Iterator[tuple[str, str]]:
    """Yield masked fields of a response of an exchange, such as its trailers."""
    return _fields(headers, secrets(exchange), known(exchange), masks, of_request=False)


def authority_of(exchange: Exchange) -> str:
    """Return the masked host and port that a request was sent to; empty if unknown."""
    request = exchange.request
    authority = request.authority or request.headers.get("host") or ""
    return redact(authority.rpartition("@")[2], secrets(exchange), limit=255)


def target_of(exchange: Exchange, masks: Masks = MASKS) -> str:
    """Return the masked target of a request, such as ``/users/42/mail/[redacted]?page=3&q=[redacted]``.

    Masked are segments that name a person or look random, and values of the query, except numbers and words of the API.

    :param masks: how masked values are shown.
    """
    request = exchange.request
    values = secrets(exchange)
    hidden = {each.value for each in of_path(request.path)}
    path, question, query = request.target[:_LONGEST_TARGET].partition("?")
    segments = [masks.hold(segment) if _hides(segment, hidden) else segment for segment in path.split("/")]
    shown = masks.path(segments, lambda text: mask(text, values, queries=False))
    if question:
        pairs = "&".join(_pair(pair, known(exchange), masks) for pair in query.split("&")[:_MOST_PAIRS])
        shown = f"{shown}?{mask(pairs, values, queries=False)}"
    return masks.show(shown).replace("\n", " ").replace("\t", " ")


def _hides(segment: str, hidden: set[str]) -> bool:
    return any(part.rpartition("=")[2] in hidden for part in segment.split(";") if part)


def _pair(pair: str, knowledge: Knowledge, masks: Masks) -> str:
    """Return a part of a query with its value masked, unless that is a number or a word of the API."""
    name, equals, value = pair.partition("=")
    if not pair or not any(True for _ in of_query(pair, knowledge, Sensitivity.PRIVATE)):
        return pair
    return f"{name}={masks.hold(value)}" if equals else masks.hold(pair)


def _fields(
    headers: Headers, values: Iterable[str], knowledge: Knowledge, masks: Masks, *, of_request: bool
) -> Iterator[tuple[str, str]]:
    for name, value in list(headers)[:_MOST_FIELDS]:
        shown = _field(name.lower(), value.strip(), values, knowledge, masks, of_request=of_request)
        yield redact(name, limit=128), shown


def _field(  # noqa: PLR0911, PLR0913 - a table of cases
    name: str, value: str, values: Iterable[str], knowledge: Knowledge, masks: Masks, *, of_request: bool
) -> str:
    if not value or (name in TRACING and _trace.fullmatch(value)):
        return value
    if name in _AUTHORIZATIONS:
        scheme = _scheme.match(value)
        rest = masks.show(masks.hold(value if scheme is None else value[scheme.end() :].strip()))
        return f"{scheme[0]} {rest}" if scheme else rest
    if name in _COOKIES:
        return _cookies(value, values, masks, set_by_server=name == "set-cookie")
    if name in _URLS:
        return _url(value, values, knowledge, masks)
    if name in _ADDRESSES or (of_request and name in knowledge.fields) or is_private_field(name, of_request=of_request):
        return masks.show(masks.hold(value))
    if name == "content-type" and _plain_type.fullmatch(value):
        return value
    return masks.text(value, redact(value, values, limit=_LONGEST_VALUE))


def _cookies(value: str, values: Iterable[str], masks: Masks, *, set_by_server: bool) -> str:
    shown = []
    for place, pair in enumerate(value.split(";")[:_MOST_PAIRS]):
        name, equals, text = pair.strip().partition("=")
        private = place == 0 if set_by_server else True
        if private:
            hidden = masks.show(masks.hold(text if equals else name))
            shown.append(f"{masks.text(name, redact(name, values, limit=64))}={hidden}" if equals else hidden)
        else:
            shown.append(redact(f"{name}{equals}{text}", values))
    return "; ".join(shown)


def _url(value: str, values: Iterable[str], knowledge: Knowledge, masks: Masks) -> str:
    """Return a URL without the values of its query and fragment."""
    value, hash_, _ = value[:_LONGEST_TARGET].partition("#")
    place, question, query = value.partition("?")
    pairs = "&".join(_pair(pair, knowledge, masks) for pair in query.split("&")[:_MOST_PAIRS])
    shown = masks.path(place.split("/"), lambda text: mask(text, values, queries=False))
    if question:
        shown = f"{shown}?{mask(pairs, values, queries=False)}"
    shown = masks.show(shown)
    return f"{shown}#{MASK}" if hash_ else shown


def _content(  # noqa: PLR0911, PLR0913, PLR0917 - one caller for each of two messages
    body: Body, message: Request | Response, values: Iterable[str], most: int, rule: _Rule, masks: Masks
) -> tuple[str, str, str]:
    """Return content as masked text, its form, and a note."""
    if body.empty:
        return "", "", ""
    if not most:
        return "", "", "content is not kept: --bodies none"
    if body.unavailable is not None:
        return "", "", f"content is unknown: {body.unavailable.replace('_', ' ')}"
    content = body.content or b""
    if not content:
        return "", "", "content is unknown: cut off"
    media = message.headers.media_type
    whole = body.complete and len(content) <= most
    note = "" if whole else f"the first {min(len(content), most):,} octets"
    text = _text(body, content, most)
    shown = _json(text, rule, whole=whole) if media.kind in _MAYBE_JSON else None
    if shown is not None and rule.leaf is not None:
        return masks.show(shown), "json", note
    form = "json"
    if shown is None:
        form = str(media.kind)
        shown = _SHOWN[media.kind](text, rule) if media.kind in _SHOWN else None
    if shown is None and media.kind is Kind.MULTIPART:
        shown = _multipart(text, media.boundary, rule)
    if shown is None and media.kind in (Kind.NONE, Kind.OTHER) and _is_text(media.essence, text):
        form, shown = "text", _pairs(text, rule)
    if shown is None:
        return "", "", f"content is not shown: {redact(media.essence, limit=64) or 'no media type'}"
    shown = _assignments(shown, rule)
    safe = _mask_lines(shown, values) if form == Kind.JSON else mask(shown, values, queries=form != Kind.FORM)
    return masks.show(safe), form, note


def _mask_lines(text: str, values: Iterable[str]) -> str:
    """Redact indented JSON. Most of its lines are numbers and short words, which takes four times as long to redact."""
    text = echoless(text, values)
    lines = text.split("\n")
    doubtful = [place for place, line in enumerate(lines) if _harmless.fullmatch(line) is None]
    redacted = mask("\n".join(lines[place] for place in doubtful)).split("\n")
    if len(redacted) != len(doubtful):  # a secret over several lines
        return mask(text)
    for place, line in zip(doubtful, redacted, strict=True):
        lines[place] = line
    return "\n".join(lines)


def _text(body: Body, content: bytes, most: int) -> str:
    if len(content) <= most:
        return body.text or ""
    try:
        return content[:most].decode(body.media.charset or "utf-8", "replace")
    except (LookupError, ValueError, TypeError):
        return content[:most].decode("utf-8", "replace")


def _is_text(essence: str, text: str) -> bool:
    """Return whether content without a known form is text: by its type, or because it begins as JSON or markup does."""
    if "\ufffd" in text or "\0" in text:
        return False
    return essence.startswith("text/") or essence.endswith("javascript") or (not essence and text.lstrip()[:1] in "{[<")


def _json(text: str, rule: _Rule, *, whole: bool) -> str | None:
    """Return JSON, indented, with its private members masked; None if it is none. Of a beginning, what is complete."""
    octets = unguarded(text.encode("utf-8", "replace"))
    if octets[:1] not in (b"{", b"["):
        return None
    value: Any = None
    for attempt in (bytes,) if whole else (bytes, _closed):
        try:
            value = msgspec.json.decode(attempt(octets))
            break
        except (msgspec.MsgspecError, RecursionError, ValueError):
            continue
    else:
        return None
    return msgspec.json.format(msgspec.json.encode(_masked(value, rule, 0)), indent=2).decode()


def _closed(octets: bytes) -> bytes:
    """Return the beginning of JSON up to its last complete value, with its brackets closed.

    Of a long text that the end cuts off, the beginning is kept, without its last part, where a secret may be cut.
    """
    text = octets.decode("utf-8", "replace")
    waiting: list[str] = []
    end = 0
    before = ""
    for match in _word.finditer(text):
        word = match[0]
        if word in "[{":
            waiting.append("]" if word == "[" else "}")
            end = match.end()
        elif word in "]}":
            if not waiting or waiting.pop() != word:
                break
            end = match.end()
        elif word == ",":
            end = match.start()
        elif match.end() == len(text) and len(word) > _LONG_TEXT and (before == ":" or waiting[-1:] == ["]"]):
            kept = _beginning.match(word[:-_LEFT_OUT])
            return f'{text[: match.start()]}{kept[0] if kept else '"'}…"{"".join(reversed(waiting))}'.encode()
        if len(waiting) > _DEEPEST:
            break
        before = word
    return (text[:end] + "".join(reversed(waiting))).encode()


def _masked(value: Any, rule: _Rule, depth: int) -> Any:
    if depth > _DEEPEST:
        return rule.hold("")
    if isinstance(value, dict):
        return {
            name if rule.leaf is None else rule.leaf(name): (
                _all_masked(inner, rule) if rule.private(name) else _masked(inner, rule, depth + 1)
            )
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_masked(inner, rule, depth + 1) for inner in value]
    return value if rule.leaf is None else rule.leaf(value)


def _all_masked(value: Any, rule: _Rule) -> Any:
    """Return a private member's value: whether there is something is all that can be seen."""
    if value in (None, "", True, False, [], {}):
        return value
    return rule.hold(value if isinstance(value, str) else str(value))


def _pairs(text: str, rule: _Rule) -> str:
    """Return text with the values masked that stand behind private names in quotes, as in broken JSON."""
    shown: list[str] = []
    at = 0
    while (match := _name.search(text, at)) is not None:
        shown.append(text[at : match.end()])
        at = match.end()
        if rule.private(match[1]):
            end = _end(text, at)
            if end > at:
                shown.append(f'"{rule.hold(text[at:end].strip('"'))}"')
            at = end
    return "".join(shown) + text[at:]


def _assignments(text: str, rule: _Rule) -> str:
    """Return text with the quoted values masked that are assigned to private names, as in scripts and queries.

    ``login(password: "a b")``, ``{token: 'a b'}``, ``password = "a b"``, and JSON that is a string of JSON.
    """
    shown: list[str] = []
    at = 0
    while (match := _assigned.search(text, at)) is not None:
        shown.append(text[at : match.end()])
        at = match.end()
        if rule.private(match[1]):
            end = _closing(text, at, match[2])
            if end > at:
                shown.append(rule.hold(text[at:end]))
            at = end
    return "".join(shown) + text[at:]


def _closing(text: str, at: int, quote: str) -> int:
    """Return where a quoted value ends; without a closing quote, the end of the text."""
    end = text.find(quote, at)
    while end > at and len(quote) == 1 and text[end - 1] == "\\":
        end = text.find(quote, end + 1)
    return len(text) if end < 0 else end


def _end(text: str, at: int) -> int:
    """Return where the value that begins at a position ends; in doubt, the end of the text."""
    first = text[at : at + 1]
    if first == '"':
        string = _string.match(text, at)
        return len(text) if string is None else string.end()
    if first and first in "[{":
        depth = 0
        for bracket in _bracket.finditer(text, at):
            depth += 1 if bracket[0] in "[{" else -1
            if depth == 0:
                return bracket.end()
        return len(text)
    plain = _plain.match(text, at)
    return at if plain is None else plain.end()


def _markup(text: str, rule: _Rule) -> str:
    """Return XML or HTML with the content and the attributes masked that stand under private names."""
    shown: list[str] = []
    open_: list[str] = []
    secret = 0
    at = 0
    for match in _tag.finditer(text):
        between = text[at : match.start()]
        shown.append(rule.hold(between.strip()) if secret and between.strip() else between)
        at = match.end()
        local = match[2].rpartition(":")[2].lower()
        if match[1]:
            if local in open_:
                while open_:
                    last = open_.pop()
                    secret -= rule.private(last)
                    if last == local:
                        break
            shown.append(match[0])
            continue
        shown.append(f"<{match[2]}{_attributes(match[3], rule)}>")
        if not match[3].endswith("/") and local not in _VOID:
            secret += rule.private(local)
            if len(open_) < _MOST_OPEN:  # deeper down, what is private remains so to the end
                open_.append(local)
    rest = text[at:]
    # A tag that the end cuts off may have a value in it.
    return "".join(shown) + (rule.hold(rest.strip()) if secret and rest.strip() else rest.partition("<")[0])


def _attributes(text: str, rule: _Rule) -> str:
    """Return attributes with the private ones masked; and «value», if another one says that it is private."""
    found = {match[1].lower(): match[3].strip("\"'") for match in _attribute.finditer(text)}
    if not found:
        return text
    says = any(rule.private(found[name]) for name in ("name", "id", "type", "property", "key") if name in found)

    def masked(match: re.Match[str]) -> str:
        name = match[1].lower()
        hides = rule.private(name.rpartition(":")[2]) or (says and name in ("value", "content"))
        return f'{match[1]}{match[2]}"{rule.hold(match[3].strip("\"'"))}"' if hides else match[0]

    return _attribute.sub(masked, text)


def _form(text: str, rule: _Rule) -> str:
    pairs = text.split("&")
    shown = [_form_pair(pair, rule) for pair in pairs[:_MOST_PAIRS]]
    return "&".join(shown)


def _form_pair(pair: str, rule: _Rule) -> str:
    name, equals, value = pair.partition("=")
    if not equals:
        return rule.hold(pair) if pair else ""
    hidden = f"{name}={rule.hold(unquote_plus(value))}"
    if any(True for _ in of_form(pair, Sensitivity.PRIVATE)):
        return hidden
    decoded = unquote_plus(pair)
    return pair if mask(decoded) == decoded else hidden


def _multipart(text: str, boundary: str, rule: _Rule) -> str | None:
    """Return the parts of a form (RFC 7578), those that are files or private without content."""
    if not boundary:
        return None
    shown = []
    for part in text.split(f"--{boundary}")[1 : _MOST_PAIRS + 1]:
        head, blank, content = part.partition("\r\n\r\n")
        name = _part_name.search(head[:1024])
        if name is None or not blank:
            continue
        hides = rule.private(name[1].strip())
        content = content.removesuffix("\r\n")
        said = (
            rule.hold(content)
            if hides
            else f"({len(content):,} characters, not shown)"
            if _file.search(head[:1024])
            else content
        )
        shown.append(f"{name[1]}: {said}")
    return "\n".join(shown)


_SHOWN: Final[dict[Kind, Callable[[str, _Rule], str]]] = {
    Kind.JSON: _pairs,
    Kind.LINES: _pairs,
    Kind.EVENTS: _pairs,
    Kind.TEXT: _pairs,
    Kind.XML: _markup,
    Kind.HTML: _markup,
    Kind.FORM: _form,
}
_MAYBE_JSON: Final = frozenset({Kind.JSON, Kind.TEXT, Kind.HTML, Kind.NONE, Kind.OTHER})
