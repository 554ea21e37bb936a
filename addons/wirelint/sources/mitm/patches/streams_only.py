"""Listen only for TCP in front of services that are called over TLS."""

from __future__ import annotations

from typing import Final

from mitmproxy.proxy import mode_specs

from wirelint.sources.mitm.patches.patch import Patch

PATCH: Final = Patch(
    reason="mitmproxy also takes datagrams there, for HTTP/3, and workers cannot share such a port",
    replaces=("mitmproxy.proxy.mode_specs.ReverseMode.__post_init__",),
    test="tests/sources/mitm/patches/test_table.py::test_workers_listen_for_tcp_alone",
)


def apply() -> None:
    """Apply the change for the life of the process."""
    prepare = mode_specs.ReverseMode.__post_init__

    def prepared(mode: mode_specs.ReverseMode) -> None:
        prepare(mode)
        if mode.transport_protocol == mode_specs.BOTH:
            mode.transport_protocol = mode_specs.TCP

    mode_specs.ReverseMode.__post_init__ = prepared  # type: ignore[method-assign, assignment]
    mode_specs.ProxyMode.parse.cache_clear()
