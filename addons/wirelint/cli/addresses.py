"""Say which option changes an address that cannot be listened on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

_cannot: Final = re.compile(r"cannot listen on \S*:(\d+): (.*)", re.DOTALL)
# The text of mitmproxy and asyncio for an address that is in use, or that this machine does not have.
_refused: Final = re.compile(r".* failed to listen on (\S+) with (?:.*[:\]] ([^:\]]+)|.*)")


class Options(NamedTuple):
    """The options that choose the port and the host of an address, as they stand in a sentence."""

    port: str
    host: str


SERVICES: Final = Options("--port, or with @PORT after the URL", "--host")
FORWARD: Final = Options("--forward", "--forward-host")
FORWARD_ALONE: Final = Options("--port", "--forward-host")
TRANSPARENT: Final = Options("--transparent", "--host")
METRICS: Final = Options("--metrics-port", "--metrics-host")
RECEIVER: Final = Options("--listen", "--listen")
PAGE: Final = Options("--page-port", "--metrics-host")


def advice(text: str, options: Mapping[int, Options]) -> str:
    """Return the text of an error at the start with the option to change, if an address is its reason.

    :param text: of mitmproxy, asyncio or wirelint.
    :param options: those of each port.
    """
    text = _refused.sub(_in_our_words, text)
    match = _cannot.fullmatch(text)
    if match is None:
        return text
    chosen, why = options.get(int(match[1])), match[2].lower()
    with_port = f" with {chosen.port}" if chosen else ""
    if why.endswith("address already in use"):
        return f"{text}: choose another port{with_port}"
    if why.endswith("permission denied"):
        return f"{text}: choose a port above 1023{with_port}"
    return f"{text}: give an address of this machine" + (f" with {chosen.host}" if chosen else "")


def _in_our_words(refused: re.Match[str]) -> str:
    return f"cannot listen on {refused[1]}: {refused[2] or 'this machine has no such address'}"
