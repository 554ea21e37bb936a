"""Classify mitmproxy's error texts by the failure on the wire.

The texts themselves are never passed on, because some quote a peer.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from wirelint.core.exchange import Failure, FailureKind
from wirelint.sources.mitm.accept_errors import OUT_OF_RESOURCES


class Circumstances(msgspec.Struct, frozen=True, kw_only=True):
    """The state of the exchange when an error text arrives.

    Attributes:
        answered: whether the response's head had come.
        request_ended: whether the whole request had come from the client.
        client_open: whether the client's connection could still be read; None if unknown.
        connected: whether there was a connection to the service.
        upstream_error: the text of the last failed connection or handshake to a service for this client.
        client_http2: whether the client spoke HTTP/2 or later.
        upstream_http2: whether the service did.
        idle: seconds since the last event of the exchange.
        idle_limit: seconds after which mitmproxy itself gives up on an idle client connection.
        address: host and port of the service.
    """

    answered: bool = False
    request_ended: bool = True
    client_open: bool | None = None
    connected: bool = True
    upstream_error: str | None = None
    client_http2: bool = False
    upstream_http2: bool = False
    idle: float = 0.0
    idle_limit: float = 600.0
    address: str = ""


_LOST: Final = re.compile(r"received (\d+) bytes, expected (\d+)")
_ERRNO: Final = re.compile(r"\[Errno (-?\d+)\]")
_RESET_STREAM: Final = re.compile(r"stream reset by client \((\w+)\)")
_TLS: Final = re.compile(r"certificate verify failed|\btls\b|\bssl\b|handshake|self-signed certificate", re.IGNORECASE)

_TLS_TEXTS: Final = (
    ("certificate verify failed", "certificate not accepted"),
    ("does not speak tls", "service does not speak TLS"),
)

_TIMED_OUT: Final = frozenset({"110", "60", "10060"})
_ERRNO_TEXTS: Final = {
    "111": "connection refused",
    "61": "connection refused",
    "10061": "connection refused",
    "113": "no route to host",
    "101": "network unreachable",
    "104": "connection reset",
    "-2": "name not resolved",
    "-3": "name not resolved",
    "-5": "name not resolved",
    "8": "name not resolved",
    "11001": "name not resolved",
}

_CANCELLED: Final = ("connection cancelled", "client disconnected")
"""mitmproxy's text for a connection attempt that was still running when the client left."""
_CLOSED: Final = ("server closed connection", "peer closed connection", "http/2 connection closed")
_NOT_THE_SERVICE: Final = (
    ("request destination unknown", "refused_request"),
    ("connection killed", "killed"),
    ("exceeds mitmproxy's body_size_limit", "refused_request"),
    (" from client, refusing", "refused_request"),
    ("received an http connect request even though", "refused_request"),
    ("invalid request scheme", "refused_request"),
)


def not_the_service(message: str, known: Circumstances) -> str | None:
    """Return why an error says nothing about the service, as a key of ``Stats.skipped``; None if it may."""
    folded = message.lower()
    for text, reason in _NOT_THE_SERVICE:
        if text in folded:
            return reason
    codes = _ERRNO.findall(message)
    if codes and all(int(code) in OUT_OF_RESOURCES for code in codes):
        return "no_resources"
    uncalled = not known.connected and message != known.upstream_error
    if uncalled and not known.request_ended and known.client_open is True:
        # The client is connected, and no service was called: mitmproxy could not parse the request itself.
        explained = any(pattern.search(message) for pattern in (_ERRNO, _TLS, _RESET_STREAM))
        return None if explained else "refused_request"
    return None


def classify(message: str, known: Circumstances) -> Failure:
    """Return the kind of failure of an error text.

    :param message: ``flow.error.msg``.
    :param known: see ``Circumstances``.
    """
    if not known.connected or message == known.upstream_error:
        failure = _unreached(message)
        if failure is not None:
            return failure if failure.kind is FailureKind.CLIENT_GONE else failure._replace(address=known.address)
    return _on_the_wire(message, known)


def _unreached(message: str) -> Failure | None:
    codes = _ERRNO.findall(message)
    if codes:
        if any(code in _TIMED_OUT for code in codes):
            return Failure(kind=FailureKind.TIMEOUT, message="connecting timed out")
        text = next((_ERRNO_TEXTS[code] for code in codes if code in _ERRNO_TEXTS), "cannot connect")
        return Failure(kind=FailureKind.CONNECT, message=text)
    if _TLS.search(message):
        folded = message.lower()
        known = next((text for sign, text in _TLS_TEXTS if sign in folded), "TLS handshake failed")
        return Failure(kind=FailureKind.TLS, message=known)
    if message in _CANCELLED:
        return Failure(kind=FailureKind.CLIENT_GONE, message="client left while connecting")
    if message.startswith(("Client disconnected", "stream reset", "peer closed", "HTTP/")):
        return None
    return Failure(kind=FailureKind.CONNECT, message="cannot connect")


def _on_the_wire(message: str, known: Circumstances) -> Failure:
    folded = message.lower()
    if "client disconnected" in folded:
        return _idle(known) or _gone(known)
    if match := _RESET_STREAM.search(message):
        # mitmproxy blames the client for both sides. Clients cancel; a service that gives up names an error.
        by_client = known.client_http2 and (not known.upstream_http2 or match[1] == "CANCEL")
        return _gone(known) if by_client else Failure(kind=FailureKind.RESET, message=f"stream reset ({match[1]})")
    if "sending complete message body" in folded:
        return _cut_short(message, known)
    if any(text in folded for text in _CLOSED):
        by_client = _left_first(known) or (
            _CLOSED[0] not in folded and (known.client_open is False or not known.upstream_http2)
        )
        return (
            _gone(known) if by_client else Failure(kind=FailureKind.RESET, message="connection closed" + _when(known))
        )
    if not known.request_ended and not known.answered and "protocol error" in folded:
        return _gone(known)
    return Failure(kind=FailureKind.PROTOCOL, message=_broken(folded))


def _left_first(known: Circumstances) -> bool:
    """Return whether the client closed its side first: to leave, or because it had no more to send."""
    return known.client_open is False and not known.client_http2


def _idle(known: Circumstances) -> Failure | None:
    """Classify connections that mitmproxy closed because they were idle, and for which it blames the client."""
    if known.idle < known.idle_limit - 1:
        return None
    return Failure(kind=FailureKind.TIMEOUT, message="response stalled" if known.answered else "no response")


def _cut_short(message: str, known: Circumstances) -> Failure:
    if _left_first(known) or (not known.request_ended and (not known.answered or known.client_open is False)):
        return _gone(known)
    lost = _LOST.search(message)
    counts = f" after {lost[1]} of {lost[2]} bytes" if lost else ""
    return Failure(kind=FailureKind.RESET, message=f"response cut short{counts}")


def _gone(known: Circumstances) -> Failure:
    sending = not known.request_ended
    when = " while sending" if sending else _when(known)
    return Failure(kind=FailureKind.CLIENT_GONE, message=f"client left{when}", sending=sending)


def _when(known: Circumstances) -> str:
    return " during the response" if known.answered else " before a response"


def _broken(folded: str) -> str:
    if "refusing to prevent request smuggling" in folded:
        return "response head is ambiguous"
    if folded.startswith(("cannot parse http response", "unexpected server response")):
        return "response head is not HTTP"
    return "response breaks the protocol"
