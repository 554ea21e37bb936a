"""What content tells of a resource's life: that it is not there or free yet, or that its end has come or is near.

Names and values alike are looked at; a name whose value denies it (``"deleted": false``) says nothing.
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
# For folded text: where a pattern begins with plain letters, hardly anything is tried in vain.
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
    """Whether content speaks of deletion in any of its forms."""
    return _ending.search(text[:_LONGEST]) is not None


def is_unfinished(text: str) -> bool:
    """Whether an answer to a write says that it is still being carried out, or carried out by halves."""
    folded = text[:_LONGEST].lower()
    found = _unfinished.search(folded)
    while found is not None and folded.endswith("</", 0, found.start()):
        found = _unfinished.search(folded, found.start() + 1)
    return found is not None


def is_awaited(text: str, status: int) -> bool:
    """Whether an error says that what was asked for is to come: a user's consent, a resource that is being made or used.

    That the service as a whole is busy, as a 5xx may say, is another matter.
    """
    text = text[:_LONGEST]
    return _awaited.search(text) is not None or (status < 500 and _busy.search(text) is not None)
