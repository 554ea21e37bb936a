"""Whether a JSON object can be an error at all, told by its top level before anything in it is parsed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from wirelint.evidence import own_codes
from wirelint.evidence.envelope_words import ERRORS, FAILED, FLAGS, NUMBERS, STATES

WRAPPERS: Final = frozenset(
    "json response result d body output root reply apiresponse rsp subsonic-response cpanelresult chart finance quotesummary".split()
)
"""Names under which an error may stand where nothing else is there."""
STATUS_OBJECTS: Final = ("status", "meta")
"""Names of objects that may hold a code beside a text about an error."""
JSON_KEYS: Final = FLAGS | STATES | ERRORS | NUMBERS | WRAPPERS | own_codes.KEYS | {"meta"}
"""The folded names of which a JSON object must have one at its top level to be an envelope."""
_LONGEST_STATE: Final = 40


def is_harmless(top: Mapping[str, msgspec.Raw], names: frozenset[str]) -> bool:
    """Whether nothing at the top level could mark an error, which can be told without parsing what stands there.

    ``{"state": "shipped", …}`` and ``{"error": null, …}`` are what most resources look like.
    """
    if JSON_KEYS.isdisjoint(names):
        return True
    alone = len(top) == 1
    return all(
        _says_nothing(folded, raw, alone=alone) for name, raw in top.items() if (folded := name.lower()) in JSON_KEYS
    )


def _says_nothing(name: str, raw: msgspec.Raw, *, alone: bool) -> bool:
    """Whether a member is no mark of an error, by its name and how its value begins; ``alone`` where it is the only one."""
    start = memoryview(raw)[:_LONGEST_STATE].tobytes()
    match start[:1]:
        case b'"' if name in STATES:
            return start[1:-1].isalpha() and start[1:-1].decode().lower() not in FAILED
        case b"[":
            return name not in ERRORS or start == b"[]"
        case b"{":
            return name not in ERRORS and name not in STATUS_OBJECTS and not alone
        case b"t" | b"n":
            return name not in ERRORS or start == b"null"
        case _ if name in FLAGS:
            return start == b"1"
        case _:
            return start in (b"0", b"false") and name not in STATES
