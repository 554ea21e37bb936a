"""Find states of a resource in content: not available yet, deleted, or about to be.

Both names and values count; a name with a negative value (``"deleted": false``) says nothing.
"""

from __future__ import annotations

import re
from typing import Final

_denied: Final = r"[\w-]{0,24}+(?![\"']?\s{0,4}[:=>]\s{0,4}(?:[\"']?(?:null|false|none|0\b)|\"\"|''))"
_ending: Final = re.compile(
    r"(?<!</)(?:delet|terminat|trash|archiv|pending|cancel|inactive|revok|deprovision|remov|disabl|deactivat|suspend|destroy"
    r"|closed|expired|recycle|tombston|retir|obsolet)" + _denied,
    re.IGNORECASE,
)
# For folded text: patterns that begin with plain letters are fast.
_unfinished: Final = re.compile(
    r"(?:pending|queue|processing|running|ongoing|provisioning|in[_ -]?progress|schedul|creating|building|deleting|terminating|starting"
    r"|initiali[sz]ing|accepted|will be|eventual|preparing|draft|trash|archiv|deactivat)" + _denied
)
_awaited: Final = re.compile(
    r"\b(?:not|isn't|aren't|hasn't|haven't)[\w ]{0,24} (?:yet|ready)\b|\bnot[_ ]?ready|pending|slow_down"
    r"|still (?:being|in|running|starting|creating|processing|busy|attach|lock)"
    r"|in[_ ]progress|(?:being|currently) (?:creat|delet|updat|attach|detach|provision|process|migrat|modif|start|stop)",
    re.IGNORECASE,
)
_busy: Final = re.compile(r"\bbusy\b|in use\b|is locked", re.IGNORECASE)
_LONGEST: Final = 16 * 1024


def is_ending(text: str) -> bool:
    """Return whether content mentions deletion in any form."""
    return _ending.search(text[:_LONGEST]) is not None


def is_unfinished(text: str) -> bool:
    """Return whether the answer to a write says that it is still in progress, or only partly done."""
    folded = text[:_LONGEST].lower()
    found = _unfinished.search(folded)
    while found is not None and folded.endswith("</", 0, found.start()):
        found = _unfinished.search(folded, found.start() + 1)
    return found is not None


def is_awaited(text: str, status: int) -> bool:
    """Return whether an error says that something is pending: a user's consent, a resource being created or in use.

    A busy service, as in a 5xx, does not count.
    """
    text = text[:_LONGEST]
    return _awaited.search(text) is not None or (status < 500 and _busy.search(text) is not None)
