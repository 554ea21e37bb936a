"""Who made an answer, the service or Envoy, and what went wrong on the wire.

Envoy says so in each log entry: by response flags and by response code details.
"""

from __future__ import annotations

from typing import Any, Final

from wirelint.core.exchange import Failure, FailureKind

_AFTER_HEAD: Final = "after_response_started"

# In the order in which they are looked for: the most specific first.
_UPSTREAM: Final[tuple[tuple[str, FailureKind, str], ...]] = (
    ("dns_resolution_failure", FailureKind.CONNECT, "name not resolved"),
    ("upstream_request_timeout", FailureKind.TIMEOUT, "no response in time"),
    ("upstream_max_stream_duration_reached", FailureKind.TIMEOUT, "stream took too long"),
    ("stream_idle_timeout", FailureKind.TIMEOUT, "stream stalled"),
    ("upstream_protocol_error", FailureKind.PROTOCOL, "response breaks the protocol"),
    ("upstream_connection_termination", FailureKind.RESET, "connection closed"),
    ("upstream_remote_reset", FailureKind.RESET, "stream reset"),
    ("upstream_connection_failure", FailureKind.CONNECT, "cannot connect"),
    ("no_healthy_upstream", FailureKind.CONNECT, "no healthy host"),
    ("failed_local_healthcheck", FailureKind.CONNECT, "health check failed"),
    ("local_reset", FailureKind.RESET, "stream reset by Envoy"),
)
"""Response flags of a service that gave no answer, or only the beginning of one."""

_CLIENT: Final = ("downstream_connection_termination", "downstream_remote_reset")


def failure_of(flags: Any, transport: str, details: str, *, answered: bool) -> Failure | None:
    """Return what went wrong between Envoy and its peers, None if nothing did.

    :param flags: the ``ResponseFlags`` of the entry.
    :param transport: ``upstream_transport_failure_reason``; never passed on, since it quotes what a peer sent.
    :param details: the response code details.
    :param answered: whether the response's head had come.
    """
    set_flags = {field.name for field, _ in flags.ListFields()}
    if not set_flags:
        return None
    if not set_flags.isdisjoint(_CLIENT):
        when = "during the response" if answered else "before a response"
        return Failure(FailureKind.CLIENT_GONE, f"client left {when}")
    for flag, kind, message in _UPSTREAM:
        if flag in set_flags:
            if kind is FailureKind.CONNECT:
                return _connecting(message, f"{transport} {details}".lower())
            return Failure(kind, message + (" during the response" if answered else ""))
    return None


def is_by_service(details: str, *, first_byte: bool, failure: Failure | None) -> bool:
    """Return whether the response of an entry came from the service.

    :param details: the response code details.
    :param first_byte: whether anything of a response had come from a service.
    :param failure: see ``failure_of``.
    """
    if details == "via_upstream" or _AFTER_HEAD in details:
        return True
    # Cut short from outside: by the client, or by a limit of time on a stream that had begun.
    cut = failure is not None and failure.kind in (FailureKind.CLIENT_GONE, FailureKind.TIMEOUT)
    return cut and first_byte and not details.startswith(("response_timeout", "upstream_per_try"))


def _connecting(message: str, said: str) -> Failure:
    if "tls" in said or "ssl" in said or "certificate" in said:
        verify = "certificate" in said and "verif" in said
        return Failure(FailureKind.TLS, "certificate not accepted" if verify else "TLS handshake failed")
    if "connection_timeout" in said or "timed out" in said or "connection timeout" in said:
        return Failure(FailureKind.TIMEOUT, "connecting timed out")
    return Failure(FailureKind.CONNECT, "connection refused" if "refused" in said else message)
