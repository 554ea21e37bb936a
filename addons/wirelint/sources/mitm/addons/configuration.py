"""Apply our options."""

from __future__ import annotations

import logging
from typing import Final

from mitmproxy import addonmanager, ctx, exceptions

from wirelint.sources.mitm import options
from wirelint.sources.mitm.adapter import Naming
from wirelint.sources.mitm.addons.housekeeping import Housekeeping
from wirelint.sources.mitm.drain import Queue
from wirelint.sources.mitm.recorder import Recorder

_log: Final = logging.getLogger(__name__)


class Configuration:
    """Declares and checks options, and passes their values on."""

    name = "wirelint_configuration"

    def __init__(self, capture: Recorder, queue: Queue, housekeeping: Housekeeping) -> None:
        self._capture = capture
        self._queue = queue
        self._housekeeping = housekeeping

    def load(self, loader: addonmanager.Loader) -> None:
        """Declare the options."""
        options.declare(loader)

    def configure(self, updated: set[str]) -> None:
        """Apply changed values.

        :raises OptionsError: for invalid values.
        """
        chosen = ctx.options
        if chosen.wirelint_body_limit < 0 or chosen.wirelint_queue < 1 or chosen.wirelint_hang < 1:
            raise exceptions.OptionsError("wirelint_body_limit, wirelint_queue and wirelint_hang must be positive")
        if chosen.wirelint_overload_lag < 0:
            raise exceptions.OptionsError("wirelint_overload_lag must not be negative")
        if chosen.wirelint_stream not in options.STREAM_CHOICES:
            raise exceptions.OptionsError(f"wirelint_stream must be one of {', '.join(options.STREAM_CHOICES)}")
        if updated & {"wirelint_service", "mode"}:
            self._capture.naming = Naming(options.service_names(chosen.wirelint_service, chosen.mode))
        self._capture.body_limit = chosen.wirelint_body_limit
        self._capture.stream_all = chosen.wirelint_stream == "all"
        self._capture.idle_limit = float(chosen.tcp_timeout)
        self._queue.limit = chosen.wirelint_queue
        self._housekeeping.patience = float(chosen.wirelint_hang)
        self._housekeeping.overload.limit = chosen.wirelint_overload_lag / 1000
        if "store_streamed_bodies" in updated and chosen.store_streamed_bodies:
            _log.warning("store_streamed_bodies keeps every body in memory for as long as its exchange lasts")
