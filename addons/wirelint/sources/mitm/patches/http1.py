"""Switch the fixes for HTTP traffic that mitmproxy breaks (option ``wirelint_compat``)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final

from mitmproxy import version

from wirelint.sources.mitm.patches import (
    connection_ends,
    http1_expect,
    http1_foreign_responses,
    http1_half_close,
    http1_heads,
    http1_interim_responses,
    http1_request_framing,
    http1_safe_framing,
    http1_trailers,
    http2_heads,
)
from wirelint.sources.mitm.patches.patch import is_tried

_log: Final = logging.getLogger(__name__)
_CHANGES: Final = (
    http1_trailers,
    http1_request_framing,
    http1_foreign_responses,
    http1_interim_responses,
    http1_expect,
    http1_heads,
    http1_safe_framing,
    connection_ends,
    http1_half_close,
    http2_heads,
)
"""In the order in which they wrap one another: the last is called first."""
_before: list[tuple[Any, str, Any]] = []


def switch(*, on: bool) -> None:
    """Apply the changes or revert them. On an untested mitmproxy they are not applied, with a warning."""
    if on and not is_tried():
        _log.warning("wirelint: wirelint_compat is off, mitmproxy %s was not tested with it", version.VERSION)
        return
    if on and not _before:
        for each in _CHANGES:
            each.apply(_replace)
    elif not on:
        while _before:
            owner, name, value = _before.pop()
            setattr(owner, name, value)


def _replace(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    value = vars(owner)[name]
    _before.append((owner, name, value))
    setattr(owner, name, make(value))
