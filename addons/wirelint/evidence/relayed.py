"""Find the status of another service in the words of the HTTP client library that received it."""

from __future__ import annotations

import re
from typing import Final

_FORMS: Final = (
    r"(?:client|server) error '(\d{3})[^'\n]{0,40}' for url",  # httpx
    r"\b(\d{3}) (?:client|server) error: .{0,80} for url",  # requests
    r"\b(\d{3}), message='",  # aiohttp
    r"\bhttp error (\d{3}): ",  # urllib
    r"\brequest failed with status code (\d{3})\b",  # axios
    r"\bresponse code (\d{3}) \(",  # got
    r"\b(\d{3}) [a-z][a-z -]{1,40} (?:from|on) (?:get|post|put|patch|delete)\b[^\n]{0,20}\bhttps?://",  # Spring
    r"\[(\d{3})[^\]\n]{0,40}\] during \[",  # Feign
    r"error: [`\"]?(?:get|post|put|patch|delete) \S{1,300} resulted in a [`\"]?(\d{3})\b",  # Guzzle
    r"\bhttp/\d(?:\.\d)? (\d{3})\b[^\n]{0,40} returned for",  # Symfony
    r"\bstatus code does not indicate success: (\d{3})\b",  # .NET
    r"\bhttp status (?:client|server) error \((\d{3})\b",  # reqwest
    r"\bserver responded with status (\d{3})\b",  # Faraday
)
"""One form for each library, in lower case. Each begins with fixed words or a number, and has bounded gaps."""
_forms: Final = re.compile("|".join(_FORMS))
_WORDS: Final = ("error", "message=", "status", "response code", "://", "during", "returned for")
_LONGEST: Final = 1024


def relayed_status(text: str) -> int | None:
    """Return the error status, 400 to 599, that an HTTP client library says that it received; None if there is none.

    :param text: the text of a response, of which 1,024 characters are read.
    """
    text = text[:_LONGEST].lower()
    if not any(map(str.isdigit, text)) or not any(word in text for word in _WORDS):
        return None
    match = _forms.search(text)
    if match is None:
        return None
    status = int(next(group for group in match.groups() if group))
    return status if 400 <= status <= 599 else None
