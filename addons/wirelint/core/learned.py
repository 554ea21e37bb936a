"""Learn the route templates of a service from its traffic: ``/profile/jsmith`` → ``/profile/{name}``.

``core.route`` reads one path alone, and keeps each segment that could be a word. Here the segments of all paths of a
service make a tree, and a route keeps a word only if a developer probably typed it:

- Words of the vocabulary (``core.route_words``) are kept at once, except titles below a collection
  (``/products/red-shoes``), and everything below people (``/users/…``) that is not an operation.
- Any other word must be seen several times, with few others in its place, and must not be a name.
- A 404, a 410 or a missing answer teaches nothing.
- A place with many words that were rarely seen again has values: they become one ``{name}`` (a ``Fold``), and the
  routes below them are merged.

The result depends only on the exchanges and their order. All of it is bounded.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from wirelint.core.fold import Fold
from wirelint.core.route import EXTENSIONS, OPERATIONS, PEOPLE, VERBS, words
from wirelint.core.route_words import NAMES, WORDS

_ENOUGH: Final = 4
"""Required sightings of a word outside the vocabulary."""
_ENOUGH_IN_COLLECTION: Final = 8
_ENOUGH_TITLE: Final = 3
_ENOUGH_AMONG_MANY: Final = 16
_ENOUGH_ALIKE: Final = 2
"""Words that must be below both a word and a value, so that the word is a value, too."""
_SETTLED: Final = 8
_MOST_TRIED: Final = 48
_MOST_RIVALS: Final = 12
_MOST_RIVALS_IN_COLLECTION: Final = 5
_MOST_DATES: Final = 3
_MANY: Final = 64
_MANY_IN_COLLECTION: Final = 20
_MOST_WORDS: Final = 512
_MOST_KEPT: Final = 24
_MOST_KNOWN: Final = 2048
_MOST_PLACES: Final = 2048
_DEEPEST: Final = 64
MOST_SERVICES: Final = 256

_piece: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_version: Final = re.compile(r"v?\d{1,2}(?:\.\d{1,3}){0,2}(?:(?:alpha|beta|rc)\d{0,2})?")
_date: Final = re.compile(r"\d{4}-\d\d-\d\d")
_version_or_date: Final = re.compile(f"{_version.pattern}|{_date.pattern}")
_joint: Final = re.compile(r"[-_. +]")
_GENERIC: Final = words("api apis rest rpc service services public private internal web app graphql")
"""Prefixes before the collections of an API, which say nothing about the next segment."""
_SINGULAR: Final = words("status address access process news https dns sms alias canvas business")
_OWN: Final = words("profile u by author owner account player member user person") | PEOPLE
_NAMED: Final = words(
    "branches buckets environments heads labels namespaces orgs queues repos repositories stages tables tags topics"
    " workspaces"
)
"""Collections whose members people name with everyday words: ``/branches/main``, ``/environments/test``."""
_NAMES: Final = words("admin api auth default test")
"""Operations elsewhere, and common names of such members."""
_OF_ONE: Final = words("user account member person owner")
"""Words for the caller, before the caller's things: ``/user/orders``."""
_ABBREVIATED: Final = 3
_SHORTEST_WITH_INITIAL: Final = 4
_LEAST_MADE: Final = 7
_DERIVED: Final = ("tion", "sion", "ment", "ance", "ence", "ility", "ization")
_PREFIXES: Final = ("un", "re", "dis", "sub", "pre", "auto", "multi", "non", "de", "co", "inter")
_OF_SURNAMES: Final = tuple(
    words("man son wood well ford field ton land worth smith berg stein house water way bridge head hill lock more")
)
"""Endings of surnames that are made of words: ``blackwood``."""


class _Place:
    """A position after a prefix: its kept words, words on trial, and all values as one."""

    __slots__ = ("crowded", "hits", "label", "tried", "value", "words")

    def __init__(self) -> None:
        self.words: dict[str, _Place] = {}
        self.tried: dict[str, int] = {}
        self.value: _Place | None = None
        self.label = ""
        self.hits = 0
        self.crowded = False


class KeptPlace(msgspec.Struct, frozen=True, array_like=True):
    """A place as it is kept in a file: see ``LearnedRoutes.kept``. Words on trial are left out."""

    hits: int
    label: str
    crowded: bool
    words: dict[str, KeptPlace]
    value: KeptPlace | None


class _Service:
    """The routes of one service."""

    __slots__ = ("_folds", "_name", "_places", "_root", "known", "last")

    def __init__(self, name: str) -> None:
        self.known: dict[str, str] = {}
        """Paths with nothing left to learn, by their static route."""
        self.last = 0.0
        self._name = name
        self._root = _Place()
        self._places = 1
        self._folds: list[Fold] = []

    def kept(self) -> KeptPlace:
        """Return what was learned, to be kept."""
        return _kept(self._root)

    def restore(self, kept: KeptPlace) -> None:
        """Take over what was learned before; only to be called on a new object."""
        self._places = 0
        self._root = self._restored(kept, 0)

    def _restored(self, kept: KeptPlace, depth: int) -> _Place:
        place = _Place()
        self._places += 1
        place.hits, place.label, place.crowded = kept.hits, kept.label, kept.crowded
        if depth < _DEEPEST:
            for word, child in list(kept.words.items())[:_MOST_WORDS]:
                if self._places < _MOST_PLACES:
                    place.words[word] = self._restored(child, depth + 1)
            if kept.value is not None and self._places < _MOST_PLACES:
                place.value = self._restored(kept.value, depth + 1)
        return place

    def learn(self, static: str, *, found: bool) -> tuple[str, tuple[Fold, ...]]:
        """Return the route of an exchange, and its folds."""
        place: _Place = self._root
        above: _Place | None = None
        before = ""
        settled = True
        labels = [""]
        for segment in static.split("/")[1:]:
            child = place.words.get(segment)
            if child is not None:
                label = segment
                if found:
                    child.hits += 1
                settled = settled and child.hits >= _SETTLED
            elif segment in ("", "…"):
                label, child = segment, place
            else:
                label, child, fixed = self._enter(place, segment, before, labels, found=found)
                settled = settled and fixed
                if above is not None and label == segment and self._compare(above, before, labels):
                    child = above.value.words.get(segment, child) if above.value is not None else child
            labels.append(label)
            above, place, before = place, child, label
        route = "/".join(labels)
        if settled and found:
            if len(self.known) >= _MOST_KNOWN:
                self.known.clear()
            self.known[static] = route
        if not self._folds:
            return route, ()
        folds = tuple(self._folds)
        self._folds.clear()
        self.known.clear()
        for fold in folds:
            route = fold.of(route)
        return route, folds

    def label(self, static: str) -> str:
        """Return the current route of an exchange."""
        place: _Place | None = self._root
        labels = [""]
        for segment in static.split("/")[1:]:
            child = None if place is None else place.words.get(segment)
            if child is not None or segment in ("", "…"):
                labels.append(segment)
                place = child or place
            else:
                value = None if place is None else place.value
                label = _value(segment)
                labels.append((place.label or label) if place is not None and label[-1] == "}" else label)
                place = value
        return "/".join(labels)

    def _enter(
        self, place: _Place, segment: str, before: str, labels: list[str], *, found: bool
    ) -> tuple[str, _Place, bool]:
        """Return label and place of a segment that is not a word of its place yet, and whether that is final."""
        if found and segment[0] == "{" and segment[-1] == "}":
            return *self._valued(place, segment), True
        label = _value(segment)
        if not found:
            if segment in _GENERIC or _version.fullmatch(segment):
                return segment, _NOWHERE, False
            return (
                (place.label or label) if label[-1] == "}" else label,
                place.value or _NOWHERE,
                False,
            )
        needed = 1 if "{" in segment else 0 if _is_proper(segment, labels) else _needed(place, segment, before)
        if needed:
            seen = place.tried.get(segment, 0) + 1
            if seen >= needed:
                place.tried.pop(segment, None)
                return self._kept(place, segment, before, labels, seen)
            self._try(place, segment, seen)
        return *self._valued(place, label), place.crowded and not needed

    def _kept(self, place: _Place, segment: str, before: str, labels: list[str], seen: int) -> tuple[str, _Place, bool]:
        if self._places >= _MOST_PLACES or len(place.words) >= _MOST_WORDS:
            return *self._valued(place, _value(segment)), False
        self._places += 1
        child = place.words[segment] = _Place()
        child.hits = seen
        many = _MANY_IN_COLLECTION if _is_collection(before) else _MANY
        if len(place.words) >= many and len(place.words) % 4 == 0:
            self._fold(place, "/".join(labels))
        return segment, child, False

    def _try(self, place: _Place, segment: str, seen: int) -> None:
        tried = place.tried
        tried[segment] = seen
        if len(tried) > _MOST_TRIED:
            place.crowded = True
            # Only frequent words have a chance now.
            place.tried = {word: times for word, times in tried.items() if times > 1}
            if len(place.tried) > _MOST_TRIED // 2:
                place.tried = {}

    def _valued(self, place: _Place, label: str) -> tuple[str, _Place]:
        value = place.value
        if value is None:
            if self._places >= _MOST_PLACES:
                return label, _NOWHERE
            self._places += 1
            value = place.value = _Place()
        if label[-1] != "}":  # a file
            return label, value
        place.label = place.label or label
        return place.label, value

    def _compare(self, place: _Place, word: str, labels: Sequence[str]) -> bool:
        """Turn a word into a value if the same words are below both: ``/of/{name}/pulls`` and ``/of/flow/pulls``.

        :param place: that of the word.
        :param labels: the route up to the word.
        :returns: whether it is a value now.
        """
        child, value = place.words.get(word), place.value
        if child is None or value is None or word.lower() in OPERATIONS or word in _GENERIC:
            return False
        both = [each for each in child.words if each in value.words and not is_method(each)]
        if len(both) < _ENOUGH_ALIKE or len(both) * 2 < len(child.words):
            return False
        label, value = self._valued(place, "{name}")
        self._merge(value, place.words.pop(word))
        self._places -= 1
        self._folds.append(Fold(self._name, "/".join(labels[:-1]), frozenset((word,)), label))
        return True

    def _fold(self, place: _Place, prefix: str) -> None:
        """Turn the words of a place into values, if they are values."""
        words = place.words
        tally = {word: child.hits for word, child in words.items()}
        methods = sum(is_method(word) for word in words)
        once = sum(hits <= 1 for hits in tally.values())
        if methods * 2 > len(words) or once * 2 <= len(words) or (_is_branched(words) and not _is_alike(words)):
            return
        most = sum(tally.values())
        kept = {
            word
            for word, hits in tally.items()
            if word in _GENERIC or word in OPERATIONS or "{" in word or hits >= max(_ENOUGH_AMONG_MANY, most // 20)
        }
        gone = frozenset(word for word in words if word not in kept)
        label, value = self._valued(place, "{name}")
        for word in gone:
            child = words.pop(word)
            self._places -= 1
            self._merge(value, child)
        place.crowded = True
        self._folds.append(Fold(self._name, prefix, gone, label))

    def _merge(self, into: _Place, other: _Place) -> None:
        into.hits += other.hits
        for word, child in other.words.items():
            known = into.words.get(word)
            if known is None:
                into.words[word] = child
            else:
                self._places -= 1
                self._merge(known, child)
        if other.value is not None:
            if into.value is None:
                into.value, into.label = other.value, other.label
            else:
                self._places -= 1
                self._merge(into.value, other.value)


def _kept(place: _Place) -> KeptPlace:
    # Copies, as others may learn meanwhile.
    words = {word: _kept(child) for word, child in dict(place.words).items()}
    value = place.value
    return KeptPlace(place.hits, place.label, place.crowded, words, None if value is None else _kept(value))


_NOWHERE: Final = _Place()
"""The place below segments that are not learned; it never changes."""


def _is_branched(words: Mapping[str, _Place]) -> bool:
    """Return whether more than a quarter of some words have segments below them, as collections do."""
    return sum(bool(child.words or child.value) for child in words.values()) * 4 > len(words)


def _is_alike(words: Mapping[str, _Place]) -> bool:
    """Return whether half of some words have the same few words below them, as members of a collection do."""
    below = [[word for word in child.words if not is_method(word)] for child in words.values()]
    having = sum(bool(each) for each in below)
    return having * 2 > len(words) and len({word for each in below for word in each}) * 4 <= having


def _value(segment: str) -> str:
    """Return the placeholder of a segment that is not a word of its place; a file keeps its extension."""
    if "{" in segment:
        return segment
    stem, dot, extension = segment.rpartition(".")
    if dot and stem and extension.lower() in EXTENSIONS:
        return f"{{name}}.{extension}"
    return "{date}" if segment[:1].isdigit() and _date.fullmatch(segment) else "{name}"


def _needed(place: _Place, segment: str, before: str) -> int:
    """Return how often a word must be seen in a place to be kept there; 0 if it never is."""
    if segment in _GENERIC or len(segment) == 1 or segment == "@me":
        return 1
    if _version_or_date.fullmatch(segment):
        return _sightings_of_version(place, segment, before)
    operation = segment.lower() in OPERATIONS
    if before in _NAMED and (segment in _NAMES or not (operation or is_method(segment))):
        return 0
    known = not place.crowded and is_known(segment)
    owner = before.lower()
    if owner in _OWN and not operation:
        return 1 if owner in _OF_ONE and known else 0
    if operation or (known and (is_method(segment) or not _is_title(segment, before))):
        return 1
    return _sightings(place, segment, before, known=known)


def _sightings_of_version(place: _Place, segment: str, before: str) -> int:
    """Return how often a version must be seen to be kept: ``v1``, ``2.0``, ``2010-04-01``."""
    if "." not in segment and "-" not in segment:
        return 1
    if before != "" and ("-" in segment or before not in _GENERIC):
        return 0
    if "-" in segment:
        return _ENOUGH if len(place.tried) <= _MOST_DATES else 0
    return _ENOUGH if place.tried else 1


def _sightings(place: _Place, segment: str, before: str, *, known: bool) -> int:
    """Return how often a word that is not kept at once must be seen; 0 if it never is kept."""
    rivals = len(place.tried)
    if known:
        return _ENOUGH_TITLE if rivals <= _MOST_RIVALS else _ENOUGH_AMONG_MANY
    if place.crowded and is_known(segment):
        first = before == "" or before in _GENERIC  # collections are there, besides values
        enough, most = (_ENOUGH, _MANY) if first else (_ENOUGH_AMONG_MANY, _MOST_KEPT)
        return enough if len(place.words) < most else 0
    if _is_name(segment):
        return 0
    if is_method(segment):  # there may be many
        return _ENOUGH
    if _is_collection(before):
        return _ENOUGH_IN_COLLECTION if rivals <= _MOST_RIVALS_IN_COLLECTION and not place.crowded else 0
    return _ENOUGH if rivals <= _MOST_RIVALS and not place.crowded else 0


def _is_collection(word: str) -> bool:
    """Return whether a word names a collection, so that a member probably follows."""
    return word.endswith("s") and word not in _GENERIC and word not in _SINGULAR


def _is_proper(segment: str, labels: Sequence[str]) -> bool:
    """Return whether a segment is a proper name: capitalised, where the route before it is in lower case.

    An API that capitalises a resource does so from the first one on: ``/Accounts/{id}/Calls``. Before any value, the
    first resource may stand behind a prefix in lower case: ``/odata/Products``.
    """
    if not (segment[0].isupper() and any(map(str.islower, segment))) or segment.lower() in OPERATIONS:
        return False
    named = [label for label in labels if label and label[0] != "{"]
    if any(label[0].isupper() for label in named):
        return False
    return any(label[:1] == "{" for label in labels) or _is_collection(labels[-1])


def _is_title(segment: str, before: str) -> bool:
    """Return whether a segment looks like a title: several words, after a collection or a value."""
    if "-" not in segment or not (before[:1] == "{" or _is_collection(before)):
        return False
    return not segment.endswith("s") and not is_method(segment)


@functools.lru_cache(maxsize=4096)
def is_method(segment: str) -> bool:
    """Return whether a segment names a method: it begins or ends with a verb, or has dots."""
    pieces = _piece.findall(segment)
    return bool(pieces) and (
        pieces[0].lower() in VERBS or pieces[-1].lower() in VERBS or ("." in segment and not _extension(segment))
    )


def _extension(segment: str) -> str:
    stem, dot, extension = segment.rpartition(".")
    return extension if dot and stem and extension.lower() in EXTENSIONS else ""


@functools.lru_cache(maxsize=4096)
def is_known(segment: str) -> bool:
    """Return whether all words of a segment are in the vocabulary."""
    extension = _extension(segment)
    if extension:
        segment = segment[: -len(extension) - 1]
    pieces = [piece.lower() for piece in _piece.findall(segment) if len(piece) > 1]
    known = [is_word(piece) for piece in pieces]
    # A developer typed an abbreviation beside words: ooo_entries.
    return any(known) and all(
        each or (len(piece) <= _ABBREVIATED and piece not in NAMES) for each, piece in zip(known, pieces, strict=True)
    )


@functools.lru_cache(maxsize=4096)
def is_word(piece: str) -> bool:
    """Return whether a word in lower case is in the vocabulary, or made of words there: plurals, ``codespaces``."""
    if _is_listed(piece):
        return True
    if piece in NAMES or len(piece) < _LEAST_MADE:
        return False
    if piece.removesuffix("s").endswith(_DERIVED):
        return True
    for prefix in _PREFIXES:
        if piece.startswith(prefix) and len(piece) > len(prefix) + 3 and _is_listed(piece[len(prefix) :]):
            return True
    if piece.removesuffix("s").endswith(_OF_SURNAMES):
        return False
    return any(
        _is_listed(piece[:at]) and _is_listed(piece[at:]) and (at > 3 or len(piece) > 8)
        for at in range(3, len(piece) - 3)
    )


def _is_listed(word: str) -> bool:
    if word in WORDS:
        return True
    return (word[-1:] == "s" and word[:-1] in WORDS) or (word[-3:] == "ies" and f"{word[:-3]}y" in WORDS)


@functools.lru_cache(maxsize=4096)
def _is_name(segment: str) -> bool:
    """Return whether a segment contains the name of a person, also after an initial: ``jsmith``."""
    extension = _extension(segment)
    if extension:
        segment = segment[: -len(extension) - 1]
    for piece in _joint.split(segment):
        word = piece.lower()
        if word in NAMES or (len(word) > _SHORTEST_WITH_INITIAL and word[1:] in NAMES):
            return True
        if any(word[:at] in NAMES and word[at:] in NAMES for at in range(3, len(word) - 2)):  # annsmith
            return True
    return any(piece.lower() in NAMES for piece in _piece.findall(segment))


class LearnedRoutes:
    """The routes of all services."""

    def __init__(self) -> None:
        self._services: dict[str, _Service] = {}

    def learn(self, service: str, static: str, *, found: bool, now: float) -> tuple[str, tuple[Fold, ...]]:
        """Return the route of an exchange, and its folds.

        :param static: its static route (``core.route``).
        :param found: whether its answer shows that its path exists.
        :param now: seconds of the exchanges' clock.
        """
        one = self._services.get(service)
        if one is None:
            one = _Service(service)
            if not found:
                return one.learn(static, found=False)
            if len(self._services) >= MOST_SERVICES:
                del self._services[min(self._services, key=lambda name: self._services[name].last)]
            self._services[service] = one
        one.last = now
        route = one.known.get(static)
        return (route, ()) if route is not None else one.learn(static, found=found)

    def label(self, service: str, static: str) -> str:
        """Return the current route of an earlier exchange."""
        one = self._services.get(service)
        return (_Service(service) if one is None else one).label(static)

    def kept(self) -> dict[str, KeptPlace]:
        """Return what was learned of each service, to be kept; that of the latest traffic first."""
        latest = sorted(dict(self._services).items(), key=lambda item: -item[1].last)
        return {name: one.kept() for name, one in latest}

    def restore(self, kept: Mapping[str, KeptPlace]) -> None:
        """Take over what was learned before, of services of which nothing is known yet."""
        for name, root in kept.items():
            if name not in self._services and len(self._services) < MOST_SERVICES:
                one = self._services[name] = _Service(name)
                one.restore(root)

    def __len__(self) -> int:
        return len(self._services)
