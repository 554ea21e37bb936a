"""Run a forward proxy of its own for the clients of a command, with the environment that leads them through it."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wirelint.cli.clients import environment_of, key_store, roots
from wirelint.cli.serving import as_usage
from wirelint.sinks.lines import Lines
from wirelint.sinks.own_log import logging_to
from wirelint.sinks.rotating import Stream

if TYPE_CHECKING:
    from wirelint.sources.mitm.addons.auditing import Consume
    from wirelint.sources.mitm.master import Running
    from wirelint.sources.mitm.settings import ProxySettings
    from wirelint.sources.stats import Stats

_HOST: Final = "127.0.0.1"


@contextlib.contextmanager
def proxied(
    before: Mapping[str, str], consume: Consume, stats: Stats, *, insecure: bool
) -> Iterator[tuple[Running, dict[str, str]]]:
    """Run a proxy on a free port during the block, with a CA for this time alone.

    :param before: the environment without it.
    :param consume: audits one exchange, on another thread.
    :param insecure: do not verify certificates of services.
    :returns: the proxy, and the environment of the command.
    :raises click.UsageError: it cannot start.
    """
    from wirelint.sources.mitm.settings import ProxySettings  # noqa: PLC0415 - loads mitmproxy

    with tempfile.TemporaryDirectory(prefix="wirelint-run-") as name:
        folder = Path(name)
        trusted = folder / "roots.pem"
        trusted.write_bytes(roots(before))
        settings = ProxySettings(
            forward_port=0,
            overload_lag=0,  # a slower command is better than a report with gaps
            grace=1.0,
            options={
                "confdir": name,
                "ssl_insecure": insecure,
                "ssl_verify_upstream_trusted_ca": str(trusted),
            },
        )
        with _proxying(settings, consume, stats) as running:
            bundle = folder / "bundle.pem"
            bundle.write_bytes(trusted.read_bytes() + (folder / "mitmproxy-ca-cert.pem").read_bytes())
            store = folder / "bundle.p12"
            store.write_bytes(key_store(bundle.read_bytes()))
            yield running, environment_of(before, _HOST, running.listeners[0].port, bundle, store)


@contextlib.contextmanager
def _proxying(settings: ProxySettings, consume: Consume, stats: Stats) -> Iterator[Running]:
    """Run a proxy on another thread during the block, and audit all that it recorded before the end.

    :raises click.UsageError: it cannot start.
    """
    from wirelint.sources.mitm.master import run  # noqa: PLC0415 - loads mitmproxy

    ready: Future[Running] = Future()
    with logging_to(Lines(Stream(2)), "text") as handler, as_usage({}), ThreadPoolExecutor(1) as pool:
        handler.heard = False
        proxy = pool.submit(run, settings, consume, on_ready=ready.set_result, stats=stats)
        proxy.add_done_callback(lambda ended: _pass_on(ended, ready))
        try:
            running = ready.result()
            handler.heard = True
            yield running
        finally:
            ready.add_done_callback(_stop)  # at once, or when a start that was interrupted is over
            proxy.result()


def _pass_on(ended: Future[None], ready: Future[Running]) -> None:
    """Let nobody wait for a proxy that ended before it was ready."""
    if not ready.done():
        ready.set_exception(ended.exception() or RuntimeError("the proxy ended at once"))


def _stop(ready: Future[Running]) -> None:
    if ready.exception() is None:
        with contextlib.suppress(RuntimeError):  # the event loop has already ended
            ready.result().stop()
