"""Turn off the deprecated event for each log record."""

from __future__ import annotations

from typing import Final

from mitmproxy import master

from wirelint.sources.mitm.patches.patch import Patch

PATCH: Final = Patch(
    reason="no add-on of the headless proxy listens to it, and every record would be formatted for it",
    replaces=("mitmproxy.master.Master._legacy_log_events",),
    test="tests/sources/mitm/patches/test_table.py::test_log_records_raise_no_event",
)


def apply(running: master.Master) -> None:
    """Apply the change to one master."""
    running._legacy_log_events.uninstall()  # noqa: SLF001 - there is no public way
