"""Read Proxy-Status (RFC 9209), in which an intermediary describes the hop behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from wirelint.core.answers import once_per_answer
from wirelint.core.exchange import Exchange
from wirelint.evidence.structured import items

RECOMMENDED: Final[Mapping[str, int]] = {
    "dns_timeout": 504,
    "dns_error": 502,
    "destination_not_found": 500,
    "destination_unavailable": 503,
    "destination_ip_prohibited": 502,
    "destination_ip_unroutable": 502,
    "connection_refused": 502,
    "connection_terminated": 502,
    "connection_timeout": 504,
    "connection_read_timeout": 504,
    "connection_write_timeout": 504,
    "connection_limit_reached": 503,
    "tls_protocol_error": 502,
    "tls_certificate_error": 502,
    "tls_alert_received": 502,
    "http_request_denied": 403,
    "http_response_incomplete": 502,
    "http_response_header_section_size": 502,
    "http_response_header_size": 502,
    "http_response_body_size": 502,
    "http_response_trailer_section_size": 502,
    "http_response_trailer_size": 502,
    "http_response_transfer_coding": 502,
    "http_response_content_coding": 502,
    "http_response_timeout": 504,
    "http_upgrade_failed": 502,
    "http_protocol_error": 502,
    "proxy_internal_error": 500,
    "proxy_configuration_error": 500,
    "proxy_loop_detected": 502,
}
"""Recommended status code by error type (RFC 9209 §2.3), without types that have none."""

_GATEWAY: Final = frozenset({502, 503, 504})


class Declared(msgspec.Struct, frozen=True):
    """The last member: the intermediary nearest to the client, who chose the status.

    ``error`` is the error type, empty for none; ``received`` the status it got, None if not given.
    """

    error: str = ""
    received: int | None = None

    @property
    def upstream(self) -> int | None:
        """Return the gateway status for the declared failure, None if no failure is declared."""
        if self.error:
            status = RECOMMENDED.get(self.error)
            return status if status in _GATEWAY else None
        return self.received if self.received in _GATEWAY else None


@once_per_answer
def declared(exchange: Exchange) -> Declared | None:
    """Return the declaration of the nearest intermediary; None without a readable Proxy-Status field."""
    if exchange.response is None:
        return None
    members = items(exchange.response.headers.get("proxy-status"))
    if not members:
        return None
    parameters = members[-1].parameters
    error, received = parameters.get("error"), parameters.get("received-status")
    return Declared(
        error if isinstance(error, str) else "",
        received if isinstance(received, int) and not isinstance(received, bool) else None,
    )
