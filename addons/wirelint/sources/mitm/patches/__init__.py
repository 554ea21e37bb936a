"""Changes to mitmproxy's code, one per module. ``TABLE`` lists all of them.

mitmproxy gives no guarantees for this code. So all changes were tested on the versions in ``patch.TRIED_ON``. A test
checks that the installed version is one of them, that the replaced attributes exist, and that each change has a test.
"""

from __future__ import annotations

from typing import Final

from wirelint.sources.mitm.patches import (
    addon_dispatch,
    client_first,
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
    log_events,
    message_checks,
    streams_only,
)
from wirelint.sources.mitm.patches.patch import Patch

TABLE: Final[tuple[Patch, ...]] = (
    http1_trailers.PATCH,
    http1_interim_responses.PATCH,
    http1_expect.PATCH,
    http1_request_framing.PATCH,
    http1_foreign_responses.PATCH,
    http1_heads.PATCH,
    http1_safe_framing.PATCH,
    connection_ends.PATCH,
    http1_half_close.PATCH,
    http2_heads.PATCH,
    client_first.PATCH,
    streams_only.PATCH,
    addon_dispatch.PATCH,
    message_checks.PATCH,
    log_events.PATCH,
)
