"""Declare our options to mitmproxy."""

from __future__ import annotations

from collections.abc import Sequence

from mitmproxy import addonmanager, exceptions

BODY_LIMIT = 64 * 1024
QUEUE_LIMIT = 10_000
PATIENCE = 30
OVERLOAD_LAG = 250

STREAM_CHOICES = ("all", "large")


def declare(loader: addonmanager.Loader) -> None:
    """Declare our options to mitmproxy."""
    loader.add_option(
        "wirelint_body_limit", int, BODY_LIMIT, "Octets of each request and response body that are looked at."
    )
    loader.add_option(
        "wirelint_queue", int, QUEUE_LIMIT, "Exchanges that may wait to be audited; what comes on top is not."
    )
    loader.add_option(
        "wirelint_service",
        Sequence[str],
        [],
        "Names of services, each as NAME=MODE where MODE is a reverse proxy mode as given to --mode. "
        "A lone NAME stands for the only one.",
    )
    loader.add_option(
        "wirelint_stream",
        str,
        "large",
        "Which bodies are passed on as they come: large ones, event streams and those of unknown length, so that "
        "screens and other addons still see the small ones whole; or all.",
        choices=STREAM_CHOICES,
    )
    loader.add_option(
        "wirelint_hang", int, PATIENCE, "Seconds without a response head after which an exchange counts as hung."
    )
    loader.add_option(
        "wirelint_overload_lag",
        int,
        OVERLOAD_LAG,
        "Milliseconds by which the event loop may be late, again and again, before exchanges pass unaudited; 0: ever.",
    )
    loader.add_option(
        "wirelint_compat",
        bool,
        True,
        "Let HTTP/1.1 trailers and interim responses pass, which mitmproxy itself chokes on.",
    )
    loader.add_option("wirelint_fast_dispatch", bool, True, "Remember which addon listens to which event.")
    loader.add_option(
        "wirelint_lazy",
        bool,
        True,
        "Connect to services when a request comes, unless connection_strategy is set. "
        "Otherwise a client whose service cannot be reached gets no answer at all, and nobody hears of it.",
    )


def service_names(entries: Sequence[str], modes: Sequence[str]) -> dict[str, str]:
    """Return the service name of each mode.

    :param entries: values of ``wirelint_service``.
    :param modes: values of mitmproxy's ``mode``.
    :raises OptionsError: for a name without a mode.
    """
    reverse = [mode for mode in modes if mode.startswith("reverse:")]
    names: dict[str, str] = {}
    for entry in entries:
        name, equals, mode = entry.partition("=")
        if not equals and len(reverse) == 1:
            mode = reverse[0]
        if not name or mode not in modes:
            given = ", ".join(reverse) or "none"
            raise exceptions.OptionsError(f"wirelint_service: {entry!r} names no reverse proxy mode (given: {given})")
        names[mode] = name
    return names
