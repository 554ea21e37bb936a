"""Exclude JSON objects that cannot be errors, by their top level, before parsing any member."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from wirelint.evidence import own_codes
from wirelint.evidence.envelope_words import ERRORS, FAILED, FAULTS, FLAGS, MARKS, STATES, WRAPPERS
from wirelint.evidence.short_errors import LARGEST, MESSAGES, RESULTS

STATUS_OBJECTS: Final = ("status", "meta", "header", "head", "responsestatus")
"""Names of objects that may have a code beside a text about an error."""
LISTS: Final = frozenset(
    "results responses replies answers outputs data items operations commands statements queries output result".split()
)
"""Names of lists with an outcome for each requested item."""
NESTS: Final = frozenset({"plugindata", "payload", "data", "content"})
"""Names of members with the actual answer, beside those of the transport."""
JSON_KEYS: Final = MARKS | WRAPPERS | LISTS | NESTS | own_codes.KEYS | MESSAGES | RESULTS | frozenset(STATUS_OBJECTS)
"""Folded names: an error has at least one of them at its top level."""
_LONGEST_STATE: Final = 40
_LONGEST_NEST: Final = 4 * 1024
_TEXTS: Final = MESSAGES | RESULTS


def is_harmless(top: Mapping[str, msgspec.Raw], names: frozenset[str], size: int) -> bool:
    """Return whether nothing at the top level can mark an error, without parsing its values.

    Most resources look like ``{"state": "shipped", …}`` or ``{"error": null, …}``.

    :param size: length of the whole content in octets.
    """
    found = JSON_KEYS & names
    alone, short = len(top) == 1, size <= LARGEST
    if found <= top.keys() and len(names) == len(top):  # all of them in lower case, as nearly always
        members = [(name, top[name]) for name in found]
    else:
        members = [(folded, raw) for name, raw in top.items() if (folded := name.lower()) in JSON_KEYS]
    return not [name for name, raw in members if not _says_nothing(name, raw, alone=alone, short=short)]


def _says_nothing(name: str, raw: msgspec.Raw, *, alone: bool, short: bool) -> bool:  # noqa: PLR0911 - a table of values
    """Return whether a member marks no error, by its name and the start of its value; ``alone``: it is the only one."""
    start = memoryview(raw)[:_LONGEST_STATE].tobytes()
    match start[:1]:
        case b'"' if name in STATES:
            return start[1:-1].isalpha() and start[1:-1].decode().lower() not in FAILED
        case b'"' if name not in MARKS and name not in own_codes.KEYS:
            return name not in _TEXTS or not short
        case b"[":
            return start == b"[]" if name in ERRORS else not (name in LISTS and _mentions_error(raw))
        case b"{":
            return (
                name not in ERRORS
                and name not in STATUS_OBJECTS
                and not alone
                and not (name in NESTS and _mentions_error(raw))
            )
        case b"t":
            return name not in ERRORS and name not in FAULTS
        case b"n":
            return True
        case _ if name in FLAGS:
            return start == b"1"
        case _ if name not in MARKS and name not in own_codes.KEYS:
            return True
        case _:
            return start in (b"0", b"false") and name not in STATES


def _mentions_error(raw: msgspec.Raw) -> bool:
    """Return whether a small value mentions an error."""
    view = memoryview(raw)
    return len(view) <= _LONGEST_NEST and b'"err' in view.tobytes().lower()
