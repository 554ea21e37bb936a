"""The add-on for ``mitmdump -s``, which makes its own consumer from mitmproxy options."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from mitmproxy import addonmanager, ctx

from wirelint.core.exchange import Exchange
from wirelint.core.finding import Finding
from wirelint.settings.sampling import Sampler
from wirelint.sources.mitm.addon import Auditor
from wirelint.sources.stats import Stats

_HOST: Final = "127.0.0.1"
_PORT: Final = 9464


class Consumer(Protocol):
    """The engine with its sinks."""

    def consume(self, exchange: Exchange) -> Sequence[Finding]:
        """Audit an exchange, and pass the result to the sinks."""

    @property
    def sampler(self) -> Sampler:
        """Return the sampler, which chooses the exchanges to audit."""

    def close(self) -> None:
        """Flush sinks, stop servers."""


Build = Callable[[str, int, str, Stats], Consumer]
"""Makes the consumer, given address and port of the page, path of a configuration file (or empty), and the counts of
the capture layer.
"""


class ScriptAuditor(Auditor):
    """An ``Auditor`` that makes and closes its own consumer."""

    def __init__(self, build: Build) -> None:
        super().__init__(lambda _exchange: ())
        self._build = build
        self._closing = _Closing()
        self.addons.append(self._closing)

    def load(self, loader: addonmanager.Loader) -> None:
        """Declare the options of the consumer."""
        loader.add_option("wirelint_metrics_host", str, _HOST, "Address of the page and of /metrics.")
        loader.add_option("wirelint_metrics_port", int, _PORT, "Port of the page and of /metrics.")
        loader.add_option("wirelint_config", str, "", "Configuration file; wirelint.toml where there is one.")

    def running(self) -> None:
        """Make the consumer. mitmproxy calls this before ``running`` of ``addons``."""
        chosen = ctx.options
        live = self._build(
            chosen.wirelint_metrics_host, chosen.wirelint_metrics_port, chosen.wirelint_config, self.stats
        )
        self.begin(live.consume, live.sampler)
        self._closing.live = live


class _Closing:
    """Closes the consumer, after the add-ons that still use it."""

    name = "wirelint_closing"

    def __init__(self) -> None:
        self.live: Consumer | None = None

    def done(self) -> None:
        """Close it."""
        if self.live is not None:
            self.live.close()
            self.live = None
