"""HAR entries without a whole response: failures, and entries without a fault."""

from __future__ import annotations

from typing import Any

import pytest

from lab.har import entry, one, why
from wirelint.core.exchange import FailureKind


class TestFailures:
    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            ("net::ERR_CONNECTION_REFUSED", FailureKind.CONNECT),
            ("net::ERR_NAME_NOT_RESOLVED", FailureKind.CONNECT),
            ("NS_ERROR_UNKNOWN_HOST", FailureKind.CONNECT),
            ("net::ERR_CONNECTION_TIMED_OUT", FailureKind.TIMEOUT),
            ("NS_ERROR_NET_TIMEOUT", FailureKind.TIMEOUT),
            ("net::ERR_CERT_DATE_INVALID", FailureKind.TLS),
            ("net::ERR_SSL_PROTOCOL_ERROR", FailureKind.TLS),
            ("net::ERR_HTTP2_PROTOCOL_ERROR", FailureKind.PROTOCOL),
            ("net::ERR_EMPTY_RESPONSE", FailureKind.RESET),
            ("server disconnected", FailureKind.RESET),
            ("net::ERR_ABORTED", FailureKind.CLIENT_GONE),
            ("NS_BINDING_ABORTED", FailureKind.CLIENT_GONE),
            ("Client disconnected.", FailureKind.CLIENT_GONE),
        ],
    )
    def test_no_response(self, text: str, kind: FailureKind) -> None:
        exchange = one(entry(0, None, response={"_error": text, "content": {}}))
        assert exchange.response is None
        assert exchange.failure is not None
        assert exchange.failure.kind is kind

    def test_playwright_and_plain_text_say_it_elsewhere(self) -> None:
        for more in ({"_failureText": "net::ERR_CONNECTION_RESET"}, {"statusText": "connection reset by peer"}):
            exchange = one(entry(0, None, response=more))
            assert exchange.failure is not None
            assert exchange.failure.kind is FailureKind.RESET

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            (None, "no response, and no word why"),
            ("something odd", "no response, and no word why"),
            ("net::ERR_BLOCKED_BY_CLIENT", "never sent: the client kept it from the network"),
            ("net::ERR_INTERNET_DISCONNECTED", "never sent: the client kept it from the network"),
            ("net::ERR_FAILED", "never sent: the client kept it from the network"),
        ],
    )
    def test_what_blames_nobody(self, text: Any, reason: str) -> None:
        assert why(entry(0, None, response={"_error": text})) == reason

    def test_a_missing_response(self) -> None:
        item = entry()
        del item["response"]
        assert why(item) == "no response, and no word why"

    def test_a_response_cut_short(self) -> None:
        exchange = one(entry(200, '{"a":', response={"_error": "net::ERR_INCOMPLETE_CHUNKED_ENCODING"}))
        assert exchange.failure is not None
        assert exchange.failure.kind is FailureKind.RESET
        assert exchange.response is not None
        assert not exchange.response.body.complete

    def test_a_response_from_the_cache_is_one(self) -> None:
        exchange = one(entry(200, "{}", response={"_transferSize": 0}, _fromCache="disk"))
        assert exchange.failure is None
        assert exchange.status == 200
