"""Whether a JSON object can be an error at all, told by its top level before anything in it is parsed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from wirelint.evidence import own_codes
from wirelint.evidence.envelope_words import ERRORS, FAILED, FAULTS, FLAGS, MARKS, STATES, WRAPPERS
from wirelint.evidence.short_errors import LARGEST, MESSAGES, RESULTS

STATUS_OBJECTS: Final = ("status", "meta", "header", "head", "responsestatus")
"""Names of objects that may hold a code beside a text about an error."""
LISTS: Final = frozenset(
    "results responses replies answers outputs data items operations commands statements queries output result".split()
)
"""Names of lists with one outcome for each thing that was asked for."""
NESTS: Final = frozenset({"plugindata", "payload", "data", "content"})
"""Names under which the answer proper stands beside what belongs to the transport."""
JSON_KEYS: Final = MARKS | WRAPPERS | LISTS | NESTS | own_codes.KEYS | MESSAGES | RESULTS | frozenset(STATUS_OBJECTS)
"""The folded names of which a JSON object must have one at its top level to be an envelope."""
_LONGEST_STATE: Final = 40
_LONGEST_NEST: Final = 4 * 1024
_TEXTS: Final = MESSAGES | RESULTS


def is_harmless(top: Mapping[str, msgspec.Raw], names: frozenset[str], size: int) -> bool:
    """Whether nothing at the top level could mark an error, which can be told without parsing what stands there.

    ``{"state": "shipped", …}`` and ``{"error": null, …}`` are what most resources look like.

    :param size: length of the whole content in octets.
    """
    if JSON_KEYS.isdisjoint(names):
        return True
    alone = len(top) == 1
    return all(
        _says_nothing(folded, raw, alone=alone, short=size <= LARGEST)
        for name, raw in top.items()
        if (folded := name.lower()) in JSON_KEYS
    )


def _says_nothing(name: str, raw: msgspec.Raw, *, alone: bool, short: bool) -> bool:  # noqa: PLR0911 - a table of values
    """Whether a member is no mark of an error, by its name and how its value begins; ``alone`` where it is the only one."""
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
    """Whether something small names an error within."""
    view = memoryview(raw)
    return len(view) <= _LONGEST_NEST and b'"err' in view.tobytes().lower()
