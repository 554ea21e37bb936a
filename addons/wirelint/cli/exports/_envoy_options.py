"""Options that the configurations of Envoys share, and the comment on what leaves them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import click

from wirelint.cli.receive import address
from wirelint.settings.options import option, split
from wirelint.sources.envoy.config.blocks import HostPort
from wirelint.sources.envoy.config.lua import BODY_LIMIT, TEXTS, FilterSettings

_MOST: Final = 64 * 1024


def filter_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--body-limit``, ``--content-types`` and ``--leave-out-credentials`` to a command."""
    for decorate in (
        option(
            "--leave-out-credentials",
            is_flag=True,
            help="Send marks in place of Authorization, cookies and API keys; rules that compare callers see less.",
        ),
        option(
            "--content-types",
            multiple=True,
            metavar="WORDS",
            help=f"Copy only bodies whose media type holds one of these words; by default {','.join(TEXTS)}.",
        ),
        option(
            "--body-limit",
            type=click.IntRange(0, _MOST),
            default=BODY_LIMIT,
            show_default=True,
            metavar="BYTES",
            help="Bytes of each body to send.",
        ),
    ):
        function = decorate(function)
    return function


def filter_settings(body_limit: int, content_types: tuple[str, ...], leave_out: bool) -> FilterSettings:
    """Return the settings that the options of ``filter_options`` come to."""
    texts = split(content_types) or TEXTS
    return FilterSettings(body_limit=body_limit, texts=texts, leave_out=leave_out)


def peer(text: str, name: str) -> HostPort:
    """Return an address.

    :param name: of the option, for the message.
    :raises click.UsageError: it is none.
    """
    host, port = address(text, name)
    return HostPort(host, port)


def about(settings: FilterSettings, *, encrypted: bool) -> str:
    """Return a comment on what Envoy sends to the receiver."""
    secrets = (
        "Marks stand in place of credentials in fields. Query strings and bodies are sent as they are."
        if settings.leave_out
        else "Credentials in fields, query strings and bodies are sent as they are; the receiver masks what it shows."
    )
    way = "It is sent over TLS." if encrypted else "It is sent in plaintext: keep it within one host or mesh."
    return (
        "Written by wirelint export. Envoy sends wirelint all fields and the beginnings of text bodies, up to"
        f" {settings.body_limit} bytes.\n{secrets}\n{way}"
    )
